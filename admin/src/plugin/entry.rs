//! What an operator says about a plugin, in a file, as arguments or in the environment.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};
use shared::keys::{KeyRing, Sealed};
use shared::model::PolicyName;
use shared::outbound::check_configured;
use shared::store::{IdentityPlugin, IssueLimits, Status, TokenIn};
use zeroize::Zeroizing;

use crate::context::{Admin, read_text};
use crate::error::AdminError;
use crate::limits::check_limits;
use crate::names::{SESSION_SECONDS, check_seconds, item_name, role_policies};
use crate::secret::required_variable;

/// The longest `Authorization` header, in characters.
const MAX_AUTHORIZATION: usize = 4096;

/// The longest id of a role that an operator chooses, in characters.
const MAX_ROLE_ID: usize = 64;

/// A plugin as it is written down. What is left out has its default; whether the plugin is
/// enabled stays as it is then.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PluginEntry {
    pub(crate) name: String,
    pub(crate) url: String,
    #[serde(default, deserialize_with = "authorization")]
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

/// The value of the `Authorization` header that a plugin expects.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Authorization(Zeroizing<String>);

impl Authorization {
    /// Takes what a header can hold. The error does not repeat it.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let fits = (1..=MAX_AUTHORIZATION).contains(&text.len());
        let printable = text.bytes().all(|b| (b' '..=b'~').contains(&b));
        if fits && printable && text.trim() == text {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err("auth_token must have 1 to 4096 printable ASCII characters")
        }
    }

    /// What is stored sealed for the plugin's role; `None` if it does not open.
    pub(crate) fn open(ring: &KeyRing, plugin: &IdentityPlugin) -> Option<Self> {
        let item = IdentityPlugin::item_key(plugin.role_arn.as_str());
        let bytes = ring.open(&item, plugin.authorization.as_ref()?).ok()?;
        Self::parse(std::str::from_utf8(&bytes).ok()?).ok()
    }

    /// Seals it for the plugin's role.
    pub(crate) fn seal(
        &self,
        admin: &Admin,
        ring: &KeyRing,
        plugin: &IdentityPlugin,
    ) -> Result<Sealed, AdminError> {
        let item = IdentityPlugin::item_key(plugin.role_arn.as_str());
        Ok(ring.seal(&item, self.0.as_bytes(), &admin.random)?)
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authorization(<redacted>)")
    }
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
        let authorization = self.authorization(&whose, base)?;
        Ok(PluginDefinition {
            authorization,
            status: self.enabled.map(Status::of_enabled),
            plugin: IdentityPlugin {
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

    fn authorization(&self, whose: &str, base: &Path) -> Result<Option<Authorization>, AdminError> {
        let text = match (
            &self.auth_token,
            &self.auth_token_env,
            &self.auth_token_file,
        ) {
            (given, None, None) => return Ok(given.clone()),
            (None, Some(variable), None) => required_variable(variable)?,
            (None, None, Some(path)) => read_text(&base.join(path))?,
            _ => {
                return Err(AdminError::Refused(format!(
                    "{whose} may have one of auth_token, auth_token_env and auth_token_file"
                )));
            }
        };
        Authorization::parse(text.trim_end_matches(['\r', '\n']))
            .map(Some)
            .map_err(|error| AdminError::Refused(format!("{whose}: {error}")))
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

fn authorization<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Authorization>, D::Error> {
    let text = Zeroizing::new(String::deserialize(value)?);
    Authorization::parse(&text)
        .map(Some)
        .map_err(serde::de::Error::custom)
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

    #[test]
    fn t47_an_authorization_is_a_header_and_never_shown() {
        for text in ["", " x", "a\nb", "é", &"x".repeat(4097)] {
            assert!(Authorization::parse(text).is_err(), "{text}");
        }
        let authorization = Authorization::parse("Bearer hush").unwrap();
        assert!(!format!("{authorization:?}").contains("hush"));
    }
}
