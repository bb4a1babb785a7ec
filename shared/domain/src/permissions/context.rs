//! The request context of a decision: what is known about caller and request.
//!
//! Keys of the platform (`aws:`, `sts:`) come from what this service has verified. Claims of
//! an identity provider stand under `jwt:` and `ldap:` only, whatever their names. What is
//! neither listed here nor kept of the provider's claims cannot be known, see [`Context`].

use std::collections::HashSet;

use clock::UnixTime;
use model::{ExternalId, RoleSessionName, SourceIdentity, Tag};
use policy::{Context, Keys, is_among, is_decimal, is_supplied_by};
use serde_json::Value;
use store::{KeptClaims, Session, SessionRequest};

use crate::caller::Caller;
use crate::request::RequestFacts;

/// The longest claim value that policies see, in bytes.
const MAX_CLAIM: usize = 2048;

/// Keys of callers and time, which are known of every caller.
const OF_CALLERS: Keys = &[
    "aws:currenttime",
    "aws:epochtime",
    "aws:principaltag/",
    "aws:principaltype",
    "aws:sourceidentity",
    "aws:tokenissuetime",
    "aws:userid",
    "aws:username",
];

/// Keys of the request, which are known to whoever has received it.
const OF_REQUESTS: Keys = &["aws:referer", "aws:securetransport", "aws:useragent"];

/// The key of the peer's address, which cannot be known where it is missing.
const OF_ADDRESSES: Keys = &["aws:sourceip"];

/// Keys of a request for a session; absent from all others.
const OF_SESSION_REQUESTS: Keys = &[
    "aws:requesttag/",
    "aws:tagkeys",
    "sts:durationseconds",
    "sts:externalid",
    "sts:rolesessionname",
    "sts:sourceidentity",
    "sts:transitivetagkeys",
];

/// Actions whose requests have them.
const SESSION_ACTIONS: [&str; 6] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithClientGrants",
    "sts:AssumeRoleWithCustomToken",
    "sts:AssumeRoleWithWebIdentity",
    "sts:SetSourceIdentity",
    "sts:TagSession",
];

/// Keys of an identity provider's claims.
const OF_CLAIMS: Keys = &["jwt:", "ldap:"];

/// Keys of requests of which somebody here sees all.
const ANYBODY: [Keys; 6] = [
    OF_CALLERS,
    OF_REQUESTS,
    OF_ADDRESSES,
    OF_SESSION_REQUESTS,
    OF_CLAIMS,
    s3::KEYS,
];

/// Whether somebody here supplies a key, in whatever case, for some request: a guard, or this
/// service when it is asked for a session. Of claims that depends on the provider.
pub fn is_supplied(key: &str) -> bool {
    ANYBODY.iter().any(|keys| is_supplied_by(key, keys))
}

/// Whether a key in lower case is that of an identity provider's claim.
pub fn is_of_claims(key: &str) -> bool {
    is_among(key, OF_CLAIMS)
}

/// The actions whose requests have a key in lower case; none if all have it, or if no request
/// does.
pub fn actions_with(key: &str) -> Vec<&'static str> {
    if is_among(key, OF_SESSION_REQUESTS) {
        SESSION_ACTIONS.to_vec()
    } else {
        s3::actions_with(key).collect()
    }
}

/// An empty context of a request that is only imagined: whatever somebody here supplies for some
/// request is absent unless it is set, and the rest cannot be known.
pub fn imagined() -> Context {
    let mut context = Context::supplied_by(&[]);
    for keys in ANYBODY {
        context.supply(keys);
    }
    context
}

/// The context of a request that `caller` makes at `now`; without `facts` nobody has seen it.
pub fn context(caller: &Caller, facts: Option<&RequestFacts<'_>>, now: UnixTime) -> Context {
    match caller {
        Caller::User(user) => {
            let mut context = of_principal((user.access_key.as_str(), "User"), facts, now);
            context.supply(OF_CLAIMS);
            context
        }
        Caller::Session(session) => {
            let name = session.parent.name();
            let mut context = of_principal((name, "AssumedRole"), facts, now);
            add_session(&mut context, session);
            context
        }
    }
}

/// The context of a request at `now` by somebody of that name who has shown an identity
/// provider's proof, and has no session yet. `claims` are those that it will have.
pub fn federated_context(
    name: &str,
    claims: &KeptClaims,
    facts: &RequestFacts<'_>,
    now: UnixTime,
) -> Context {
    let mut context = of_principal((name, "FederatedUser"), Some(facts), now);
    add_claims(&mut context, claims);
    context
}

