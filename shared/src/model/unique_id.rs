//! Ids that no two items ever share, so that what is made anew is not what was there before.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Violation;
use super::access_key::push_symbols;
use crate::random::{Random, RandomError};

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LENGTH: usize = 21;

/// What an id is of: the first four characters of it, those of AWS where AWS has such ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdKind {
    /// A stored policy.
    Policy,
    /// An OpenID provider.
    Provider,
    /// A role of a plugin or provider.
    Role,
    /// A long-term user.
    User,
}

impl IdKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Policy => "ANPA",
            Self::Provider => "AOID",
            Self::Role => "AROA",
            Self::User => "AIDA",
        }
    }
}

/// The id of one item, for as long as it exists. An item of the same name that is made later
/// has another.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UniqueId(String);

impl UniqueId {
    /// A new id: the kind's prefix and 17 of `A-Z2-7`, each equally likely.
    pub fn generate(kind: IdKind, random: &dyn Random) -> Result<Self, RandomError> {
        let mut id = kind.prefix().to_owned();
        push_symbols(&mut id, LENGTH, ALPHABET, random)?;
        Ok(Self(id))
    }

    /// Takes 21 of `A-Z2-7`.
    pub fn parse(text: impl Into<String>) -> Result<Self, Violation> {
        let text = text.into();
        Violation::check_length(&text, LENGTH, LENGTH)?;
        if !text.bytes().all(|b| ALPHABET.contains(&b)) {
            return Err(Violation::pattern("[A-Z2-7]*"));
        }
        Ok(Self(text))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for UniqueId {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        Self::parse(text)
    }
}

impl From<UniqueId> for String {
    fn from(id: UniqueId) -> Self {
        id.0
    }
}

impl fmt::Display for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::OsRandom;

    #[test]
    fn ids_say_what_they_are_of_and_are_new_each_time() {
        for (kind, prefix) in [
            (IdKind::Policy, "ANPA"),
            (IdKind::Provider, "AOID"),
            (IdKind::Role, "AROA"),
            (IdKind::User, "AIDA"),
        ] {
            let id = UniqueId::generate(kind, &OsRandom).unwrap();
            assert!(id.as_str().starts_with(prefix), "{id}");
            assert_eq!(UniqueId::parse(id.as_str()), Ok(id.clone()));
            assert_ne!(UniqueId::generate(kind, &OsRandom).unwrap(), id);
        }
    }

    #[test]
    fn other_text_is_no_id() {
        for text in [
            "",
            "AIDA",
            "AIDAAAAAAAAAAAAAAAAA",
            "AIDAAAAAAAAAAAAAAAAAAA",
            "AIDAAAAAAAAAAAAAAAAA1",
            "AIDAAAAAAAAAAAAAAAAAa",
            "AIDAAAAAAAAAAAAAAAAA ",
        ] {
            assert!(UniqueId::parse(text).is_err(), "{text}");
        }
    }
}
