//! Parameter validation in AWS's words, all problems of a request at once.

use model::Violation;

/// The longest value that an error repeats, in characters.
const MAX_ECHO: usize = 128;

/// Parameters that break their constraints, as AWS words it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} validation error{} detected: {}", .0.len(), if .0.len() == 1 { "" } else { "s" }, .0.join("; "))]
pub struct ValidationError(Vec<String>);

impl ValidationError {
    /// One problem that is not tied to a value.
    pub fn single(text: impl Into<String>) -> Self {
        Self(vec![text.into()])
    }
}

/// Collects the problems of a request's parameters.
#[derive(Debug, Default)]
pub struct Validator(Vec<String>);

impl Validator {
    /// Parses `value` of the member (in lower camel case, as AWS names it) if it was sent.
    pub fn optional<T>(
        &mut self,
        member: &str,
        value: Option<impl AsRef<str>>,
        parse: impl FnOnce(&str) -> Result<T, Violation>,
    ) -> Option<T> {
        let value = value?;
        let value = value.as_ref();
        self.note(member, Some(value), parse(value))
    }

    /// Parses a value that must have been sent and that no error may repeat.
    pub fn secret<T>(
        &mut self,
        member: &str,
        value: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, Violation>,
    ) -> Option<T> {
        let Some(value) = value else {
            self.missing(member);
            return None;
        };
        self.note(member, None, parse(value))
    }

    /// Notes that a mandatory member was not sent.
    pub fn missing(&mut self, member: &str) {
        self.0.push(format!(
            "Value null at '{member}' failed to satisfy constraint: Member must not be null"
        ));
    }

    /// Notes a problem; the value is repeated only if it is given and short.
    pub fn note<T>(
        &mut self,
        member: &str,
        value: Option<&str>,
        result: Result<T, Violation>,
    ) -> Option<T> {
        let violation = match result {
            Ok(value) => return Some(value),
            Err(violation) => violation,
        };
        let value = value.filter(|v| v.chars().count() <= MAX_ECHO);
        let subject = value.map_or_else(|| "Value".to_owned(), |v| format!("Value '{v}'"));
        self.0.push(format!(
            "{subject} at '{member}' failed to satisfy constraint: {violation}"
        ));
        None
    }

    /// The error over all that was noted, if anything was.
    pub fn finish(self) -> Result<(), ValidationError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(ValidationError(self.0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{ExternalId, SourceIdentity};

    #[test]
    fn problems_are_worded_and_joined_like_aws() {
        let mut v = Validator::default();
        assert!(
            v.optional("sourceIdentity", Some("ok"), |t| SourceIdentity::parse(t))
                .is_some()
        );
        v.optional("sourceIdentity", Some("a b"), |t| SourceIdentity::parse(t));
        v.missing("roleArn");
        assert_eq!(
            v.finish().unwrap_err().to_string(),
            "2 validation errors detected: Value 'a b' at 'sourceIdentity' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [\\w+=,.@-]*; \
             Value null at 'roleArn' failed to satisfy constraint: Member must not be null"
        );
    }

    #[test]
    fn secret_and_long_values_are_not_repeated() {
        let mut v = Validator::default();
        v.secret("token", Some("s3cret"), |_| {
            Err::<(), _>(Violation::too_short(9))
        });
        v.optional("externalId", Some(" ".repeat(500)), |t| {
            ExternalId::parse(t)
        });
        let text = v.finish().unwrap_err().to_string();
        assert!(!text.contains("s3cret") && !text.contains("xxx"), "{text}");
    }
}
