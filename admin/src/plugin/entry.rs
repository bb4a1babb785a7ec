//! What an operator says about a plugin, in a file, as arguments or in the environment.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use operations::authorization::Authorization;
use operations::limits::SESSION_SECONDS;
use operations::names::policy_names;
use operations::plugin::{DesiredPlugin, role_arn};
use serde::{Deserialize, Deserializer};
use shared::store::{IdentityPlugin, IssueLimits, Status, TokenIn};

use crate::error::AdminError;
use crate::input::{comma_separated, optional_variable, required_variable};
use crate::secret::authorization;

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Add a plugin and its role
    Add(PluginAddArgs),
    /// Add or change a plugin as `MinIO`'s variables `MINIO_IDENTITY_PLUGIN_*` say
    FromEnv(PluginEnvArgs),
    /// List all plugins
    List,
    /// Show one plugin
    Show { name: String },
    /// Issue no more; sessions of the role are refused as well
    Disable { name: String },
    /// Undo `disable`
    Enable { name: String },
    /// Delete the plugin and its role; the role's sessions die with it
    Remove { name: String },
    /// Call the plugin once with a token that cannot be valid, and say what it answers
    Check { name: String },
}

#[derive(Debug, Args)]
pub(crate) struct PluginAddArgs {
    /// The plugin's name
    pub(crate) name: String,
    /// Where it listens
    #[arg(long)]
    pub(crate) url: String,
    /// Read the value of the Authorization header from this environment variable
    #[arg(long, value_name = "VARIABLE", conflicts_with = "auth_token_file")]
    pub(crate) auth_token_env: Option<String>,
    /// Read the value of the Authorization header from this file
    #[arg(long, value_name = "PATH")]
    pub(crate) auth_token_file: Option<PathBuf>,
    /// A policy of the role; may be repeated
    #[arg(long = "policy", value_name = "NAME", required = true)]
    pub(crate) policies: Vec<String>,
    /// The id of the role, behind `idmp-`; by default it follows from the URL
    #[arg(long, value_name = "ID")]
    pub(crate) role_id: Option<String>,
    /// The longest session of the role
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(SESSION_SECONDS))]
    pub(crate) max_session_seconds: Option<u32>,
    /// Send the token in a form body, which stays out of access logs
    #[arg(long)]
    pub(crate) token_in_form: bool,
    /// Take plain HTTP to another machine
    #[arg(long)]
    pub(crate) allow_http: bool,
    /// Add the plugin disabled
    #[arg(long)]
    pub(crate) disabled: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PluginEnvArgs {
    /// The plugin's name
    #[arg(long, default_value = "default")]
    pub(crate) name: String,
    /// Take plain HTTP to another machine
    #[arg(long)]
    pub(crate) allow_http: bool,
}

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

impl From<PluginAddArgs> for PluginEntry {
    fn from(arguments: PluginAddArgs) -> Self {
        Self {
            url: arguments.url,
            auth_token: None,
            auth_token_env: arguments.auth_token_env,
            auth_token_file: arguments.auth_token_file,
            role_policies: arguments.policies,
            role_id: arguments.role_id,
            max_session_seconds: arguments.max_session_seconds,
            limits: IssueLimits::default(),
            enabled: Some(!arguments.disabled),
            token_in: if arguments.token_in_form {
                TokenIn::Form
            } else {
                TokenIn::Query
            },
            allow_http: arguments.allow_http,
            name: arguments.name,
        }
    }
}

impl PluginEntry {
    /// The plugin of a set-up that comes from `MinIO`.
    pub(super) fn from_env(arguments: PluginEnvArgs) -> Result<Self, AdminError> {
        let text = |variable| optional_variable(variable).map(|text| text.as_str().to_owned());
        let required = |variable| required_variable(variable).map(|text| text.as_str().to_owned());
        let token = "MINIO_IDENTITY_PLUGIN_AUTH_TOKEN";
        Ok(Self {
            name: arguments.name,
            url: required("MINIO_IDENTITY_PLUGIN_URL")?,
            auth_token_env: optional_variable(token).map(|_| token.to_owned()),
            role_policies: comma_separated(&required("MINIO_IDENTITY_PLUGIN_ROLE_POLICY")?),
            role_id: text("MINIO_IDENTITY_PLUGIN_ROLE_ID"),
            allow_http: arguments.allow_http,
            ..Self::default()
        })
    }

    /// Checks everything that the entry says by itself; a file that it names is looked for in
    /// `base`.
    pub(crate) fn check(self, base: &Path) -> Result<DesiredPlugin, AdminError> {
        let token = (self.auth_token, self.auth_token_env, self.auth_token_file);
        let whose = format!("plugin {}", self.name);
        let plugin = IdentityPlugin {
            id: None,
            role_arn: role_arn(&self.name, &self.url, self.role_id.as_deref())?,
            name: self.name,
            url: self.url,
            authorization: None,
            policies: policy_names(&self.role_policies)?,
            max_session_seconds: self.max_session_seconds,
            limits: self.limits,
            status: Status::Enabled,
            token_in: self.token_in,
            allow_http: self.allow_http,
        };
        let authorization = authorization(&whose, token, base)?;
        let status = self.enabled.map(Status::of_enabled);
        Ok(DesiredPlugin::new(plugin, authorization, status)?)
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
            let desired = entry.check(Path::new("")).unwrap();
            desired.plugin().role_arn.to_string()
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
