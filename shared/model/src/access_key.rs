//! Access key ids: the public half of a key pair.

use std::fmt;

use super::Violation;
use crate::random::{Random, RandomError};

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const GENERATED_LENGTH: usize = 20;

/// An access key id: a user's name as clients know it, or a session's generated id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccessKeyId(String);

impl AccessKeyId {
    /// Takes 3 to 128 printable ASCII characters without the delimiters `/`, `,` and `=`
    /// of the signature's credential.
    pub fn parse(text: impl Into<String>) -> Result<Self, Violation> {
        let text = text.into();
        Violation::check_length(&text, 3, 128)?;
        if !text
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"/,=".contains(&b))
        {
            return Err(Violation::pattern("[\\x21-\\x7E&&[^/,=]]*"));
        }
        Ok(Self(text))
    }

    /// A new id for a session: 20 of `A-Z0-9`, the first a letter, each equally likely.
    pub fn generate(random: &dyn Random) -> Result<Self, RandomError> {
        let mut id = String::with_capacity(GENERATED_LENGTH);
        push_symbols(&mut id, 1, LETTERS, random)?;
        push_symbols(&mut id, GENERATED_LENGTH, ALPHABET, random)?;
        Ok(Self(id))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Appends symbols until `id` has `length`, by rejection: a remainder would favour the
/// first symbols of the alphabet.
pub(super) fn push_symbols(
    id: &mut String,
    length: usize,
    alphabet: &[u8],
    random: &dyn Random,
) -> Result<(), RandomError> {
    let fair_below = 256 - 256 % alphabet.len();
    let mut buffer = [0_u8; 32];
    while id.len() < length {
        random.fill(&mut buffer)?;
        let fair = buffer
            .iter()
            .map(|&b| usize::from(b))
            .filter(|&b| b < fair_below);
        for byte in fair.take(length - id.len()) {
            if let Some(&symbol) = alphabet.get(byte % alphabet.len()) {
                id.push(char::from(symbol));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::OsRandom;

    #[test]
    fn generated_ids_have_the_documented_form() {
        for _ in 0..200 {
            let id = AccessKeyId::generate(&OsRandom).unwrap();
            assert_eq!(id.as_str().len(), 20);
            assert!(id.as_str().starts_with(|c: char| c.is_ascii_uppercase()));
            assert!(
                id.as_str()
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            );
        }
    }

    /// Chi-squared over 36 symbols, 35 degrees of freedom: 1 in 10^7 for a fair source. The
    /// remainder of 256 / 36 would exceed it by far.
    #[test]
    fn t12_access_keys_have_no_modulo_bias() {
        let mut counts = [0_u32; 256];
        let mut total = 0_u32;
        for _ in 0..20_000 {
            let id = AccessKeyId::generate(&OsRandom).unwrap();
            for byte in id.as_str().bytes().skip(1) {
                counts[usize::from(byte)] += 1;
                total += 1;
            }
        }
        let expected = f64::from(total) / 36.0;
        let chi_squared: f64 = ALPHABET
            .iter()
            .map(|&b| (f64::from(counts[usize::from(b)]) - expected).powi(2) / expected)
            .sum();
        assert!(chi_squared < 95.0, "{chi_squared}");
    }

    #[test]
    fn delimiters_and_odd_lengths_are_refused() {
        for text in ["ab", "a/b", "a,b", "a=b", "a b", "aé1", &"x".repeat(129)] {
            assert!(AccessKeyId::parse(text).is_err(), "{text}");
        }
        for text in [
            "foobar",
            "AKIAIOSFODNN7EXAMPLE",
            "svc@example.com",
            "a-b_c.d",
        ] {
            assert!(AccessKeyId::parse(text).is_ok(), "{text}");
        }
    }
}
