//! The `Authorization` header that a service expects which is called here.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};
use shared::keys::{KeyRing, Sealed};
use zeroize::Zeroizing;

use crate::context::{Admin, read_text};
use crate::error::AdminError;
use crate::secret::required_variable;

/// The longest value, in characters.
const MAX_LENGTH: usize = 4096;

/// The value of the header.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Authorization(Zeroizing<String>);

/// Where an operator says that it is: `auth_token`, `auth_token_env` and `auth_token_file`.
pub(crate) type AuthorizationEntry = (Option<Authorization>, Option<String>, Option<PathBuf>);

impl Authorization {
    /// Takes what a header can hold. The error does not repeat it.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let fits = (1..=MAX_LENGTH).contains(&text.len());
        let printable = text.bytes().all(|b| (b' '..=b'~').contains(&b));
        if fits && printable && text.trim() == text {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err("auth_token must have 1 to 4096 printable ASCII characters")
        }
    }

    /// Takes it from where the operator says; a file is looked for in `base`.
    pub(crate) fn find(
        whose: &str,
        entry: AuthorizationEntry,
        base: &Path,
    ) -> Result<Option<Self>, AdminError> {
        let text = match entry {
            (given, None, None) => return Ok(given),
            (None, Some(variable), None) => required_variable(&variable)?,
            (None, None, Some(path)) => read_text(&base.join(path))?,
            _ => {
                return Err(AdminError::Refused(format!(
                    "{whose} may have one of auth_token, auth_token_env and auth_token_file"
                )));
            }
        };
        Self::parse(text.trim_end_matches(['\r', '\n']))
            .map(Some)
            .map_err(|error| AdminError::Refused(format!("{whose}: {error}")))
    }

    /// What is sealed for that item; `None` if it does not open.
    pub(crate) fn open(ring: &KeyRing, item: &str, sealed: Option<&Sealed>) -> Option<Self> {
        let bytes = ring.open(item, sealed?).ok()?;
        Self::parse(std::str::from_utf8(&bytes).ok()?).ok()
    }

    /// Seals it for that item.
    pub(crate) fn seal(
        &self,
        admin: &Admin,
        ring: &KeyRing,
        item: &str,
    ) -> Result<Sealed, AdminError> {
        Ok(ring.seal(item, self.0.as_bytes(), &admin.random)?)
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
