//! The items of the table as types. `docs/DATA-MODEL.md` tells the life of each.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Map, Value};

use super::item_key::digest_of;
use super::limits::{AttemptLimits, IssueLimits};
use crate::clock::UnixTime;
use crate::keys::{KeyState, Sealed, WrappedKey};
use crate::model::{
    AccessKeyId, ExternalId, IdKind, PolicyName, RevokeType, RoleArn, RoleSessionName,
    SourceIdentity, Tag, UniqueId, Violation,
};
use crate::random::{Random, RandomError};

/// Whether a user, group or provider may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// In use.
    Enabled,
    /// Kept, but refused everywhere.
    Disabled,
}

impl Status {
    /// The status's name in the table and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }

    /// The status of what is enabled, or is not.
    pub const fn of_enabled(enabled: bool) -> Self {
        if enabled {
            Self::Enabled
        } else {
            Self::Disabled
        }
    }

    /// The status of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Enabled, Self::Disabled]
            .into_iter()
            .find(|s| s.as_str() == text)
    }
}

/// A long-term user.
#[derive(Debug, Clone)]
pub struct User {
    /// New whenever a user is made: the user's sessions hold it, and outlive no other.
    pub id: UniqueId,
    /// The user's name and access key id at once.
    pub access_key: AccessKeyId,
    /// The secret access key, sealed for this item.
    pub secret: Sealed,
    /// Whether the user may sign requests, and sessions of the user may be used.
    pub status: Status,
    /// Policies attached to the user.
    pub policies: Vec<PolicyName>,
    /// Groups that the user belongs to.
    pub groups: Vec<String>,
    /// The longest session that the user may have, in seconds; the service's limit if `None`.
    pub max_session_seconds: Option<u32>,
    /// How much may be issued to the user.
    pub limits: IssueLimits,
}

impl User {
    /// The key of a user's item.
    pub fn item_key(access_key: &AccessKeyId) -> String {
        format!("USER#{access_key}")
    }
}

/// Where a plugin finds the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenIn {
    /// In the query, as existing plugins expect it; it may end up in the plugin's access log.
    #[default]
    Query,
    /// In a form body.
    Form,
}

impl TokenIn {
    /// The option's name in the table and in configuration files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Form => "form",
        }
    }

    /// The option of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Query, Self::Form]
            .into_iter()
            .find(|t| t.as_str() == text)
    }
}

/// An identity plugin, and the role whose sessions it vouches for. Both are one item, so that
/// one read answers a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityPlugin {
    /// The role's id, new whenever the role is made; `None` before that.
    pub id: Option<UniqueId>,
    /// The operator's name for it.
    pub name: String,
    /// The role.
    pub role_arn: RoleArn,
    /// Where it listens.
    pub url: String,
    /// The value of the `Authorization` header, sealed for this item.
    pub authorization: Option<Sealed>,
    /// What sessions of the role may do.
    pub policies: Vec<PolicyName>,
    /// The longest session of the role, in seconds; the action's limit if `None`.
    pub max_session_seconds: Option<u32>,
    /// How much may be issued by the role.
    pub limits: IssueLimits,
    /// Whether it may issue.
    pub status: Status,
    /// Where it finds the token.
    pub token_in: TokenIn,
    /// Whether plain HTTP to another machine is fine.
    pub allow_http: bool,
}

impl IdentityPlugin {
    /// The id of a plugin's role by MinIO's rule, from the URL as it is configured.
    pub fn role_id(url: &str) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, url.as_bytes()))
    }

    /// The ARN of the role with that id.
    pub fn role_arn(role_id: &str) -> Result<RoleArn, Violation> {
        RoleArn::parse(format!("arn:minio:iam:::role/idmp-{role_id}"))
    }

    /// The key of the role's item.
    pub fn item_key(role_arn: &str) -> String {
        format!("ROLE#{}", digest_of(role_arn))
    }
}

/// A group: policies that its members have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The group's name.
    pub name: String,
    /// Whether its members get its policies.
    pub status: Status,
    /// Policies attached to the group.
    pub policies: Vec<PolicyName>,
}

impl Group {
    /// The key of a group's item.
    pub fn item_key(name: &str) -> String {
        format!("GROUP#{name}")
    }
}

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

/// A stored policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPolicy {
    /// New whenever a policy is made.
    pub id: UniqueId,
    /// Its name.
    pub name: PolicyName,
    /// The document as it was stored.
    pub document: String,
    /// Grows with every change. Id and version together name the compiled form in memory.
    pub version: u64,
}

impl StoredPolicy {
    /// A policy that is made now.
    pub fn new(
        name: PolicyName,
        document: impl Into<String>,
        random: &dyn Random,
    ) -> Result<Self, RandomError> {
        Ok(Self {
            id: UniqueId::generate(IdKind::Policy, random)?,
            name,
            document: document.into(),
            version: 1,
        })
    }

    /// The key of a policy's item.
    pub fn item_key(name: &PolicyName) -> String {
        format!("POLICY#{name}")
    }
}

/// One entry of the key ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyEntry {
    /// The key's id.
    pub kid: String,
    /// What the key may still be used for.
    pub state: KeyState,
    /// The wrapped master key; without bytes once the key is retired.
    pub wrapped: WrappedKey,
    /// When the key was made.
    pub created_at: UnixTime,
    /// When the key stopped being the active one.
    pub rotated_at: Option<UnixTime>,
}

/// The key ring as it was read, to be replaced as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredKeys {
    /// The entries, the oldest first.
    pub entries: Vec<KeyEntry>,
    /// Grows with every replacement; 0 before the first.
    pub version: u64,
}

/// What the whole service shares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceRecord {
    /// The key ring; empty before `sts-admin init`.
    pub keys: Vec<KeyEntry>,
    /// The operator's settings.
    pub settings: Settings,
}

/// An Open Policy Agent, which has to allow what policies allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpaSettings {
    /// The URL of a rule in its data API.
    pub url: String,
    /// The value of the `Authorization` header, sealed for the item of the settings.
    pub authorization: Option<Sealed>,
    /// Whether plain HTTP to another machine is fine.
    pub allow_http: bool,
}

/// The operator's settings, by `sts-admin apply`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The longest session that any caller may have, in seconds; the action's limit if `None`.
    pub max_session_seconds: Option<u32>,
    /// Regions that a signature's scope may name; every region, the empty one too, if empty.
    pub regions: Vec<String>,
    /// What condition keys begin with that somebody else supplies: commands that check policies
    /// do not warn about them.
    pub condition_keys: Vec<String>,
    /// How often callers who do not sign may fail.
    pub failed_attempts: AttemptLimits,
    /// Who else has to allow what guards of data let through; nobody if `None`.
    pub opa: Option<OpaSettings>,
}

impl Settings {
    /// The key of the settings' item.
    pub const ITEM_KEY: &str = "SETTINGS";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_ids_of_plugins_follow_the_rule_of_minio() {
        let id = IdentityPlugin::role_id("http://localhost:8081");
        assert_eq!(
            IdentityPlugin::role_arn(&id).unwrap().as_str(),
            "arn:minio:iam:::role/idmp-vGxBdLkOc8mQPU1-UQbBh-yWWVQ"
        );
        assert_ne!(IdentityPlugin::role_id("http://localhost:8081/"), id);
    }
}
