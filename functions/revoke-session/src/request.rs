//! Wire parameters to a request that cannot be wrong.

use shared::model::{AccessKeyId, RevokeType, Violation, is_hidden};
use shared::session::ParameterError;
use shared::store::Parent;
use shared::wire::{Parameters, ValidationError, Validator};

/// The longest parent, in characters: far longer than any that a session has.
const MAX_PARENT: usize = 2048;

/// What is to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The caller's own session.
    Caller,
    /// All sessions of a parent, or those with a label.
    Parent(Parent, Option<RevokeType>),
    /// One session.
    Session(AccessKeyId),
}

/// A valid request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokeSessionRequest {
    /// What is to end.
    pub target: Target,
}

impl RevokeSessionRequest {
    /// Takes the action's parameters: `AccessKeyId`, or `Parent` with `TokenRevokeType` or
    /// `FullRevoke=true`, or nothing.
    pub fn parse(mut parameters: Parameters) -> Result<Self, ParameterError> {
        let mut validator = Validator::default();
        let [key, parent, label, full] = ["AccessKeyId", "Parent", "TokenRevokeType", "FullRevoke"]
            .map(|name| parameters.take(name));
        let sent = (
            key.is_some(),
            parent.is_some(),
            label.is_some(),
            full.is_some(),
        );
        let key = validator.optional("accessKeyId", key.as_deref(), |t| AccessKeyId::parse(t));
        let parent = validator.optional("parent", parent.as_deref(), parse_parent);
        let label = validator.optional("tokenRevokeType", label.as_deref(), |t| {
            RevokeType::parse(t)
        });
        validator.optional("fullRevoke", full.as_deref(), parse_true);
        validator.finish()?;
        parameters.finish()?;
        let target = match (sent, key, parent) {
            ((true, false, false, false), Some(key), _) => Target::Session(key),
            ((false, true, _, _), _, Some(parent)) if !(sent.2 && sent.3) => {
                Target::Parent(parent, label)
            }
            ((false, false, false, false), ..) => Target::Caller,
            _ => return Err(combination()),
        };
        Ok(Self { target })
    }
}

fn combination() -> ParameterError {
    let text = "Give AccessKeyId, or Parent with at most one of TokenRevokeType and FullRevoke, or nothing";
    ValidationError::single(text).into()
}

/// `user/NAME` or `federated/NAME`; a bare name is a user's.
fn parse_parent(text: &str) -> Result<Parent, Violation> {
    Violation::check_length(text, 1, MAX_PARENT)?;
    if text.chars().any(is_hidden) {
        return Err(Violation::new("Member must be printable"));
    }
    match Parent::from_key(text) {
        Some(parent) => Ok(parent),
        None => AccessKeyId::parse(text).map(Parent::User),
    }
}

fn parse_true(text: &str) -> Result<(), Violation> {
    if text == "true" {
        Ok(())
    } else {
        Err(Violation::new("Member must be true"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<Target, String> {
        let parameters = Parameters::parse("", body.as_bytes()).unwrap();
        RevokeSessionRequest::parse(parameters)
            .map(|r| r.target)
            .map_err(|e| e.to_string())
    }

    #[test]
    fn targets_are_unambiguous() {
        let user = || Parent::User(AccessKeyId::parse("foobar").unwrap());
        let label = RevokeType::parse("t1").unwrap();
        let session = AccessKeyId::parse("ABCDEFGHIJKLMNOPQRST").unwrap();
        assert_eq!(parse(""), Ok(Target::Caller));
        assert_eq!(
            parse("AccessKeyId=ABCDEFGHIJKLMNOPQRST"),
            Ok(Target::Session(session))
        );
        assert_eq!(parse("Parent=foobar"), Ok(Target::Parent(user(), None)));
        assert_eq!(
            parse("Parent=user/foobar&FullRevoke=true"),
            Ok(Target::Parent(user(), None))
        );
        assert_eq!(
            parse("Parent=foobar&TokenRevokeType=t1"),
            Ok(Target::Parent(user(), Some(label)))
        );
        assert_eq!(
            parse("Parent=federated/custom:Alice"),
            Ok(Target::Parent(
                Parent::Federated("custom:Alice".to_owned()),
                None
            ))
        );
    }

    #[test]
    fn other_combinations_are_refused() {
        for body in [
            "AccessKeyId=abc&Parent=foobar",
            "AccessKeyId=abc&FullRevoke=true",
            "TokenRevokeType=t1",
            "FullRevoke=true",
            "Parent=foobar&TokenRevokeType=t1&FullRevoke=true",
            "Parent=foobar&FullRevoke=false",
            "Parent=a",
            "Parent=federated/custom:a%0Ab",
            "Parent=federated/custom:a%E2%80%AEb",
            "Foo=1",
            &format!("Parent=federated/{}", "x".repeat(MAX_PARENT)),
        ] {
            assert!(parse(body).is_err(), "{body}");
        }
    }
}
