//! What a verified token is good for: policies, kept claims, and how long.

use serde_json::{Map, Value};

use super::verify::Verified;
use super::{ExchangeStore, TokenExchangeError};
use crate::call::Call;
use crate::clock::UnixTime;
use crate::model::{PolicyName, SessionDuration};
use crate::session::parse_duration;
use crate::store::{Grant, OpenIdProvider};

/// The longest session of these actions, in seconds.
const MAX_SECONDS: u32 = 43_200;

/// A token that ends sooner than this opens nothing, in seconds.
const MIN_LEFT: i64 = 60;

/// The most policies that a claim may name.
const MAX_POLICIES: usize = 100;

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
    let asked = parse_duration(requested, limit)?;
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
/// policies count as they are when the session is used.
pub(super) async fn policies<S: ExchangeStore>(
    call: &Call<'_, S>,
    verified: &Verified,
) -> Result<Option<Vec<PolicyName>>, TokenExchangeError> {
    let Grant::Claim(path) = &verified.provider.grant else {
        return Ok(None);
    };
    let claim = || TokenExchangeError::PolicyClaim(path.clone());
    let named =
        named_policies(find(&verified.claims.all, path).ok_or_else(claim)?).ok_or_else(claim)?;
    let mut existing: Vec<PolicyName> = call
        .store
        .policies(&named)
        .await?
        .into_iter()
        .map(|policy| policy.name)
        .collect();
    if existing.is_empty() {
        return Err(TokenExchangeError::NoPolicy(path.clone()));
    }
    existing.sort_unstable();
    Ok(Some(existing))
}

/// A list separated by commas, or an array of such; what can be no policy's name is ignored.
fn named_policies(claim: &Value) -> Option<Vec<PolicyName>> {
    let texts: Vec<&str> = match claim {
        Value::String(text) => vec![text],
        Value::Array(list) => list.iter().map(Value::as_str).collect::<Option<_>>()?,
        _ => return None,
    };
    let names = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
    let mut names: Vec<PolicyName> = names
        .filter_map(|name| PolicyName::parse(name).ok())
        .collect();
    names.sort_unstable();
    names.dedup();
    names.truncate(MAX_POLICIES);
    Some(names)
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
    if let Some(groups) = provider
        .groups_claim
        .as_ref()
        .and_then(|path| find(claims, path))
    {
        kept.insert("groups".to_owned(), groups.clone());
    }
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(claim: &Value) -> Option<Vec<String>> {
        named_policies(claim).map(|names| names.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn policy_claims_are_lists_in_either_form() {
        assert_eq!(names(&json!("b, a,,a")).unwrap(), ["a", "b"]);
        assert_eq!(names(&json!(["b,c", "a"])).unwrap(), ["a", "b", "c"]);
        assert_eq!(
            names(&json!("1Password IT , a")).unwrap(),
            ["1Password IT", "a"]
        );
        assert_eq!(names(&json!("")).unwrap(), Vec::<String>::new());
        assert_eq!(names(&json!("bad\tname,good")).unwrap(), ["good"]);
        for claim in [json!(1), json!(null), json!({"a": 1}), json!(["a", 1])] {
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
