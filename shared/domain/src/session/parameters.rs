//! The parameters that actions have in common, from the wire to what a session keeps.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use model::{PolicyName, RevokeType, SessionDuration, Tag, Violation};
use policy::{Kind, Policy, PolicyError};
use store::{ReadPolicies, SessionRequest, StoreError};

use crate::wire::{Parameters, QueryError, ValidationError, Validator};

/// The shortest session that a caller may ask for, in seconds.
pub const MIN_SECONDS: u32 = 900;

/// The most policies that `PolicyArns` may name.
const MAX_POLICY_ARNS: usize = 10;

/// Parameters that do not describe a session.
#[derive(Debug, thiserror::Error)]
pub enum ParameterError {
    /// Values that break their constraints.
    #[error(transparent)]
    Invalid(#[from] ValidationError),
    /// A session policy that is none.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// Lists and leftovers.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The policies could not be looked up.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A name in `PolicyArns` that is no stored policy.
    #[error("policy {0} does not exist")]
    UnknownPolicy(PolicyName),
}

impl ParameterError {
    /// Something mandatory is missing that the validator should have noted.
    pub fn incomplete() -> Self {
        Self::Invalid(ValidationError::single("A required parameter is missing"))
    }
}

/// The longest session, in seconds: the smallest of an action's limit and of those of the service
/// and of whom it is issued to, where they have one.
pub fn longest_of(action: u32, limits: [Option<u32>; 2]) -> u32 {
    limits.into_iter().flatten().fold(action, u32::min)
}

/// Takes `DurationSeconds`, from 900 to `limit`. Without it the session lasts an hour, or as
/// long as the limit allows.
pub fn take_duration(
    parameters: &mut Parameters,
    validator: &mut Validator,
    limit: u32,
) -> Option<SessionDuration> {
    let text = parameters.take("DurationSeconds");
    let text = text.as_ref().map(|t| t.as_str());
    note_duration(text, validator, limit, SessionDuration::parse)
}

/// Parses a `DurationSeconds` whose limit was not known when the parameters were taken.
pub fn parse_duration(text: Option<&str>, limit: u32) -> Result<SessionDuration, ValidationError> {
    judge_duration(text, limit, SessionDuration::parse)
}

/// Parses the same, but takes more than `limit` as the limit.
pub fn clamp_duration(text: Option<&str>, limit: u32) -> Result<SessionDuration, ValidationError> {
    judge_duration(text, limit, SessionDuration::parse_clamped)
}

fn judge_duration(
    text: Option<&str>,
    limit: u32,
    parse: ParseDuration,
) -> Result<SessionDuration, ValidationError> {
    let mut validator = Validator::default();
    let duration = note_duration(text, &mut validator, limit, parse);
    validator.finish()?;
    Ok(duration.unwrap_or(SessionDuration::DEFAULT))
}

/// Reads a `DurationSeconds` within a range.
type ParseDuration = fn(&str, RangeInclusive<u32>) -> Result<SessionDuration, Violation>;

fn note_duration(
    text: Option<&str>,
    validator: &mut Validator,
    limit: u32,
    parse: ParseDuration,
) -> Option<SessionDuration> {
    match text {
        None => Some(SessionDuration::DEFAULT.min(SessionDuration::from_secs(limit))),
        Some(text) => validator.optional("durationSeconds", Some(text), |t| {
            parse(t, MIN_SECONDS..=limit)
        }),
    }
}

/// Takes what narrows and labels a session of any action: `Policy`, `PolicyArns` and
/// `TokenRevokeType`. The policies are checked by [`check_policies`].
pub fn take_limits(
    parameters: &mut Parameters,
    validator: &mut Validator,
) -> Result<SessionRequest, QueryError> {
    let policy = parameters.take("Policy").map(|p| p.as_str().to_owned());
    if let Some(policy) = &policy {
        validator.note("policy", None, check_policy_length(policy));
    }
    let revoke_type = parameters.take("TokenRevokeType");
    Ok(SessionRequest {
        session_policy: policy,
        policy_arns: take_policy_arns(parameters, validator)?,
        revoke_type: validator.optional("tokenRevokeType", revoke_type.as_deref(), |t| {
            RevokeType::parse(t)
        }),
        ..SessionRequest::default()
    })
}

/// Takes `Tags` and `TransitiveTagKeys`.
pub fn take_tags(
    parameters: &mut Parameters,
    validator: &mut Validator,
    asked: &mut SessionRequest,
) -> Result<(), QueryError> {
    for mut member in parameters.take_members("Tags")? {
        let (key, value) = (member.remove("Key"), member.remove("Value"));
        let (Some(key), Some(value), true) = (key, value, member.is_empty()) else {
            return Err(QueryError::List("Tags".to_owned()));
        };
        asked.tags.extend(validator.note(
            "tags",
            Some(&key),
            Tag::parse(key.as_str(), value.as_str()),
        ));
    }
    for key in parameters.take_list("TransitiveTagKeys")? {
        let key = validator.note(
            "transitiveTagKeys",
            Some(&key),
            Tag::check_key(&key).map(|()| key.as_str().to_owned()),
        );
        asked.transitive_tag_keys.extend(key);
    }
    validator.note("tags", None, check_tags(&asked.tags));
    validator.note("transitiveTagKeys", None, check_transitive(asked));
    Ok(())
}

/// Parses the session policy.
pub fn check_session_policy(asked: &SessionRequest) -> Result<(), PolicyError> {
    match &asked.session_policy {
        None => Ok(()),
        Some(policy) => Policy::parse(policy, Kind::Session).map(|_| ()),
    }
}

/// Parses the session policy and looks up the policies that `PolicyArns` names.
pub async fn check_policies<S: ReadPolicies>(
    store: &S,
    asked: &SessionRequest,
) -> Result<(), ParameterError> {
    check_session_policy(asked)?;
    check_policy_arns(store, asked).await
}

/// Looks up the policies that `PolicyArns` names.
pub async fn check_policy_arns<S: ReadPolicies>(
    store: &S,
    asked: &SessionRequest,
) -> Result<(), ParameterError> {
    if asked.policy_arns.is_empty() {
        return Ok(());
    }
    let stored = store.policies(&asked.policy_arns).await?;
    let exists = |name: &&PolicyName| !stored.iter().any(|policy| policy.name == **name);
    match asked.policy_arns.iter().find(exists) {
        Some(missing) => Err(ParameterError::UnknownPolicy(missing.clone())),
        None => Ok(()),
    }
}

fn check_policy_length(policy: &str) -> Result<(), Violation> {
    Violation::check_length(policy, 1, Kind::Session.max_length())
}

/// Accepts `arn:aws:iam::aws:policy/NAME` and the bare name; a name stands for itself once.
fn take_policy_arns(
    parameters: &mut Parameters,
    validator: &mut Validator,
) -> Result<Vec<PolicyName>, QueryError> {
    let mut names: Vec<PolicyName> = Vec::new();
    for mut member in parameters.take_members("PolicyArns")? {
        let (Some(arn), true) = (member.remove("arn"), member.is_empty()) else {
            return Err(QueryError::List("PolicyArns".to_owned()));
        };
        let name = policy_of_arn(&arn).unwrap_or(&arn);
        let name = validator.optional("policyArns", Some(name), |t| PolicyName::parse(t));
        names.extend(name.filter(|n| !names.contains(n)));
    }
    if names.len() > MAX_POLICY_ARNS {
        validator.note(
            "policyArns",
            None,
            Err::<(), _>(Violation::too_long(MAX_POLICY_ARNS)),
        );
    }
    Ok(names)
}

/// The name in the ARN of a policy, which begins behind the first `:policy/`: names may have
/// colons and slashes themselves.
fn policy_of_arn(arn: &str) -> Option<&str> {
    let (head, name) = arn.split_once(":policy/")?;
    let mut parts = head.split(':');
    let [arn, _, service] = [parts.next()?, parts.next()?, parts.next()?];
    let is_arn = arn == "arn" && service == "iam" && parts.count() == 2;
    is_arn.then_some(name)
}

/// Keys that differ in case only are one key.
fn check_tags(tags: &[Tag]) -> Result<(), Violation> {
    if tags.len() > Tag::MAX_COUNT {
        return Err(Violation::too_long(Tag::MAX_COUNT));
    }
    let mut keys = HashSet::new();
    if !tags.iter().all(|tag| keys.insert(tag.key().to_lowercase())) {
        return Err(Violation::new("Member must not contain duplicate tag keys"));
    }
    Ok(())
}

/// Only a tag that is there is transitive.
fn check_transitive(asked: &SessionRequest) -> Result<(), Violation> {
    let keys = &asked.transitive_tag_keys;
    if keys.len() > Tag::MAX_COUNT {
        return Err(Violation::too_long(Tag::MAX_COUNT));
    }
    let is_there = |key: &String| {
        let mut tags = asked.tags.iter();
        tags.any(|tag| tag.key().to_lowercase() == key.to_lowercase())
    };
    if !keys.iter().all(is_there) {
        return Err(Violation::new("Member must contain keys of tags only"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_the_same_by_name_and_by_arn() {
        for name in [
            "readwrite",
            "a:policy/readwrite",
            "path/name",
            "arn:policy/x",
            "1Password IT",
            "x:y:z:policy/readonly",
        ] {
            assert_eq!(policy_of_arn(name), None, "{name}");
            for arn in [
                "arn:aws:iam::aws",
                "arn:minio:iam::",
                "arn:aws:iam::123456789012",
            ] {
                let arn = format!("{arn}:policy/{name}");
                assert_eq!(policy_of_arn(&arn), Some(name), "{arn}");
            }
        }
    }
}
