//! What a verified token is good for: policies and kept claims.

use std::collections::BTreeSet;

use model::{PolicyName, shown};
use serde_json::{Map, Value};
use store::{GROUPS_CLAIM, Grant, KeptClaims, MissingPolicies, OpenIdProvider, ReadPolicies};

use super::ExchangeError;
use super::verify::VerifiedToken;
use crate::record::Record;

/// The most policies that a claim may name.
pub const MAX_POLICIES: usize = 100;

/// How much of a name that is no policy's the audit trail has, in characters.
const MAX_SHOWN: usize = 128;

/// The policies that the token's claim grants, fixed from now on, or those of the role at first.
/// The record gets the names that are no policy's.
pub(super) async fn policies<S: ReadPolicies>(
    store: &S,
    verified: &VerifiedToken,
    record: &mut Record,
) -> Result<Vec<PolicyName>, ExchangeError> {
    use ExchangeError as E;
    let path = match &verified.provider.grant {
        Grant::Claim(path) => path,
        Grant::Role(policies) => return Ok(policies.clone()),
    };
    let claim = find(&verified.claims.all, path).and_then(named_policies);
    let named = claim.ok_or_else(|| E::PolicyClaim(path.clone()))?;
    // To leave some out might be to leave the one out that denies.
    if named.len() > MAX_POLICIES {
        return Err(E::TooManyPolicies(path.clone()));
    }
    let existing = existing(store, &named).await?;
    let missing = named
        .into_iter()
        .filter(|name| !existing.iter().any(|policy| policy.as_str() == *name));
    let missing: Vec<String> = missing.map(|name| shown(name, MAX_SHOWN)).collect();
    let refused = match verified.provider.missing_policies {
        MissingPolicies::Refuse => !missing.is_empty(),
        MissingPolicies::Skip => false,
    };
    // A claim that names nothing known is perhaps none of policies, and not the log's to tell.
    if existing.is_empty() && !refused {
        return Err(E::NoPolicy(path.clone()));
    }
    record.missing_policies = missing;
    if refused {
        return Err(E::MissingPolicies(path.clone()));
    }
    Ok(existing)
}

/// Those of the names that are a policy's, in order.
async fn existing<S: ReadPolicies>(
    store: &S,
    named: &BTreeSet<&str>,
) -> Result<Vec<PolicyName>, ExchangeError> {
    let possible = named
        .iter()
        .filter_map(|name| PolicyName::parse(*name).ok());
    let stored = store.policies(&possible.collect::<Vec<_>>()).await?;
    let mut existing: Vec<PolicyName> = stored.into_iter().map(|policy| policy.name).collect();
    existing.sort_unstable();
    Ok(existing)
}

/// A list separated by commas, or an array of such.
fn named_policies(claim: &Value) -> Option<BTreeSet<&str>> {
    let texts: Vec<&str> = match claim {
        Value::String(text) => vec![text],
        Value::Array(list) => list.iter().map(Value::as_str).collect::<Option<_>>()?,
        _ => return None,
    };
    let names = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
    Some(names.filter(|name| !name.is_empty()).collect())
}

/// The claim of that name; else a dotted path into nested claims.
fn find<'a>(claims: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    claims.get(path).or_else(|| {
        let (first, rest) = path.split_once('.')?;
        find(claims.get(first)?.as_object()?, rest)
    })
}

/// The claims that are kept for policies and audit.
pub(super) fn kept_claims(provider: &OpenIdProvider, claims: &Map<String, Value>) -> KeptClaims {
    let kept = provider
        .kept_claims
        .iter()
        .filter_map(|name| Some((name.clone(), claims.get(name)?.clone())));
    let mut kept: Map<String, Value> = kept.collect();
    if let Some(path) = &provider.groups_claim {
        // Another claim that happens to have the name says nothing of groups.
        kept.remove(GROUPS_CLAIM);
        kept.extend(find(claims, path).map(|groups| (GROUPS_CLAIM.to_owned(), groups.clone())));
    }
    KeptClaims {
        values: kept,
        names: Some(provider.kept_claim_names()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn policy_claims_are_lists_in_either_form() {
        let names = |claim: &Value| {
            let names = named_policies(claim)?.into_iter();
            Some(names.map(str::to_owned).collect::<Vec<_>>())
        };
        assert_eq!(names(&json!("b, a,,a")).unwrap(), ["a", "b"]);
        assert_eq!(names(&json!(["b,c", "a"])).unwrap(), ["a", "b", "c"]);
        assert_eq!(
            names(&json!("1Password IT , a")).unwrap(),
            ["1Password IT", "a"]
        );
        assert_eq!(names(&json!("")).unwrap(), Vec::<String>::new());
        assert_eq!(names(&json!("?,good")).unwrap(), ["?", "good"]);
        for claim in [
            json!(1),
            json!(null),
            json!({"a": 1}),
            json!(["a", 1]),
            json!(["a", null]),
            json!(["a", ["b"]]),
        ] {
            assert_eq!(names(&claim), None, "{claim}");
        }
    }

    #[test]
    fn dotted_paths_reach_nested_claims() {
        let claims = json!({"a": {"b": {"c": 1}}, "x.y": 2, "https://e.com/p": 3, "a.b": {"d": 4}});
        let claims = claims.as_object().unwrap();
        assert_eq!(find(claims, "a.b.c"), Some(&json!(1)));
        assert_eq!(find(claims, "x.y"), Some(&json!(2)));
        assert_eq!(find(claims, "https://e.com/p"), Some(&json!(3)));
        assert_eq!(find(claims, "a.c"), None);
    }
}
