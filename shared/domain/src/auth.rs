//! From a signed request to a caller.

use clock::UnixTime;
use keys::{KeyRing, SealError, Sealed};
use model::{AccessKeyId, SecretAccessKey, SessionToken};
use sigv4::{
    self, Payload, Regions, Request, Rules, SignedPayload, SigningKey, UnverifiedSignature,
};
use store::{
    Authority, Parent, ReadRevocations, ReadRoles, ReadSessions, ReadUsers, Scope, Session, Status,
    StoreError, User, token_digest,
};
use subtle::ConstantTimeEq as _;

use crate::call::Call;
use crate::caller::Caller;
use crate::jwt::{self, TokenError};

/// A secret for requests that name an unknown key: they cost what known ones cost.
const DECOY_SECRET: &str = "no user has this secret; it keeps the work equal";

/// A request proves no caller.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// A `+` in a signed query: signers never send one, and it reads as two different things.
    #[error("a signed query string must encode '+' as %2B and a space as %20")]
    AmbiguousQuery,
    /// The signature is right; the user is disabled.
    #[error("the user is disabled")]
    Disabled,
    /// The temporary credentials have expired.
    #[error("the security token included in the request is expired")]
    ExpiredToken,
    /// The security token is not one of ours, not this key's, or its session is gone or revoked.
    #[error("the security token included in the request is invalid")]
    InvalidToken,
    /// The stored secret does not open.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The signature is missing, malformed or wrong.
    #[error(transparent)]
    Signature(#[from] sigv4::Error),
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No user has the access key.
    #[error("the access key is not known")]
    UnknownKey,
}

/// What the store must be able to do to prove a caller.
pub trait AuthStore: ReadUsers + ReadSessions + ReadRevocations + ReadRoles {}

impl<S: ReadUsers + ReadSessions + ReadRevocations + ReadRoles> AuthStore for S {}

/// A request whose signature has been verified.
#[derive(Debug)]
pub struct Authenticated {
    /// Who signed it.
    pub caller: Caller,
    /// What the signature says of the body.
    pub payload: SignedPayload<'static>,
    /// When it was signed.
    pub signed_at: UnixTime,
}

/// The regions of the settings; any where none is set.
pub fn regions(configured: &[String]) -> Regions {
    if configured.is_empty() {
        Regions::Any
    } else {
        Regions::OneOf(configured.to_vec())
    }
}

/// Verifies the signature of a request, and that its caller may still sign: a user is
/// enabled; a session has not ended, is not revoked, and its parent is alive.
pub async fn authenticate<S: AuthStore>(
    call: &Call<'_, S>,
    request: &Request<'_>,
    rules: &Rules,
    payload: Payload<'_>,
) -> Result<Authenticated, AuthError> {
    let signature = sigv4::parse(request, rules, call.now)?;
    let signed = Signed {
        signature: &signature,
        payload,
    };
    let unverified_key = AccessKeyId::parse(signature.unverified_access_key()).ok();
    match (signature.unverified_session_token(), unverified_key) {
        (None, key) => user(call, &signed, key.as_ref()).await,
        (Some(_), None) => Err(AuthError::InvalidToken),
        (Some(token), Some(key)) => session(call, &signed, &key, token).await,
    }
}

/// Checks that a session may be used now: not ended, not revoked, its parent alive.
pub async fn check_session<S: AuthStore>(
    store: &S,
    session: &Session,
    now: UnixTime,
) -> Result<(), AuthError> {
    if now >= session.expires_at {
        return Err(AuthError::ExpiredToken);
    }
    let revoked_until = store.revoked_until(&Scope::of(session)).await?;
    if session.is_revoked(revoked_until) || !parent_is_alive(store, session).await? {
        return Err(AuthError::InvalidToken);
    }
    Ok(())
}

/// Finds the session of a token that is ours and this access key's.
pub async fn session_of_token<S: AuthStore>(
    call: &Call<'_, S>,
    unverified_key: &AccessKeyId,
    unverified_token: &str,
) -> Result<Session, AuthError> {
    let token = SessionToken::new(unverified_token).ok_or(AuthError::InvalidToken)?;
    jwt::verify(&token, unverified_key, call.keys, call.now).map_err(|error| match error {
        TokenError::Expired => AuthError::ExpiredToken,
        TokenError::Invalid | TokenError::TooLarge => AuthError::InvalidToken,
    })?;
    let session = call
        .store
        .session(unverified_key)
        .await?
        .ok_or(AuthError::InvalidToken)?;
    if !bool::from(session.token_digest.ct_eq(&token_digest(&token))) {
        return Err(AuthError::InvalidToken);
    }
    Ok(session)
}