/// Adds what is asked for: how long a session of that many seconds lasts, and what it brings.
pub(super) fn add_session_request(context: &mut Context, asked: &SessionRequest, seconds: u32) {
    let external_id = asked.external_id.as_ref();
    let session_name = asked.role_session_name.as_ref();
    let source_identity = asked.source_identity.as_ref();
    context.set("sts:DurationSeconds", seconds.to_string());
    let optional = [
        ("sts:ExternalId", external_id.map(ExternalId::as_str)),
        (
            "sts:RoleSessionName",
            session_name.map(RoleSessionName::as_str),
        ),
        (
            "sts:SourceIdentity",
            source_identity.map(SourceIdentity::as_str),
        ),
    ];
    set_known(context, &optional);
    for tag in &asked.tags {
        context.set(&format!("aws:RequestTag/{}", tag.key()), tag.value());
    }
    let transitive = asked.transitive_tag_keys.iter().map(String::as_str);
    context
        .set_all("aws:TagKeys", asked.tags.iter().map(Tag::key))
        .set_all("sts:TransitiveTagKeys", transitive);
}

fn of_principal(
    (name, kind): (&str, &str),
    facts: Option<&RequestFacts<'_>>,
    now: UnixTime,
) -> Context {
    let mut context = Context::supplied_by(OF_CALLERS);
    context
        .supply(OF_SESSION_REQUESTS)
        .supply(s3::KEYS)
        .set("aws:CurrentTime", now.iso8601())
        .set("aws:EpochTime", now.secs().to_string())
        .set("aws:username", name)
        .set("aws:userid", name)
        .set("aws:principaltype", kind);
    if let Some(facts) = facts {
        add_request(&mut context, facts);
    }
    context
}

fn add_request(context: &mut Context, facts: &RequestFacts<'_>) {
    context
        .supply(OF_REQUESTS)
        .set("aws:SecureTransport", facts.secure_transport.to_string());
    let optional = [
        ("aws:SourceIp", facts.source_ip),
        ("aws:UserAgent", facts.user_agent),
        ("aws:Referer", facts.referer),
    ];
    set_known(context, &optional);
}

fn set_known(context: &mut Context, optional: &[(&str, Option<&str>)]) {
    for (key, value) in optional {
        if let Some(value) = value {
            context.set(key, *value);
        }
    }
}

fn add_session(context: &mut Context, session: &Session) {
    context.set("aws:TokenIssueTime", session.issued_at.iso8601());
    if let Some(identity) = &session.asked.source_identity {
        context.set("aws:SourceIdentity", identity.as_str());
    }
    for tag in &session.asked.tags {
        context.set(&format!("aws:PrincipalTag/{}", tag.key()), tag.value());
    }
    add_claims(context, &session.claims);
}

/// Adds the claims that are kept. Of the others nothing is known, unless all are kept.
fn add_claims(context: &mut Context, claims: &KeptClaims) {
    match &claims.names {
        None => {
            context.supply(OF_CLAIMS);
        }
        Some(kept) => {
            let absent = kept
                .iter()
                .filter(|name| !claims.values.contains_key(*name));
            for key in absent.filter_map(|name| claim_key(name)) {
                context.set_all::<&str>(&key, []);
            }
        }
    }
    let mut seen = HashSet::new();
    for (name, value) in &claims.values {
        match (claim_key(name), claim_value(value)) {
            // Names that differ in case only are one key, and none of their values is it.
            (Some(key), _) if !seen.insert(key.to_lowercase()) => {
                context.remove(&key).withhold(&key);
            }
            (Some(key), Some(ClaimValue::One(value))) => {
                context.set(&key, value);
            }
            (Some(key), Some(ClaimValue::Many(values))) => {
                context.set_all(&key, values);
            }
            (Some(key), None) => {
                context.withhold(&key);
            }
            (None, _) => {
                context.withhold(&format!("jwt:{name}"));
                if let Some(rest) = name.strip_prefix("ldap") {
                    context.withhold(&format!("ldap:{rest}"));
                }
            }
        }
    }
}

/// The condition key of a claim; `None` if no condition can ask about it. A colon or a dot of the
/// provider's choosing must not reach another key's name space.
pub fn claim_key(name: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if name.is_empty() || !name.chars().all(is_plain) {
        return None;
    }
    match name.strip_prefix("ldap") {
        Some(rest) if !rest.is_empty() => Some(format!("ldap:{}", rest.to_ascii_lowercase())),
        _ => Some(format!("jwt:{name}")),
    }
}

/// What policies see of a claim.
enum ClaimValue {
    One(String),
    Many(Vec<String>),
}

/// The whole of a claim, or nothing: a list of which a part is left out would hide from a Deny
/// what it asks about.
fn claim_value(value: &Value) -> Option<ClaimValue> {
    match value {
        Value::Array(list) => {
            let texts: Option<Vec<String>> = list.iter().map(claim_text).collect();
            texts.map(ClaimValue::Many)
        }
        Value::Null => Some(ClaimValue::Many(Vec::new())),
        value => claim_text(value).map(ClaimValue::One),
    }
}

fn claim_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.len() <= MAX_CLAIM => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()).filter(|text| is_decimal(text)),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
