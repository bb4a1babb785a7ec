//! The items of the table as types. `docs/DATA-MODEL.md` tells the life of each.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clock::UnixTime;
use keys::{KeyState, Sealed, WrappedKey};
use model::random::{Random, RandomError};
use model::{AccessKeyId, IdKind, PolicyName, RoleArn, UniqueId, Violation};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::item_key::digest_of;
use super::limits::{AttemptLimits, IssueLimits};

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
    /// A plugin, enabled, of which nothing else is said: its role has no policies yet.
    pub fn new(name: String, role_arn: RoleArn, url: String) -> Self {
        Self {
            id: None,
            name,
            role_arn,
            url,
            authorization: None,
            policies: Vec::new(),
            max_session_seconds: None,
            limits: IssueLimits::default(),
            status: Status::Enabled,
            token_in: TokenIn::default(),
            allow_http: false,
        }
    }

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
