//! Which names operators may give.

use std::collections::HashSet;
use std::hash::Hash;

use model::{AccessKeyId, PolicyName, Violation};

use crate::error::Error;

/// The name of a user: IAM's characters for user names, less those that signatures exclude.
///
/// `:` would look like a federated parent, wildcards would match in policies, and `root` names
/// a whole account in principals.
pub fn user_name(name: &str) -> Result<AccessKeyId, Error> {
    let access_key = AccessKeyId::parse(name).map_err(|v| invalid("user", name, v))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "_+.@-".contains(c);
    if !name.chars().all(plain) || name.eq_ignore_ascii_case("root") {
        return Err(Error::Invalid(format!(
            "user {name:?} cannot be: names have characters of A-Za-z0-9_+.@- and root is reserved"
        )));
    }
    Ok(access_key)
}

/// The name of a policy.
pub fn policy_name(name: &str) -> Result<PolicyName, Error> {
    PolicyName::parse(name).map_err(|v| invalid("policy", name, v))
}

/// The names of policies, each once.
pub fn policy_names(names: &[String]) -> Result<Vec<PolicyName>, Error> {
    let names: Result<Vec<_>, _> = names.iter().map(|n| policy_name(n)).collect();
    Ok(unique(names?))
}

/// The name of a group, under the rule for policies.
pub fn group_name(name: &str) -> Result<String, Error> {
    match PolicyName::parse(name) {
        Ok(_) => Ok(name.to_owned()),
        Err(violation) => Err(invalid("group", name, violation)),
    }
}

/// Refuses what cannot be the name of a plugin or provider, which is a part of other names.
pub(crate) fn check_item_name(kind: &'static str, name: &str) -> Result<(), Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_+=.@:/-".contains(c);
    if (1..=128).contains(&name.len()) && name.chars().all(plain) {
        return Ok(());
    }
    Err(Error::Invalid(format!(
        "{kind} {name:?} cannot be: names have 1 to 128 characters of A-Za-z0-9_+=.@:/-"
    )))
}

/// A URL as operators see it: without the query, which may hold a secret.
pub fn visible_url(url: &str) -> String {
    match url.split_once('?') {
        Some((place, _)) => format!("{place}?..."),
        None => url.to_owned(),
    }
}

/// Leaves out what came before.
pub fn unique<T: Clone + Eq + Hash>(values: Vec<T>) -> Vec<T> {
    let mut seen = HashSet::new();
    values
        .into_iter()
        .filter(|v| seen.insert(v.clone()))
        .collect()
}

fn invalid(kind: &'static str, name: &str, violation: Violation) -> Error {
    Error::Name {
        kind,
        name: name.to_owned(),
        violation,
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
