//! The form of the YAML file.
//!
//! Unknown keys, keys given twice and values of the wrong type are refused with their line.
//! No message repeats a value: it may be a secret.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_saphyr::Spanned;
use shared::model::SecretAccessKey;
use shared::store::{AttemptLimits, Change, IssueLimits, Status};

use crate::error::AdminError;
use crate::opa::OpaEntry;
use crate::plugin::PluginEntry;
use crate::provider::ProviderEntry;

/// Something in the file is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// Counted from 1.
    pub(super) line: u64,
    /// What is wrong there.
    pub(super) reason: String,
}

/// The file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) settings: Option<Spanned<SettingsEntry>>,
    #[serde(default)]
    pub(super) policies: Vec<Spanned<PolicyEntry>>,
    #[serde(default)]
    pub(super) groups: Vec<Spanned<GroupEntry>>,
    #[serde(default)]
    pub(super) users: Vec<Spanned<UserEntry>>,
    #[serde(default)]
    pub(super) identity_plugins: Vec<Spanned<PluginEntry>>,
    #[serde(default)]
    pub(super) openid_providers: Vec<Spanned<ProviderEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SettingsEntry {
    #[serde(default, deserialize_with = "change")]
    pub(super) max_session_seconds: Change<u32>,
    pub(super) regions: Option<Vec<String>>,
    pub(super) condition_keys: Option<Vec<String>>,
    pub(super) failed_attempts: Option<AttemptLimits>,
    #[serde(default, deserialize_with = "change")]
    pub(super) opa: Change<OpaEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyEntry {
    pub(super) name: String,
    pub(super) document: Option<Value>,
    pub(super) document_file: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupEntry {
    pub(super) name: String,
    #[serde(default, deserialize_with = "status")]
    pub(super) status: Option<Status>,
    pub(super) policies: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserEntry {
    pub(super) access_key: String,
    #[serde(default, deserialize_with = "secret")]
    pub(super) secret: Option<SecretAccessKey>,
    pub(super) secret_env: Option<String>,
    pub(super) secret_file: Option<PathBuf>,
    #[serde(default, deserialize_with = "status")]
    pub(super) status: Option<Status>,
    pub(super) policies: Option<Vec<String>>,
    pub(super) groups: Option<Vec<String>>,
    #[serde(default, deserialize_with = "change")]
    pub(super) max_session_seconds: Change<u32>,
    pub(super) limits: Option<IssueLimits>,
}

impl File {
    /// Parses the file's text.
    pub(super) fn parse(text: &str) -> Result<Self, Mistake> {
        parse_yaml(text)
    }
}

/// Parses a YAML file of any form, strictly.
pub(crate) fn parse_yaml<T: DeserializeOwned>(text: &str) -> Result<T, Mistake> {
    let options = serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| Mistake {
        line: error.location().map_or(1, |l| l.line()),
        reason: reason(&error),
    })
}

impl Mistake {
    /// The mistake as one of that file.
    pub(crate) fn of(self, path: &Path) -> AdminError {
        AdminError::File {
            file: path.display().to_string(),
            line: self.line,
            reason: self.reason,
        }
    }
}

fn reason(error: &serde_saphyr::Error) -> String {
    use serde_saphyr::Error;

    match error {
        Error::SerdeUnknownField {
            field, expected, ..
        } => match closest(field, expected) {
            Some(known) => format!("unknown key {field}; did you mean {known}?"),
            None => format!("unknown key {field}; known are {}", expected.join(", ")),
        },
        Error::DuplicateMappingKey { key, .. } => {
            format!("key {} is given twice", key.as_deref().unwrap_or_default())
        }
        Error::MultipleDocuments { .. } => "a second document begins here".to_owned(),
        other => {
            let text = other.to_string();
            let reason = text.rsplit_once(" at line ");
            reason
                .map_or(text.as_str(), |(reason, _)| reason)
                .to_owned()
        }
    }
}

/// The known name that was most probably meant.
fn closest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let distance = |candidate: &str| strsim::damerau_levenshtein(name, candidate);
    known
        .iter()
        .copied()
        .min_by_key(|candidate| distance(candidate))
        .filter(|candidate| distance(candidate) <= 2)
}

/// A key that is there changes something; `null` removes what is stored.
fn change<'de, D, T>(value: D) -> Result<Change<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let given = Option::<T>::deserialize(value)?;
    Ok(given.map_or(Change::Remove, Change::Set))
}

fn secret<'de, D: Deserializer<'de>>(value: D) -> Result<Option<SecretAccessKey>, D::Error> {
    let secret = SecretAccessKey::parse(String::deserialize(value)?);
    secret.map(Some).map_err(serde::de::Error::custom)
}

fn status<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Status>, D::Error> {
    match Status::parse(&String::deserialize(value)?) {
        Some(status) => Ok(Some(status)),
        None => Err(serde::de::Error::custom("status is enabled or disabled")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_told_with_their_line_and_no_value() {
        let user = |rest: &str| format!("users:\n  - access_key: foobar\n{rest}");
        let cases = [
            (
                "usrs: []\n".to_owned(),
                1,
                "unknown key usrs; did you mean users?",
            ),
            (
                "\nroles: []\n".to_owned(),
                2,
                "unknown key roles; known are settings, policies, groups, users, identity_plugins, openid_providers",
            ),
            (
                user("    polices: [hush-hush]\n"),
                3,
                "unknown key polices; did you mean policies?",
            ),
            (
                user("    secret: hush-hush\n    secret: hush-hush\n"),
                4,
                "key secret is given twice",
            ),
            (
                user("    secret: [hush-hush]\n"),
                3,
                "expected string scalar",
            ),
            (
                user("    secret: hush\n"),
                3,
                "Member must have length greater than or equal to 8",
            ),
            (
                user("    status: hush-hush\n"),
                3,
                "status is enabled or disabled",
            ),
            (user("    max_session_seconds: -1\n"), 3, "invalid u32"),
            (user("    hush-hush\n"), 3, "simple key expected ':'"),
            (user("    secret: \"hush-hush\n"), 3, "unclosed quote"),
            (
                "users: []\n---\nusers: []\n".to_owned(),
                3,
                "a second document begins here",
            ),
            (
                "users:\n  - secret: hush-hush\n".to_owned(),
                2,
                "missing field `access_key`",
            ),
        ];
        for (text, line, reason) in cases {
            let mistake = File::parse(&text).err().unwrap();
            assert_eq!(
                (mistake.line, mistake.reason.as_str()),
                (line, reason),
                "{text}"
            );
        }
    }

    #[test]
    fn absent_null_and_given_are_three_things() {
        let limit = |yaml: &str| {
            let file = File::parse(&format!("settings: {yaml}\n")).ok().unwrap();
            file.settings.unwrap().value.max_session_seconds
        };
        assert_eq!(limit("{}"), Change::Keep);
        assert_eq!(limit("{max_session_seconds: null}"), Change::Remove);
        assert_eq!(limit("{max_session_seconds: 900}"), Change::Set(900));
    }

    #[test]
    fn scalars_that_look_like_numbers_stay_texts() {
        let file = File::parse("users:\n  - access_key: 0123\n    secret: 0123456789\n");
        let user = file.ok().unwrap().users.remove(0).value;
        assert_eq!(user.access_key, "0123");
        assert_eq!(user.secret.unwrap().expose(), "0123456789");
    }

    #[test]
    fn an_empty_file_wants_nothing() {
        for text in ["", "# nothing\n", "{}\n"] {
            assert!(File::parse(text).ok().unwrap().users.is_empty(), "{text}");
        }
    }
}
