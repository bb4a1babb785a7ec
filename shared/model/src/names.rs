//! Names and identifiers that callers send, each with the constraint of the AWS STS API reference.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Violation, is_hidden};

const NAME_PATTERN: &str = "[\\w+=,.@-]*";

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
}

macro_rules! text_newtype {
    ($(#[$doc:meta])* $name:ident, $min:literal..=$max:literal, $pattern:expr, $allowed:expr) => {
        text_newtype! { $(#[$doc])* $name }

        impl $name {
            #[doc = concat!("Takes ", stringify!($min), " to ", stringify!($max), " characters of the pattern.")]
            pub fn parse(text: impl Into<String>) -> Result<Self, Violation> {
                let text = text.into();
                Violation::check_length(&text, $min, $max)?;
                let allowed: fn(char) -> bool = $allowed;
                if !text.chars().all(allowed) {
                    return Err(Violation::pattern($pattern));
                }
                Ok(Self(text))
            }
        }
    };
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl TryFrom<String> for $name {
            type Error = Violation;

            fn try_from(text: String) -> Result<Self, Violation> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl $name {
            /// The value as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

pub(super) use text_newtype;

text_newtype! {
    /// `RoleSessionName`: names one session. Where no role gives it a meaning, any printable text
    /// is kept as it was sent.
    RoleSessionName, 1..=2048, "[^\\p{C}]+", is_printable
}

impl RoleSessionName {
    /// Checks the name of a session of a role: 2 to 64 characters of AWS's pattern.
    pub fn check_for_role(&self) -> Result<(), Violation> {
        Violation::check_length(&self.0, 2, 64)?;
        if !self.0.chars().all(is_name_char) {
            return Err(Violation::pattern(NAME_PATTERN));
        }
        Ok(())
    }
}

/// Shown as it is, and fit for XML.
fn is_printable(c: char) -> bool {
    !is_hidden(c) && !matches!(c, '\u{fffe}' | '\u{ffff}')
}

text_newtype! {
    /// `ExternalId`: what a third party passes to prove for whom it acts.
    ExternalId, 2..=1224, "[\\w+=,.@:\\/-]*", |c| is_name_char(c) || ":/".contains(c)
}

text_newtype! {
    /// `RoleArn` as SDKs let it through: any text of the characters that paths and names of roles
    /// have (IAM API Reference, `CreateRole`).
    RoleArn, 20..=2048, "[\\u0021-\\u007E]+", |c| c.is_ascii_graphic()
}

impl RoleArn {
    /// What the ARNs of MinIO's roles begin with.
    const MINIO: &str = "arn:minio:iam:";

    /// The ARN under which a role is known here: servers of `MinIO` that have a site region put
    /// it into the ARNs of their roles.
    #[must_use]
    pub fn without_region(self) -> Self {
        let rest = self.0.strip_prefix(Self::MINIO);
        match rest.and_then(|rest| rest.split_once(':')) {
            Some((_, rest)) => Self(format!("{}:{rest}", Self::MINIO)),
            None => self,
        }
    }

    /// Takes an ARN that names a role: six parts, the last of the form `role/NAME`.
    pub fn parse_role(text: &str) -> Result<Self, Violation> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", _, "iam", _, _, resource]
                if resource
                    .strip_prefix("role/")
                    .is_some_and(|id| !id.is_empty()) =>
            {
                Self::parse(text).map(Self::without_region)
            }
            _ => Err(Violation::pattern("arn:[^:]*:iam:[^:]*:[^:]*:role/.+")),
        }
    }
}

text_newtype! {
    /// The name of a stored policy, or of a group: what `MinIO` takes for one, as long as it is
    /// printable.
    PolicyName
}

impl PolicyName {
    /// Takes 1 to 128 printable characters that neither begin nor end with a blank. No comma:
    /// lists of names are separated by commas.
    pub fn parse(text: impl Into<String>) -> Result<Self, Violation> {
        let text = text.into();
        Violation::check_length(&text, 1, 128)?;
        let allowed = |c: char| c == ' ' || (is_printable(c) && !c.is_whitespace() && c != ',');
        if !text.chars().all(allowed) || text.trim() != text {
            return Err(Violation::pattern(
                "[^,\\p{C}\\p{Z}]+( +[^,\\p{C}\\p{Z}]+)*",
            ));
        }
        Ok(Self(text))
    }
}

text_newtype! {
    /// `TokenRevokeType`: a label under which several sessions can be revoked at once.
    RevokeType, 1..=128, "[\\x21-\\x7E]+", |c| c.is_ascii_graphic()
}

/// `SourceIdentity`: who stands behind the session; fixed for its life.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SourceIdentity(String);

impl SourceIdentity {
    /// Takes 2 to 64 characters of the pattern, not beginning with `aws:`.
    pub fn parse(text: impl Into<String>) -> Result<Self, Violation> {
        let text = text.into();
        Violation::check_length(&text, 2, 64)?;
        if !text.chars().all(is_name_char) || text.to_ascii_lowercase().starts_with("aws:") {
            return Err(Violation::pattern(NAME_PATTERN));
        }
        Ok(Self(text))
    }

    /// The value as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A session tag. Keys that differ in case only are the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    key: String,
    value: String,
}

impl Tag {
    /// The most tags that one session may carry.
    pub const MAX_COUNT: usize = 50;

    /// Takes a key of 1 to 128 and a value of 0 to 256 characters; `aws:` is a reserved prefix.
    pub fn parse(key: impl Into<String>, value: impl Into<String>) -> Result<Self, Violation> {
        let (key, value) = (key.into(), value.into());
        Self::check_key(&key)?;
        Violation::check_length(&value, 0, 256)?;
        if !value.chars().all(is_tag_char) {
            return Err(Violation::pattern("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*"));
        }
        Ok(Self { key, value })
    }

    /// Checks a tag key alone, as in `TransitiveTagKeys`.
    pub fn check_key(key: &str) -> Result<(), Violation> {
        Violation::check_length(key, 1, 128)?;
        if !key.chars().all(is_tag_char) || key.to_lowercase().starts_with("aws:") {
            return Err(Violation::pattern("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+"));
        }
        Ok(())
    }

    /// The key as sent.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The value; may be empty.
    pub fn value(&self) -> &str {
        &self.value
    }
}

/// `\p{L}\p{Z}\p{N}` and some punctuation; `is_alphanumeric` is `L` and `N`, and of `Z` the
/// line and paragraph separators are whitespace too.
fn is_tag_char(c: char) -> bool {
    c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_names_follow_the_reference() {
        let check = |text: &str| RoleSessionName::parse(text)?.check_for_role();
        for text in ["ab", "anything", "a+b=c,d.e@f-g_h", &"x".repeat(64)] {
            assert!(check(text).is_ok(), "{text}");
        }
        for text in ["", "a", "a b", "a<b>", "aé", "a/b", &"x".repeat(65)] {
            assert!(check(text).is_err(), "{text}");
        }
    }

    #[test]
    fn session_names_without_a_role_are_any_printable_text() {
        for text in [
            "2026-11-25T13:00:00.000Z",
            "arn:aws:iam::123456789012:role/x",
            "a",
            "Jürgen Müller",
            &"x".repeat(2048),
        ] {
            assert_eq!(RoleSessionName::parse(text).unwrap().as_str(), text);
        }
        for text in [
            "",
            "a\nb",
            "a\u{1b}[2K",
            "a\u{202e}b",
            "a\u{2066}b",
            "a\u{200b}b",
            "a\u{ffff}b",
            &"x".repeat(2049),
        ] {
            assert!(RoleSessionName::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn names_that_would_not_show_are_refused() {
        for c in (0..=0x10_ffff)
            .filter_map(char::from_u32)
            .filter(|c| is_hidden(*c))
        {
            let text = format!("a{c}b");
            assert!(RoleSessionName::parse(text.clone()).is_err(), "{text:?}");
            assert!(PolicyName::parse(text.clone()).is_err(), "{text:?}");
        }
        for c in ['\u{3164}', '\u{fe0f}', '\u{e0100}', '\u{202e}'] {
            assert!(is_hidden(c), "{c:?}");
        }
    }

    #[test]
    fn names_of_policies_are_printable_text_without_a_comma() {
        for text in [
            "a",
            "readwrite",
            "1Password IT",
            "two  blanks",
            "a:b/c=d@e+f.g-h_i",
            "Jürgen's \"R&D\" <1> #2 $x *?",
            "管理者",
            &"ü".repeat(128),
        ] {
            let name = PolicyName::parse(text);
            assert_eq!(name.as_ref().map(PolicyName::as_str), Ok(text));
            assert_eq!(PolicyName::try_from(text.to_owned()), name);
        }
        for text in [
            "",
            " ",
            " a",
            "a ",
            "a,b",
            "a\tb",
            "a\nb",
            "a\u{0}b",
            "a\u{1b}[2J",
            "a\u{a0}b",
            "a\u{2003}b",
            "a\u{2028}b",
            "a\u{200b}b",
            "a\u{202e}b",
            &"ü".repeat(129),
        ] {
            assert!(PolicyName::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn texts_of_violations_are_those_of_aws() {
        let check = |text: &str| RoleSessionName::parse(text)?.check_for_role();
        let error = |text: &str| check(text).unwrap_err().to_string();
        assert_eq!(
            error("a"),
            "Member must have length greater than or equal to 2"
        );
        assert_eq!(
            error(&"x".repeat(65)),
            "Member must have length less than or equal to 64"
        );
        assert_eq!(
            error("a b"),
            "Member must satisfy regular expression pattern: [\\w+=,.@-]*"
        );
    }

    #[test]
    fn role_arns_are_as_loose_as_the_sdks() {
        assert!(RoleArn::parse("arn:xxx:xxx:xxx:xxxx").is_ok());
        assert!(RoleArn::parse("arn:too:short").is_err());
        for control in [
            '\0', '\t', '\n', '\r', ' ', '\u{7f}', '\u{85}', '\u{202e}', 'é',
        ] {
            let text = format!("arn:aws:iam::123456789012:role/a{control}b");
            assert!(RoleArn::parse(text).is_err(), "{control:?}");
        }
    }

    #[test]
    fn a_role_of_minio_is_the_same_with_and_without_a_region() {
        let known = |text: &str| RoleArn::parse(text).unwrap().without_region().to_string();
        let role = "arn:minio:iam:::role/idmp-test";
        assert_eq!(known(role), role);
        assert_eq!(known("arn:minio:iam:eu-central-1::role/idmp-test"), role);
        for other in [
            "arn:aws:iam:eu::role/idmp-test",
            "arn:minio:iam-without-parts",
        ] {
            assert_eq!(known(other), other);
        }
        let parsed = RoleArn::parse_role("arn:minio:iam:eu::role/idmp-test").unwrap();
        assert_eq!(parsed.as_str(), role);
    }

    #[test]
    fn reserved_prefixes_are_refused() {
        assert!(SourceIdentity::parse("alice").is_ok());
        assert!(SourceIdentity::parse("aws:alice").is_err());
        assert!(Tag::parse("AWS:x", "v").is_err());
        assert!(Tag::parse("Project", "").is_ok());
        assert!(Tag::parse("Project", "bad\u{7}").is_err());
    }
}
