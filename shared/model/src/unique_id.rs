//! Ids that no two items ever share, so that what is made anew is not what was there before.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Violation;
use super::access_key::push_symbols;
use super::names::text_newtype;
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

text_newtype! {
    /// The id of one item, for as long as it exists. An item of the same name that is made later
    /// has another.
    UniqueId, 21..=21, "[A-Z2-7]*", |c| matches!(c, 'A'..='Z' | '2'..='7')
}

impl UniqueId {
    /// A new id: the kind's prefix and 17 of `A-Z2-7`, each equally likely.
    pub fn generate(kind: IdKind, random: &dyn Random) -> Result<Self, RandomError> {
        let mut id = kind.prefix().to_owned();
        push_symbols(&mut id, LENGTH, ALPHABET, random)?;
        Ok(Self(id))
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
