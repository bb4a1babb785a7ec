//! The only reader of the environment.

use std::path::PathBuf;
use std::sync::Arc;

use aws::dynamodb::DynamoStore;
use aws::kms::Kms;
use aws::{Connection, Credentials};
use clock::SystemClock;
use domain::resources::{Deps, MasterKeys};
use keys::{KeyFile, KeyFileError, UnwrapKeys};
use model::random::OsRandom;
use tracing::Level;
use zeroize::Zeroizing;

/// How long guards remember unless `STS_CACHE_SECONDS` says otherwise.
const DEFAULT_CACHE_SECONDS: i64 = 5;

/// The longest that guards may remember: an hour of a revoked session is as good as none.
const MAX_CACHE_SECONDS: i64 = 3600;

/// The environment does not configure a function.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Two variables exclude each other.
    #[error("environment variables {0} and {1} exclude each other")]
    Both(&'static str, &'static str),
    /// A variable has a value that means nothing.
    #[error("environment variable {0} has an unusable value")]
    Invalid(&'static str),
    /// A mandatory variable is missing or empty.
    #[error("environment variable {0} is not set")]
    Missing(&'static str),
    /// One of two variables is mandatory.
    #[error("environment variable {0} or {1} must be set")]
    Neither(&'static str, &'static str),
}

/// What wraps the master keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyWrapping {
    /// `STS_KEY_FILE`: a key file.
    File(PathBuf),
    /// A KMS key.
    Kms {
        /// `STS_KMS_KEY`: its ARN, its id, or the ARN of an alias.
        key: String,
        /// `AWS_ENDPOINT_URL_KMS`: where KMS is, if not at the region's endpoint.
        endpoint: Option<String>,
    },
}

/// What a function needs to start.
#[derive(Debug, Clone)]
pub struct Config {
    /// `STS_TABLE`: the name of the table.
    pub table: String,
    /// `AWS_REGION`, `AWS_ENDPOINT_URL_DYNAMODB` and the credentials of the function's role.
    pub connection: Connection,
    /// What wraps the master keys; `STS_KEY_FILE` or `STS_KMS_KEY`.
    pub key_wrapping: KeyWrapping,
    /// `STS_CACHE_SECONDS`: how long a guard of data uses what it read of users, sessions and
    /// policies, which bounds how long a revoked session lives on; 0 reads every time.
    pub cache_seconds: i64,
    /// `STS_METRICS_NAMESPACE`: under which name metrics appear in CloudWatch; none are written
    /// without it.
    pub metrics_namespace: Option<String>,
    /// `STS_LOG`: how much this service's own code logs; libraries never log below `WARN`.
    pub log_level: Level,
}

impl Config {
    /// Reads the process's environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(variable)
    }

    /// Reads variables from anywhere; an empty value counts as not set.
    pub fn from_lookup(
        lookup: impl Fn(&'static str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let optional = |name| lookup(name).filter(|v| !v.is_empty());
        let required = |name| optional(name).ok_or(ConfigError::Missing(name));
        Ok(Self {
            table: required("STS_TABLE")?,
            connection: Connection {
                region: required("AWS_REGION")?,
                endpoint: optional("AWS_ENDPOINT_URL_DYNAMODB"),
                credentials: Credentials {
                    access_key_id: required("AWS_ACCESS_KEY_ID")?,
                    secret_access_key: Zeroizing::new(required("AWS_SECRET_ACCESS_KEY")?),
                    session_token: optional("AWS_SESSION_TOKEN").map(Zeroizing::new),
                },
            },
            key_wrapping: key_wrapping(optional)?,
            cache_seconds: match optional("STS_CACHE_SECONDS") {
                None => DEFAULT_CACHE_SECONDS,
                Some(text) => parse_cache_seconds(&text)?,
            },
            metrics_namespace: optional("STS_METRICS_NAMESPACE"),
            log_level: match optional("STS_LOG") {
                None => Level::INFO,
                Some(text) => text.parse().map_err(|_| ConfigError::Invalid("STS_LOG"))?,
            },
        })
    }

    /// What it configures, with policies that are used for `policy_seconds`.
    pub fn deps(self, policy_seconds: i64) -> Result<Deps<DynamoStore>, KeyFileError> {
        let Self {
            connection, table, ..
        } = self;
        let wrapper: Arc<dyn UnwrapKeys> = match self.key_wrapping {
            KeyWrapping::File(path) => Arc::new(KeyFile::read(&path)?),
            KeyWrapping::Kms { key, endpoint } => Arc::new(Kms::new(&connection.at(endpoint), key)),
        };
        Ok(Deps {
            store: DynamoStore::new(connection.client(), &table),
            keys: MasterKeys::new(wrapper, table),
            clock: Arc::new(SystemClock),
            random: Box::new(OsRandom),
            policy_seconds,
        })
    }
}

