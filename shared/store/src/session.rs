//! Sessions: whose they are, in whose name they act, and what was asked for.

use clock::UnixTime;
use keys::Sealed;
use model::{
    AccessKeyId, ExternalId, PolicyName, RevokeType, RoleArn, RoleSessionName, SessionToken,
    SourceIdentity, Tag, UniqueId,
};
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value};

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

/// In whose name a session acts: it is worth nothing without them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActsAs<'a> {
    /// Its long-term user.
    User(&'a AccessKeyId),
    /// A role, whose policies count as they are now.
    Role(&'a RoleArn),
    /// Nobody: what a token's claim has granted stays.
    Nobody,
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
    /// When it was issued.
    pub issued_at: UnixTime,
    /// When it ends. Every reader checks this; deletion comes days later.
    pub expires_at: UnixTime,
    /// When an operator ended it early.
    pub revoked_at: Option<UnixTime>,
    /// What the caller asked for.
    pub details: SessionDetails,
}

impl Session {
    /// The key of a session's item.
    pub fn item_key(access_key: &AccessKeyId) -> String {
        format!("SESSION#{access_key}")
    }

    /// In whose name it acts.
    pub fn acts_as(&self) -> ActsAs<'_> {
        let role = self.details.role_arn.as_ref();
        match (
            &self.parent,
            role.filter(|_| self.details.granted.is_none()),
        ) {
            (Parent::User(access_key), _) => ActsAs::User(access_key),
            (Parent::Federated(_), Some(arn)) => ActsAs::Role(arn),
            (Parent::Federated(_), None) => ActsAs::Nobody,
        }
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

/// The parameters of a session, kept with it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionDetails {
    /// The role that is assumed, where roles have a meaning.
    pub role_arn: Option<RoleArn>,
    /// The session's name.
    pub role_session_name: Option<RoleSessionName>,
    /// The inline session policy: an upper limit of what the session may do.
    pub session_policy: Option<String>,
    /// Stored policies that are upper limits as well, each on its own.
    pub policy_arns: Vec<PolicyName>,
    /// The policies that were granted when the session was issued, for sessions whose
    /// permissions come from a claim. `None` means the parent's or the role's, as they are.
    pub granted: Option<Vec<PolicyName>>,
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
    /// Claims of the identity provider that are kept for policies and audit.
    pub claims: Map<String, Value>,
    /// The names of the claims that are kept if a token has them; `None` if all are.
    pub kept_claims: Option<Vec<String>>,
}

/// What the table keeps of a session token.
pub fn token_digest(token: &SessionToken) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, token.expose().as_bytes()).as_ref());
    bytes
}
