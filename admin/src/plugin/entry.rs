//! What an operator says about a plugin, in a file, as arguments or in the environment.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};
use shared::model::PolicyName;
use shared::outbound::check_configured;
use shared::store::{IdentityPlugin, IssueLimits, Status, TokenIn};

use crate::authorization::Authorization;
use crate::error::AdminError;
use crate::limits::check_limits;
use crate::names::{SESSION_SECONDS, check_seconds, item_name, role_policies};

/// The longest id of a role that an operator chooses, in characters.
const MAX_ROLE_ID: usize = 64;

/// A plugin as it is written down. What is left out has its default; whether the plugin is
/// enabled stays as it is then.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PluginEntry {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) auth_token: Option<Authorization>,
    pub(crate) auth_token_env: Option<String>,
    pub(crate) auth_token_file: Option<PathBuf>,
    pub(crate) role_policies: Vec<String>,
    pub(crate) role_id: Option<String>,
    pub(crate) max_session_seconds: Option<u32>,
    #[serde(default)]
    pub(crate) limits: IssueLimits,
    pub(crate) enabled: Option<bool>,
    #[serde(default, deserialize_with = "token_in")]
    pub(crate) token_in: TokenIn,
    #[serde(default)]
    pub(crate) allow_http: bool,
}

/// A plugin that was checked, with a secret that is not sealed yet.
#[derive(Debug)]
pub(crate) struct PluginDefinition {
    /// The plugin, without authorization, and enabled.
    pub(crate) plugin: IdentityPlugin,
    pub(crate) authorization: Option<Authorization>,
    /// `None` leaves a plugin that is there as it is.
    pub(crate) status: Option<Status>,
}

impl PluginEntry {
    /// Checks everything that the entry says by itself; a file that it names is looked for in
    /// `base`.
    pub(crate) fn check(self, base: &Path) -> Result<PluginDefinition, AdminError> {
        let name = item_name("plugin", &self.name)?;
        let whose = format!("plugin {name}");
        check_configured(&self.url, self.allow_http)
            .map_err(|error| AdminError::Refused(format!("{whose}: url: {error}")))?;
        check_seconds(&whose, self.max_session_seconds, SESSION_SECONDS)?;
        check_limits(&whose, self.limits)?;
        let policies: Vec<PolicyName> = role_policies(&self.role_policies)?;
        let role_id = match &self.role_id {
            Some(id) => checked_role_id(&whose, id)?,
            None => IdentityPlugin::role_id(&self.url),
        };
        let role_arn = IdentityPlugin::role_arn(&role_id)
            .map_err(|error| AdminError::Refused(format!("{whose}: role_id: {error}")))?;
        let token = (self.auth_token, self.auth_token_env, self.auth_token_file);
        let authorization = Authorization::find(&whose, token, base)?;
        Ok(PluginDefinition {
            authorization,
            status: self.enabled.map(Status::of_enabled),
            plugin: IdentityPlugin {
                id: None,
                name,
                role_arn,
                url: self.url,
                authorization: None,
                policies,
                max_session_seconds: self.max_session_seconds,
                limits: self.limits,
                status: Status::Enabled,
                token_in: self.token_in,
                allow_http: self.allow_http,
            },
        })
    }
}

fn checked_role_id(whose: &str, id: &str) -> Result<String, AdminError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-".contains(&b);
    if (1..=MAX_ROLE_ID).contains(&id.len()) && id.bytes().all(plain) {
        Ok(id.to_owned())
    } else {
        Err(AdminError::Refused(format!(
            "{whose}: role_id must have 1 to {MAX_ROLE_ID} characters of A-Za-z0-9_-"
        )))
    }
}

fn token_in<'de, D: Deserializer<'de>>(value: D) -> Result<TokenIn, D::Error> {
    TokenIn::parse(&String::deserialize(value)?)
        .ok_or_else(|| serde::de::Error::custom("token_in is query or form"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(url: &str) -> PluginEntry {
        PluginEntry {
            name: "demo".to_owned(),
            url: url.to_owned(),
            role_policies: vec!["readwrite".to_owned()],
            ..PluginEntry::default()
        }
    }

    fn refusal(entry: PluginEntry) -> String {
        entry.check(Path::new("")).unwrap_err().line()
    }

    #[test]
    fn the_role_follows_from_the_url_as_it_is_written_or_from_the_id() {
        let arn = |entry: PluginEntry| {
            let plugin = entry.check(Path::new("")).unwrap().plugin;
            plugin.role_arn.to_string()
        };
        assert_eq!(
            arn(entry("http://localhost:8081")),
            "arn:minio:iam:::role/idmp-vGxBdLkOc8mQPU1-UQbBh-yWWVQ"
        );
        assert_ne!(
            arn(entry("http://localhost:8081")),
            arn(entry("http://localhost:8081/"))
        );
        let named = PluginEntry {
            role_id: Some("my-auth".to_owned()),
            ..entry("http://localhost:8081")
        };
        assert_eq!(arn(named), "arn:minio:iam:::role/idmp-my-auth");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let url = "https://auth.example.com/";
        let cases = [
            (
                entry("http://auth.example.com/?key=hush"),
                "plugin demo: url: it must be HTTPS, unless its host is this machine or allow_http is set",
            ),
            (
                entry("https://user:hush@auth.example.com/"),
                "plugin demo: url: it must have no user name or password",
            ),
            (
                PluginEntry {
                    role_policies: Vec::new(),
                    ..entry(url)
                },
                "role_policies must name at least one policy",
            ),
            (
                PluginEntry {
                    role_id: Some("a/b".to_owned()),
                    ..entry(url)
                },
                "plugin demo: role_id must have 1 to 64 characters of A-Za-z0-9_-",
            ),
            (
                PluginEntry {
                    max_session_seconds: Some(899),
                    ..entry(url)
                },
                "plugin demo: max_session_seconds must be 900 to 604800",
            ),
            (
                PluginEntry {
                    auth_token: Authorization::parse("hush").ok(),
                    auth_token_env: Some("X".to_owned()),
                    ..entry(url)
                },
                "plugin demo may have one of auth_token, auth_token_env and auth_token_file",
            ),
        ];
        for (entry, reason) in cases {
            assert_eq!(refusal(entry), reason);
        }
    }
}
