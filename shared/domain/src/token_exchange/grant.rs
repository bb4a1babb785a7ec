//! What a verified token is good for: policies, kept claims, and how long.

use std::collections::BTreeSet;

use clock::UnixTime;
use model::{PolicyName, SessionDuration, shown};
use serde_json::{Map, Value};
use store::{GROUPS_CLAIM, Grant, LongDurations, MissingPolicies, OpenIdProvider};

use super::verify::Verified;
use super::{ExchangeStore, TokenExchangeError};
use crate::call::Call;
use crate::record::Record;
use crate::session::{clamp_duration, parse_duration};

/// The longest session of these actions, in seconds.
const MAX_SECONDS: u32 = 43_200;

/// A token that ends sooner than this opens nothing, in seconds.
const MIN_LEFT: i64 = 60;

/// The most policies that a claim may name.
pub(super) const MAX_POLICIES: usize = 100;

/// How much of a name that is no policy's the audit trail has, in characters.
const MAX_SHOWN: usize = 128;

/// How long the session lasts: what is asked for, but not longer than the token, unless the
/// provider says that it may.
pub(super) fn duration<S>(
    call: &Call<'_, S>,
    verified: &Verified,
    requested: Option<&str>,
) -> Result<SessionDuration, TokenExchangeError> {
    let limits = [
        call.settings.max_session_seconds,
        verified.provider.max_session_seconds,
    ];
    let limit = limits.into_iter().flatten().fold(MAX_SECONDS, u32::min);
    let asked = match verified.provider.long_durations {
        LongDurations::Refuse => parse_duration(requested, limit)?,
        LongDurations::Clamp => clamp_duration(requested, limit)?,
    };
    let left = left_of(verified.claims.expires_at, call.now)?;
    if verified.provider.outlive_token {
        return Ok(asked);
    }
    Ok(asked.min(SessionDuration::from_secs(left)))
}

fn left_of(expires_at: UnixTime, now: UnixTime) -> Result<u32, TokenExchangeError> {
    let left = expires_at.since(now);
    if left < MIN_LEFT {
        return Err(TokenExchangeError::AlmostExpired);
    }
    Ok(u32::try_from(left).unwrap_or(u32::MAX))
}

/// The policies that the token's claim grants, fixed from now on; `None` for roles, whose
/// policies count as they are when the session is used. The record gets the names that are
/// no policy's.
pub(super) async fn policies<S: ExchangeStore>(
    call: &Call<'_, S>,
    verified: &Verified,
    record: &mut Record,
) -> Result<Option<Vec<PolicyName>>, TokenExchangeError> {
    use TokenExchangeError as E;
    let Grant::Claim(path) = &verified.provider.grant else {
        return Ok(None);
    };
    let claim = find(&verified.claims.all, path).and_then(named_policies);
    let named = claim.ok_or_else(|| E::PolicyClaim(path.clone()))?;
    // To leave some out might be to leave the one out that denies.
    if named.len() > MAX_POLICIES {
        return Err(E::TooManyPolicies(path.clone()));
    }
    let existing = existing(call, &named).await?;
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
    Ok(Some(existing))
}

/// Those of the names that are a policy's, in order.
async fn existing<S: ExchangeStore>(
    call: &Call<'_, S>,
    named: &BTreeSet<&str>,
) -> Result<Vec<PolicyName>, TokenExchangeError> {
    let possible = named
        .iter()
        .filter_map(|name| PolicyName::parse(*name).ok());
    let stored = call.store.policies(&possible.collect::<Vec<_>>()).await?;
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
pub(super) fn kept_claims(
    provider: &OpenIdProvider,
    claims: &Map<String, Value>,
) -> Map<String, Value> {
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
    kept
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

    #[test]
    fn t21_sessions_end_with_their_token() {
        let now = UnixTime::from_secs(1000);
        assert!(matches!(
            left_of(now.plus(59), now),
            Err(TokenExchangeError::AlmostExpired)
        ));
        assert_eq!(left_of(now.plus(60), now).unwrap(), 60);
        assert_eq!(
            left_of(UnixTime::from_secs(i64::MAX), now).unwrap(),
            u32::MAX
        );
    }
}
