//! Secrets: no `Display`, a redacting `Debug`, zeroized on drop, compared in constant time.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::Violation;
use crate::random::{Random, RandomError};

macro_rules! secret_text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Zeroizing<String>);

        impl $name {
            /// The secret itself. Every call is a place to look at in a review.
            pub fn expose(&self) -> &str {
                &self.0
            }

            /// Compares in time that does not depend on where the texts differ.
            pub fn matches(&self, other: &str) -> bool {
                self.0.as_bytes().ct_eq(other.as_bytes()).into()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(<redacted>)"))
            }
        }
    };
}

secret_text! {
    /// The secret half of a key pair.
    SecretAccessKey
}

secret_text! {
    /// The signed token that goes with temporary credentials.
    SessionToken
}

impl SecretAccessKey {
    /// Length limits of a secret that an operator chooses, in characters.
    pub const LENGTH: std::ops::RangeInclusive<usize> = 8..=128;

    /// Takes a secret that an operator or a client chose.
    pub fn parse(text: impl Into<String>) -> Result<Self, Violation> {
        let text = Zeroizing::new(text.into());
        Violation::check_length(&text, *Self::LENGTH.start(), *Self::LENGTH.end())?;
        if text.chars().any(char::is_control) {
            return Err(Violation::pattern("[^\\p{Cntrl}]*"));
        }
        Ok(Self(text))
    }

    /// A new secret: 40 characters of `A-Za-z0-9+` out of 30 random bytes.
    ///
    /// Base64's `/` becomes `+`, as clients of this family of services expect; that costs
    /// less than one of the 240 bits.
    pub fn generate(random: &dyn Random) -> Result<Self, RandomError> {
        let mut bytes = Zeroizing::new([0_u8; 30]);
        random.fill(&mut *bytes)?;
        let encoded = Zeroizing::new(STANDARD.encode(*bytes));
        Ok(Self(Zeroizing::new(encoded.replace('/', "+"))))
    }
}

impl SessionToken {
    /// The longest token that goes out or is looked at, in characters.
    ///
    /// Gateways limit all headers together to about 10 KiB, and AWS documents 4,096.
    pub const MAX_LENGTH: usize = 4096;

    /// Takes a token as minted or as received; `None` when it is empty or too long.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = Zeroizing::new(text.into());
        (1..=Self::MAX_LENGTH)
            .contains(&text.len())
            .then_some(Self(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::OsRandom;

    #[test]
    fn generated_secrets_have_the_documented_form() {
        let secret = SecretAccessKey::generate(&OsRandom).unwrap();
        assert_eq!(secret.expose().len(), 40);
        assert!(
            secret
                .expose()
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'+')
        );
    }

    #[test]
    fn debug_output_redacts() {
        let secret = SecretAccessKey::parse("foo12345").unwrap();
        assert_eq!(format!("{secret:?}"), "SecretAccessKey(<redacted>)");
    }

    #[test]
    fn lengths_are_enforced() {
        assert!(SecretAccessKey::parse("1234567").is_err());
        assert!(SecretAccessKey::parse("12345678").is_ok());
        assert!(SecretAccessKey::parse("x".repeat(129)).is_err());
        assert!(SessionToken::new("").is_none());
        assert!(SessionToken::new("x".repeat(4097)).is_none());
    }
}