/// Opens the secret of a verified caller.
pub fn secret_of(keys: &KeyRing, caller: &Caller) -> Result<SecretAccessKey, AuthError> {
    let secret = match caller {
        Caller::User(user) => open(keys, (&User::item_key(&user.access_key), &user.secret)),
        Caller::Session(session) => open(
            keys,
            (&Session::item_key(&session.access_key), &session.secret),
        ),
    };
    Ok(secret?)
}

/// A signature that is to be verified, and what is known of the body.
struct Signed<'a> {
    signature: &'a UnverifiedSignature<'a>,
    payload: Payload<'a>,
}

fn open(keys: &KeyRing, (item, sealed): (&str, &Sealed)) -> Result<SecretAccessKey, SealError> {
    let secret = keys.open_text(item, sealed)?;
    SecretAccessKey::parse(secret.as_str()).map_err(|_| SealError::Broken)
}

async fn user<S: AuthStore>(
    call: &Call<'_, S>,
    signed: &Signed<'_>,
    unverified_key: Option<&AccessKeyId>,
) -> Result<Authenticated, AuthError> {
    let user = match unverified_key {
        Some(key) => call.store.user(key).await?,
        None => None,
    };
    let Some(user) = user else {
        return Err(refuse_unknown_key(call, signed)?);
    };
    let payload = verify(
        call.keys,
        signed,
        (&User::item_key(&user.access_key), &user.secret),
    )?;
    match user.status {
        Status::Enabled => Ok(Authenticated {
            caller: Caller::User(user),
            payload,
            signed_at: signed.signature.signed_at(),
        }),
        Status::Disabled => Err(AuthError::Disabled),
    }
}

async fn session<S: AuthStore>(
    call: &Call<'_, S>,
    signed: &Signed<'_>,
    unverified_key: &AccessKeyId,
    unverified_token: &str,
) -> Result<Authenticated, AuthError> {
    let session = session_of_token(call, unverified_key, unverified_token).await?;
    check_session(call.store, &session, call.now).await?;
    let payload = verify(
        call.keys,
        signed,
        (&Session::item_key(&session.access_key), &session.secret),
    )?;
    Ok(Authenticated {
        caller: Caller::Session(Box::new(session)),
        payload,
        signed_at: signed.signature.signed_at(),
    })
}

/// Whether those still exist, enabled, in whose name the session acts: they and nobody else
/// of that name.
async fn parent_is_alive<S: ReadUsers + ReadRoles>(
    store: &S,
    session: &Session,
) -> Result<bool, StoreError> {
    match (&session.authority, &session.parent) {
        (Authority::User, Parent::User(access_key)) => {
            let user = store.user(access_key).await?;
            Ok(user.is_some_and(|user| user.status == Status::Enabled && session.is_of(&user.id)))
        }
        (Authority::User, Parent::Federated(_)) => Ok(false),
        (Authority::Role(arn), _) => {
            let role = store.role(arn.as_str()).await?;
            Ok(role.is_some_and(|role| role.status == Status::Enabled && session.is_of(&role.id)))
        }
        (Authority::Granted(_), _) => Ok(true),
    }
}

fn verify(
    keys: &KeyRing,
    signed: &Signed<'_>,
    secret: (&str, &Sealed),
) -> Result<SignedPayload<'static>, AuthError> {
    let secret = open(keys, secret)?;
    let key = SigningKey::derive(secret.expose(), &signed.signature.scope());
    Ok(signed.signature.verify(&key, signed.payload)?.into_owned())
}

/// Does for an unknown key what [`verify`] does for a known one, so that the time taken does
/// not tell them apart.
fn refuse_unknown_key<S>(call: &Call<'_, S>, signed: &Signed<'_>) -> Result<AuthError, AuthError> {
    let decoy = call
        .keys
        .seal("USER#", DECOY_SECRET.as_bytes(), call.random)?;
    match verify(call.keys, signed, ("USER#", &decoy)) {
        Ok(_) | Err(AuthError::Signature(_)) => Ok(AuthError::UnknownKey),
        Err(error) => Err(error),
    }
}
