//! The only reader of the environment.

use std::path::PathBuf;

use tracing::Level;
use zeroize::Zeroizing;

use crate::aws::{Connection, Credentials};

/// How long guards remember unless `STS_CACHE_SECONDS` says otherwise.
const DEFAULT_CACHE_SECONDS: i64 = 5;

/// The longest that guards may remember: an hour of a revoked session is as good as none.
const MAX_CACHE_SECONDS: i64 = 3600;

/// The environment does not configure a function.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable has a value that means nothing.
    #[error("environment variable {0} has an unusable value")]
    Invalid(&'static str),
    /// A mandatory variable is missing or empty.
    #[error("environment variable {0} is not set")]
    Missing(&'static str),
}

/// What a function needs to start.
#[derive(Debug, Clone)]
pub struct Config {
    /// `STS_TABLE`: the name of the table.
    pub table: String,
    /// `AWS_REGION`, `AWS_ENDPOINT_URL_DYNAMODB` and the credentials of the function's role.
    pub connection: Connection,
    /// `STS_KEY_FILE`: the file that wraps the master keys.
    pub key_file: PathBuf,
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
            key_file: required("STS_KEY_FILE")?.into(),
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
    fn t10_missing_key_material_is_an_error() {
        for value in [None, Some("")] {
            assert!(matches!(
                config(("STS_KEY_FILE", value)),
                Err(ConfigError::Missing("STS_KEY_FILE"))
            ));
        }
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
