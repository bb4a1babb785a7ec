//! The `Authorization` header that a service expects which is called here.

use std::fmt;

use keys::{KeyRing, Sealed};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::sealing::Sealing;

/// The longest value, in characters.
const MAX_LENGTH: usize = 4096;

/// The value of the header.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorization(Zeroizing<String>);

impl Authorization {
    /// Takes what a header can hold. The error does not repeat it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let fits = (1..=MAX_LENGTH).contains(&text.len());
        let printable = text.bytes().all(|b| (b' '..=b'~').contains(&b));
        if fits && printable && text.trim() == text {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err("auth_token must have 1 to 4096 printable ASCII characters")
        }
    }

    /// What is sealed for that item; `None` if it does not open, so that it is replaced.
    pub(crate) fn open(
        ring: Option<&KeyRing>,
        item: &str,
        sealed: Option<&Sealed>,
    ) -> Option<Self> {
        Self::parse(&ring?.open_text(item, sealed?).ok()?).ok()
    }

    /// Seals it for that item.
    pub(crate) fn seal(&self, sealing: Sealing<'_>, item: &str) -> Result<Sealed, Error> {
        sealing.seal(item, self.0.as_bytes())
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authorization(<redacted>)")
    }
}

impl<'de> Deserialize<'de> for Authorization {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(value)?);
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t47_an_authorization_is_a_header_and_never_shown() {
        for text in ["", " x", "a\nb", "é", &"x".repeat(4097)] {
            assert!(Authorization::parse(text).is_err(), "{text}");
        }
        let authorization = Authorization::parse("Bearer hush").unwrap();
        assert!(!format!("{authorization:?}").contains("hush"));
    }
}
