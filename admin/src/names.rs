//! Which names operators may give, and checks that what they name exists.

use std::collections::HashSet;
use std::hash::Hash;
use std::ops::RangeInclusive;

use shared::model::{AccessKeyId, PolicyName, SessionDuration};
use shared::store::dynamodb::DynamoStore;
use shared::store::{ReadGroups as _, ReadPolicies as _};

use crate::error::AdminError;

/// What a limit on the length of sessions may be, in seconds: from the shortest session to
/// the longest of any action.
pub(crate) const SESSION_SECONDS: RangeInclusive<i64> =
    900..=SessionDuration::LONGEST.secs() as i64;

/// The name of a user: IAM's characters for user names, less those that signatures exclude.
///
/// `:` would look like a federated parent, wildcards would match in policies, and `root` names
/// a whole account in principals.
pub(crate) fn user_name(name: &str) -> Result<AccessKeyId, AdminError> {
    let access_key = AccessKeyId::parse(name).map_err(|violation| AdminError::Name {
        kind: "user",
        name: name.to_owned(),
        violation,
    })?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "_+.@-".contains(c);
    if !name.chars().all(plain) || name.eq_ignore_ascii_case("root") {
        return Err(AdminError::Refused(format!(
            "user {name:?} cannot be: names have characters of A-Za-z0-9_+.@- and root is reserved"
        )));
    }
    Ok(access_key)
}

/// The name of a policy.
pub(crate) fn policy_name(name: &str) -> Result<PolicyName, AdminError> {
    PolicyName::parse(name).map_err(|violation| AdminError::Name {
        kind: "policy",
        name: name.to_owned(),
        violation,
    })
}

/// The names of policies, each once.
pub(crate) fn policy_names(names: &[String]) -> Result<Vec<PolicyName>, AdminError> {
    let names: Result<Vec<_>, _> = names.iter().map(|n| policy_name(n)).collect();
    Ok(unique(names?))
}

/// The policies of a role, of which there is at least one.
pub(crate) fn role_policies(names: &[String]) -> Result<Vec<PolicyName>, AdminError> {
    if names.is_empty() {
        return Err(AdminError::Refused(
            "role_policies must name at least one policy".to_owned(),
        ));
    }
    policy_names(names)
}

/// The name of a group, under the rule for policies.
pub(crate) fn group_name(name: &str) -> Result<String, AdminError> {
    match PolicyName::parse(name) {
        Ok(_) => Ok(name.to_owned()),
        Err(violation) => Err(AdminError::Name {
            kind: "group",
            name: name.to_owned(),
            violation,
        }),
    }
}

/// The name of a plugin or provider, which is a part of other names.
pub(crate) fn item_name(kind: &'static str, name: &str) -> Result<String, AdminError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_+=.@:/-".contains(c);
    if !(1..=128).contains(&name.len()) || !name.chars().all(plain) {
        return Err(AdminError::Refused(format!(
            "{kind} {name:?} cannot be: names have 1 to 128 characters of A-Za-z0-9_+=.@:/-"
        )));
    }
    Ok(name.to_owned())
}

/// A URL as operators see it, without the query.
pub(crate) fn visible_url(url: &str) -> String {
    match url.split_once('?') {
        Some((place, _)) => format!("{place}?..."),
        None => url.to_owned(),
    }
}

/// Refuses a limit on the length of sessions that no session could have.
pub(crate) fn check_seconds(
    whose: &str,
    seconds: Option<u32>,
    allowed: RangeInclusive<i64>,
) -> Result<(), AdminError> {
    match seconds {
        Some(seconds) if !allowed.contains(&i64::from(seconds)) => {
            Err(AdminError::Refused(format!(
                "{whose}: max_session_seconds must be {} to {}",
                allowed.start(),
                allowed.end()
            )))
        }
        _ => Ok(()),
    }
}

/// The members of a list as `MinIO` writes it into one value.
pub(crate) fn comma_separated(list: &str) -> Vec<String> {
    let members = list.split(',').map(str::trim).filter(|m| !m.is_empty());
    members.map(str::to_owned).collect()
}

/// Leaves out what came before.
pub(crate) fn unique<T: Clone + Eq + Hash>(values: Vec<T>) -> Vec<T> {
    let mut seen = HashSet::new();
    values
        .into_iter()
        .filter(|v| seen.insert(v.clone()))
        .collect()
}

/// Refuses names of policies that are not stored.
pub(crate) async fn require_policies(
    store: &DynamoStore,
    names: &[PolicyName],
) -> Result<(), AdminError> {
    let stored = store.policies(names).await?;
    match names.iter().find(|n| !stored.iter().any(|p| p.name == **n)) {
        Some(name) => Err(missing("policy", name)),
        None => Ok(()),
    }
}

/// Refuses names of groups that are not stored.
pub(crate) async fn require_groups(
    store: &DynamoStore,
    names: &[String],
) -> Result<(), AdminError> {
    let stored = store.groups(names).await?;
    match names.iter().find(|n| !stored.iter().any(|g| g.name == **n)) {
        Some(name) => Err(missing("group", name)),
        None => Ok(()),
    }
}

/// The error for what is not there.
pub(crate) fn missing(kind: &'static str, name: &(impl ToString + ?Sized)) -> AdminError {
    AdminError::Missing {
        kind,
        name: name.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t11_reserved_names_are_refused() {
        for name in [
            "root",
            "Root",
            "custom:alice",
            "a*",
            "a?c",
            "a/b",
            "a,b",
            "a=b",
            "a#0",
            "a b",
            "${aws:username}",
            "ab",
            "",
        ] {
            assert!(user_name(name).is_err(), "{name}");
        }
        for name in [
            "foobar",
            "svc@example.com",
            "AKIAIOSFODNN7EXAMPLE",
            "a+b_c.d-e",
        ] {
            assert!(user_name(name).is_ok(), "{name}");
        }
    }
}
