//! YAML files: parsed strictly.
//!
//! Unknown keys, keys given twice and values of the wrong type are refused with their line.
//! No message repeats a value: it may be a secret.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use shared::model::SecretAccessKey;
use shared::store::{Change, Status};

use crate::error::AdminError;

/// Something in a file is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// Counted from 1.
    pub(crate) line: u64,
    /// What is wrong there.
    pub(crate) reason: String,
}

/// Parses a YAML file of any form, strictly.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Mistake> {
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
pub(crate) fn change<'de, D, T>(value: D) -> Result<Change<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let given = Option::<T>::deserialize(value)?;
    Ok(given.map_or(Change::Remove, Change::Set))
}

/// A secret access key.
pub(crate) fn secret<'de, D: Deserializer<'de>>(
    value: D,
) -> Result<Option<SecretAccessKey>, D::Error> {
    let secret = SecretAccessKey::parse(String::deserialize(value)?);
    secret.map(Some).map_err(serde::de::Error::custom)
}

/// Whether something may be used.
pub(crate) fn status<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Status>, D::Error> {
    match Status::parse(&String::deserialize(value)?) {
        Some(status) => Ok(Some(status)),
        None => Err(serde::de::Error::custom("status is enabled or disabled")),
    }
}