fn key_wrapping(
    optional: impl Fn(&'static str) -> Option<String>,
) -> Result<KeyWrapping, ConfigError> {
    const FILE: &str = "STS_KEY_FILE";
    const KMS: &str = "STS_KMS_KEY";
    match (optional(FILE), optional(KMS)) {
        (Some(file), None) => Ok(KeyWrapping::File(file.into())),
        (None, Some(key)) => Ok(KeyWrapping::Kms {
            key,
            endpoint: optional("AWS_ENDPOINT_URL_KMS"),
        }),
        (None, None) => Err(ConfigError::Neither(FILE, KMS)),
        (Some(_), Some(_)) => Err(ConfigError::Both(FILE, KMS)),
    }
}

/// A variable of the process's environment; an empty value counts as not set.
pub fn variable(name: &'static str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    let value = std::env::var(name).ok();
    value.filter(|v| !v.is_empty())
}

fn parse_cache_seconds(text: &str) -> Result<i64, ConfigError> {
    let seconds = text.parse().ok();
    seconds
        .filter(|seconds| (0..=MAX_CACHE_SECONDS).contains(seconds))
        .ok_or(ConfigError::Invalid("STS_CACHE_SECONDS"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(change: (&'static str, Option<&'static str>)) -> Result<Config, ConfigError> {
        Config::from_lookup(|name| {
            if name == change.0 {
                return change.1.map(str::to_owned);
            }
            let value = match name {
                "STS_TABLE" => "sts",
                "AWS_REGION" => "us-east-1",
                "AWS_ACCESS_KEY_ID" => "AKIAEXAMPLE",
                "AWS_SECRET_ACCESS_KEY" => "topsecret",
                "STS_KEY_FILE" => "/key",
                _ => return None,
            };
            Some(value.to_owned())
        })
    }

    #[test]
    fn a_complete_environment_is_enough() {
        let config = config(("X", None)).unwrap();
        assert_eq!(
            (config.table.as_str(), config.log_level),
            ("sts", Level::INFO)
        );
        assert!(!format!("{config:?}").contains("topsecret"));
    }

    #[test]
    fn t10_master_keys_are_wrapped_in_exactly_one_way() {
        let wrapping = |file: &str, kms: &str| {
            let optional = |name| {
                let value = match name {
                    "STS_KEY_FILE" => file,
                    "STS_KMS_KEY" => kms,
                    _ => "http://127.0.0.1:1",
                };
                Some(value.to_owned()).filter(|value| !value.is_empty())
            };
            key_wrapping(optional).map_err(|error| error.to_string())
        };
        assert_eq!(wrapping("/key", ""), Ok(KeyWrapping::File("/key".into())));
        let kms = KeyWrapping::Kms {
            key: "alias".to_owned(),
            endpoint: Some("http://127.0.0.1:1".to_owned()),
        };
        assert_eq!(wrapping("", "alias"), Ok(kms));
        for (file, kms, expected) in [
            (
                "",
                "",
                "environment variable STS_KEY_FILE or STS_KMS_KEY must be set",
            ),
            (
                "/key",
                "alias",
                "environment variables STS_KEY_FILE and STS_KMS_KEY exclude each other",
            ),
        ] {
            assert_eq!(wrapping(file, kms), Err(expected.to_owned()));
        }
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        assert!(matches!(
            config(("STS_TABLE", Some(""))),
            Err(ConfigError::Missing("STS_TABLE"))
        ));
    }

    #[test]
    fn guards_remember_for_a_bounded_time() {
        let seconds = |value| config(("STS_CACHE_SECONDS", value)).map(|c| c.cache_seconds);
        assert_eq!(seconds(None).unwrap(), 5);
        assert_eq!(seconds(Some("0")).unwrap(), 0);
        for value in ["-1", "3601", "5s"] {
            assert!(seconds(Some(value)).is_err(), "{value}");
        }
    }

    #[test]
    fn a_wrong_value_names_its_variable() {
        let error = config(("STS_LOG", Some("loud"))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "environment variable STS_LOG has an unusable value"
        );
    }
}
