//! Sessions: whose they are, in whose name they act, and what was asked for.

use std::future::Future;

use clock::UnixTime;
use keys::Sealed;
use model::{
    AccessKeyId, ExternalId, PolicyName, RevokeType, RoleArn, RoleSessionName, SessionToken,
    SourceIdentity, Tag, UniqueId,
};
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value};

use super::{Listed, Revoke, StoreError};

/// Whose session it is. The kinds have separate name spaces: a role's subject that happens
/// to be called like a user is somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Parent {
    /// A long-term user.
    User(AccessKeyId),
    /// Somebody for whom an identity provider vouches, as `custom:<user>` or a digest.
    Federated(String),
}

impl Parent {
    /// The parent as session tokens and replies name it.
    pub fn name(&self) -> &str {
        match self {
            Self::User(access_key) => access_key.as_str(),
            Self::Federated(name) => name,
        }
    }

    /// The parent as a unique key.
    pub fn key(&self) -> String {
        match self {
            Self::User(access_key) => format!("user/{access_key}"),
            Self::Federated(name) => format!("federated/{name}"),
        }
    }

    /// The parent of that key.
    pub fn from_key(key: &str) -> Option<Self> {
        match key.split_once('/')? {
            ("user", name) => AccessKeyId::parse(name).ok().map(Self::User),
            ("federated", name) => Some(Self::Federated(name.to_owned())),
            _ => None,
        }
    }
}

/// Where a session's rights come from. It is worth nothing without those in whose name it acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// Its long-term user, whose policies count as they are now.
    User,
    /// A role, whose policies count as they are now.
    Role(RoleArn),
    /// Nobody: these policies, which a token's claim has named, stay.
    Granted(Vec<PolicyName>),
}

/// A session: temporary credentials and what they may do.
#[derive(Debug, Clone)]
pub struct Session {
    /// The session's access key id.
    pub access_key: AccessKeyId,
    /// The session's secret access key, sealed for this item.
    pub secret: Sealed,
    /// SHA-256 of the session token.
    pub token_digest: [u8; 32],
    /// Whose session it is.
    pub parent: Parent,
    /// The id of the user or role in whose name it acts. The session dies with that one, also
    /// where another of the same name follows. `None` for who needs neither.
    pub principal_id: Option<UniqueId>,
    /// Where its rights come from.
    pub authority: Authority,
    /// When it was issued.
    pub issued_at: UnixTime,
    /// When it ends. Every reader checks this; deletion comes days later.
    pub expires_at: UnixTime,
    /// When an operator ended it early.
    pub revoked_at: Option<UnixTime>,
    /// What the caller asked for.
    pub asked: SessionRequest,
    /// What the identity provider says of its holder.
    pub claims: KeptClaims,
}

impl Session {
    /// The key of a session's item.
    pub fn item_key(access_key: &AccessKeyId) -> String {
        format!("SESSION#{access_key}")
    }

    /// The role that it acts for.
    pub const fn role_arn(&self) -> Option<&RoleArn> {
        self.authority.role_arn()
    }

    /// Whether it acts in the name of the user or role with that id.
    pub fn is_of(&self, principal: &UniqueId) -> bool {
        self.principal_id.as_ref() == Some(principal)
    }

    /// Whether it was ended early: alone, or with all that its scopes had by that moment.
    pub fn is_revoked(&self, until: Option<UnixTime>) -> bool {
        self.revoked_at.is_some() || until.is_some_and(|until| self.issued_at <= until)
    }
}

impl Authority {
    /// The role, if it is one.
    pub const fn role_arn(&self) -> Option<&RoleArn> {
        match self {
            Self::Role(arn) => Some(arn),
            Self::User | Self::Granted(_) => None,
        }
    }
}

/// What a caller may ask for with a session, whatever proves the caller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionRequest {
    /// The session's name.
    pub role_session_name: Option<RoleSessionName>,
    /// The inline session policy: an upper limit of what the session may do.
    pub session_policy: Option<String>,
    /// Stored policies that are upper limits as well, each on its own.
    pub policy_arns: Vec<PolicyName>,
    /// Session tags.
    pub tags: Vec<Tag>,
    /// Keys of the tags that further sessions inherit.
    pub transitive_tag_keys: Vec<String>,
    /// What a third party passed to prove for whom it acts.
    pub external_id: Option<ExternalId>,
    /// Who stands behind the session.
    pub source_identity: Option<SourceIdentity>,
    /// Under which label the session can be revoked.
    pub revoke_type: Option<RevokeType>,
}

impl SessionRequest {
    /// Whether policies narrow the session.
    pub const fn has_policies(&self) -> bool {
        self.session_policy.is_some() || !self.policy_arns.is_empty()
    }
}

/// Claims of an identity provider that are kept for policies and audit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KeptClaims {
    /// The claims that the token had, by name.
    pub values: Map<String, Value>,
    /// The names under which claims are kept if a token has them; `None` if all are.
    pub names: Option<Vec<String>>,
}

/// What the table keeps of a session token.
pub fn token_digest(token: &SessionToken) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, token.expose().as_bytes()).as_ref());
    bytes
}

/// Looks up sessions.
pub trait ReadSessions: Sync {
    /// The session of that access key, read consistently. It may have expired.
    fn session(
        &self,
        access_key: &AccessKeyId,
    ) -> impl Future<Output = Result<Option<Session>, StoreError>> + Send;
}

/// Creates sessions.
pub trait CreateSessions: Sync {
    /// Stores a new session. Once this returns `Ok` the session survives any crash; calling
    /// it again with the same session is harmless, with another one of the same access key
    /// it is a [`StoreError::Conflict`].
    fn create_session(
        &self,
        session: &Session,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Lists sessions.
pub trait ManageSessions: ReadSessions + Revoke {
    /// All sessions that the table still holds, expired ones too, the oldest first. Reads the
    /// whole table.
    fn list_sessions(&self) -> impl Future<Output = Result<Listed<Session>, StoreError>> + Send;

    /// The sessions of one parent that the table still holds, the oldest first.
    fn list_sessions_of(
        &self,
        parent: &Parent,
    ) -> impl Future<Output = Result<Listed<Session>, StoreError>> + Send;
}
