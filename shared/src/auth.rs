//! From a signed request to a caller.

use subtle::ConstantTimeEq as _;

use crate::call::Call;
use crate::jwt::{self, TokenError};
use crate::keys::{SealError, Sealed};
use crate::model::{AccessKeyId, SecretAccessKey, SessionToken};
use crate::session::token_digest;
use crate::sigv4::{self, Payload, Regions, Request, Rules, SigningKey, UnverifiedSignature};
use crate::store::{ReadSessions, ReadUsers, Session, Status, StoreError, User};

/// A secret for requests that name an unknown key: they cost what known ones cost.
const DECOY_SECRET: &str = "no user has this secret; it keeps the work equal";

/// Who signed a request. The signature has been verified.
#[derive(Debug)]
pub enum Caller {
    /// A long-term user, enabled.
    User(User),
    /// The holder of temporary credentials, not expired.
    Session(Box<Session>),
}

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

/// Verifies the signature of a request to this service over `body`.
pub async fn authenticate<S: ReadUsers + ReadSessions>(
    call: &Call<'_, S>,
    request: &Request<'_>,
    body: &[u8],
) -> Result<Caller, AuthError> {
    let rules = Rules::sts(regions(&call.settings.regions));
    let signature = sigv4::parse(request, &rules, call.now)?;
    if request.query.contains('+') {
        return Err(AuthError::AmbiguousQuery);
    }
    let unverified_key = AccessKeyId::parse(signature.unverified_access_key()).ok();
    match (signature.unverified_session_token(), unverified_key) {
        (None, key) => user(call, &signature, key.as_ref(), body).await,
        (Some(_), None) => Err(AuthError::InvalidToken),
        (Some(token), Some(key)) => session(call, &signature, (&key, token), body).await,
    }
}

fn regions(configured: &[String]) -> Regions {
    if configured.is_empty() {
        Regions::Any
    } else {
        Regions::OneOf(configured.to_vec())
    }
}

async fn user<S: ReadUsers>(
    call: &Call<'_, S>,
    signature: &UnverifiedSignature<'_>,
    unverified_key: Option<&AccessKeyId>,
    body: &[u8],
) -> Result<Caller, AuthError> {
    let user = match unverified_key {
        Some(key) => call.store.user(key).await?,
        None => None,
    };
    let Some(user) = user else {
        return Err(refuse_unknown_key(call, signature, body)?);
    };
    verify(
        call,
        signature,
        (&User::item_key(&user.access_key), &user.secret),
        body,
    )?;
    match user.status {
        Status::Enabled => Ok(Caller::User(user)),
        Status::Disabled => Err(AuthError::Disabled),
    }
}

async fn session<S: ReadSessions>(
    call: &Call<'_, S>,
    signature: &UnverifiedSignature<'_>,
    (unverified_key, unverified_token): (&AccessKeyId, &str),
    body: &[u8],
) -> Result<Caller, AuthError> {
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
    let ours = bool::from(session.token_digest.ct_eq(&token_digest(&token)));
    if !ours || session.revoked_at.is_some() {
        return Err(AuthError::InvalidToken);
    }
    if call.now >= session.expires_at {
        return Err(AuthError::ExpiredToken);
    }
    verify(
        call,
        signature,
        (&Session::item_key(&session.access_key), &session.secret),
        body,
    )?;
    Ok(Caller::Session(Box::new(session)))
}

fn verify<S>(
    call: &Call<'_, S>,
    signature: &UnverifiedSignature<'_>,
    (item, sealed): (&str, &Sealed),
    body: &[u8],
) -> Result<(), AuthError> {
    let secret = call.keys.open(item, sealed)?;
    let secret = std::str::from_utf8(&secret)
        .ok()
        .and_then(|s| SecretAccessKey::parse(s).ok());
    let key = SigningKey::derive(&secret.ok_or(SealError::Broken)?, &signature.scope());
    signature.verify(&key, Payload::Bytes(body))?;
    Ok(())
}

/// Does for an unknown key what [`verify`] does for a known one, so that the time taken does
/// not tell them apart.
fn refuse_unknown_key<S>(
    call: &Call<'_, S>,
    signature: &UnverifiedSignature<'_>,
    body: &[u8],
) -> Result<AuthError, AuthError> {
    let decoy = call
        .keys
        .seal("USER#", DECOY_SECRET.as_bytes(), call.random)?;
    match verify(call, signature, ("USER#", &decoy), body) {
        Ok(()) | Err(AuthError::Signature(_)) => Ok(AuthError::UnknownKey),
        Err(error) => Err(error),
    }
}
