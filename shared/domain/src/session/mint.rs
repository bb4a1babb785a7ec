//! Minting: no credential leaves before its row is durable.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clock::UnixTime;
use keys::SealError;
use model::random::RandomError;
use model::{
    AccessKeyId, RevokeType, RoleArn, SecretAccessKey, SessionDuration, SessionToken,
    SourceIdentity, UniqueId,
};
use serde_json::{Map, Value};
use store::{
    Authority, CreateSessions, KeptClaims, Parent, Session, SessionRequest, StoreError,
    token_digest,
};

use crate::call::Call;
use crate::jwt::{self, SessionClaims, TokenError};

/// A session to be issued: everything about it has been decided.
#[derive(Debug)]
pub struct NewSession {
    /// Whose session it is.
    pub parent: Parent,
    /// The id of the user or role in whose name it acts, if there is one.
    pub principal_id: Option<UniqueId>,
    /// Where its rights come from.
    pub authority: Authority,
    /// How long it lives from now.
    pub duration: SessionDuration,
    /// What the caller asked for.
    pub asked: SessionRequest,
    /// What the identity provider says of its holder.
    pub claims: KeptClaims,
}

/// Temporary credentials, on their way to the caller.
#[derive(Debug)]
pub struct Credentials {
    /// The public half.
    pub access_key_id: AccessKeyId,
    /// The secret half.
    pub secret_access_key: SecretAccessKey,
    /// The token that goes with every request.
    pub session_token: SessionToken,
    /// When all three end.
    pub expiration: UnixTime,
}

impl Credentials {
    /// How much of the room for policies and tags is used, in percent.
    pub fn packed_policy_size(&self) -> usize {
        (self.session_token.expose().len() * 100).div_ceil(SessionToken::MAX_LENGTH)
    }
}

/// Credentials could not be minted. None left.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The secret could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The session could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The token could not be signed, or is too long.
    #[error(transparent)]
    Token(#[from] TokenError),
}

/// Credentials whose session is not stored yet, so that they cannot leave.
#[derive(Debug)]
pub struct Prepared {
    credentials: Credentials,
    session: Session,
}

impl Prepared {
    /// The access key of the session to come.
    pub const fn access_key(&self) -> &AccessKeyId {
        &self.session.access_key
    }

    /// Stores the session in one conditional write.
    pub async fn store<S: CreateSessions>(self, store: &S) -> Result<Credentials, MintError> {
        store.create_session(&self.session).await?;
        Ok(self.credentials)
    }
}

/// Makes credentials, which fails without having written anything.
pub fn prepare<S>(call: &Call<'_, S>, new: NewSession) -> Result<Prepared, MintError> {
    let access_key_id = AccessKeyId::generate(call.random)?;
    let secret_access_key = SecretAccessKey::generate(call.random)?;
    let expiration = call.now.plus(i64::from(new.duration.secs()));
    let session_token = jwt::sign(
        &claims(&access_key_id, call.now, expiration, &new),
        call.keys,
    )?;
    let item = Session::item_key(&access_key_id);
    let session = Session {
        access_key: access_key_id.clone(),
        secret: call
            .keys
            .seal(&item, secret_access_key.expose().as_bytes(), call.random)?,
        token_digest: token_digest(&session_token),
        parent: new.parent,
        principal_id: new.principal_id,
        authority: new.authority,
        issued_at: call.now,
        expires_at: expiration,
        revoked_at: None,
        asked: new.asked,
        claims: new.claims,
    };
    let credentials = Credentials {
        access_key_id,
        secret_access_key,
        session_token,
        expiration,
    };
    Ok(Prepared {
        credentials,
        session,
    })
}

/// The provider's claims, less its subject: a token that had `sub` twice would not parse, and
/// the parent, made of it, stands there.
fn token_claims(claims: &Map<String, Value>) -> Map<String, Value> {
    let mut claims = claims.clone();
    claims.remove("sub");
    claims
}

fn claims(
    access_key: &AccessKeyId,
    now: UnixTime,
    expiration: UnixTime,
    new: &NewSession,
) -> SessionClaims {
    let asked = &new.asked;
    let federated = matches!(new.parent, Parent::Federated(_));
    SessionClaims {
        access_key: access_key.as_str().to_owned(),
        exp: expiration.secs(),
        iat: now.secs(),
        parent: new.parent.name().to_owned(),
        sub: federated.then(|| new.parent.name().to_owned()),
        role_arn: new.authority.role_arn().map(RoleArn::to_string),
        session_policy: asked.session_policy.as_ref().map(|p| STANDARD.encode(p)),
        token_revoke_type: asked.revoke_type.as_ref().map(RevokeType::to_string),
        source_identity: asked
            .source_identity
            .as_ref()
            .map(|s| SourceIdentity::as_str(s).to_owned()),
        claims: token_claims(&new.claims.values),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn t26_a_claim_never_stands_beside_the_tokens_own() {
        let claims = json!({"sub": "alice", "iss": "https://idp.example.com"});
        let new = NewSession {
            parent: Parent::Federated("digest".to_owned()),
            principal_id: None,
            duration: SessionDuration::DEFAULT,
            authority: Authority::Granted(Vec::new()),
            asked: SessionRequest::default(),
            claims: KeptClaims {
                values: claims.as_object().unwrap().clone(),
                names: None,
            },
        };
        let access_key = AccessKeyId::parse("ABC").unwrap();
        let now = UnixTime::from_secs(1);
        let token = serde_json::to_string(&super::claims(&access_key, now, now, &new)).unwrap();
        let read: SessionClaims = serde_json::from_str(&token).unwrap();
        assert_eq!(read.sub.as_deref(), Some("digest"));
        assert_eq!(read.claims["iss"], "https://idp.example.com");
    }
}
