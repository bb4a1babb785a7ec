//! Identity plugins, each with the role whose sessions it vouches for.

use std::future::Future;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keys::Sealed;
use model::{PolicyName, RoleArn, UniqueId, Violation};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::{IssueLimits, Listed, Status, StoreError};

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
}

/// Looks up identity plugins.
pub trait ReadPlugins: Sync {
    /// The plugin behind the role of that ARN, read consistently.
    fn plugin(
        &self,
        role_arn: &str,
    ) -> impl Future<Output = Result<Option<IdentityPlugin>, StoreError>> + Send;
}

/// Lists and changes identity plugins. Names are unique among them, and so are roles.
pub trait ManagePlugins: ReadPlugins {
    /// All plugins, by name.
    fn list_plugins(
        &self,
    ) -> impl Future<Output = Result<Listed<IdentityPlugin>, StoreError>> + Send;

    /// The plugin of that name, read consistently.
    fn plugin_named(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Option<IdentityPlugin>, StoreError>> + Send;

    /// Stores a new plugin.
    fn create_plugin(
        &self,
        plugin: &IdentityPlugin,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Replaces a plugin by one of the same name, only if it is still the one that was
    /// `read`. With another role, the old role goes.
    fn change_plugin(
        &self,
        read: &IdentityPlugin,
        plugin: &IdentityPlugin,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Deletes a plugin and its role, only if it is still the one that was `read`.
    fn delete_plugin(
        &self,
        read: &IdentityPlugin,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
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
