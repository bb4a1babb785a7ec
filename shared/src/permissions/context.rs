//! The request context of a decision: what is known about caller and request.
//!
//! Keys of the platform (`aws:`, `sts:`) come from what this service has verified. Claims of
//! an identity provider stand under `jwt:` and `ldap:` only, whatever their names.

use serde_json::{Map, Value};

use crate::auth::Caller;
use crate::clock::UnixTime;
use crate::policy::Context;
use crate::store::Session;

/// The longest claim value that policies see, in bytes.
const MAX_CLAIM: usize = 2048;

/// What is known of a request besides who makes it.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestFacts<'a> {
    /// The peer's address as the gateway saw it.
    pub source_ip: Option<&'a str>,
    /// Whether the request came over TLS.
    pub secure_transport: bool,
    /// The `User-Agent` header.
    pub user_agent: Option<&'a str>,
    /// The `Referer` header.
    pub referer: Option<&'a str>,
}

/// The context of a request that `caller` makes at `now`.
pub fn context(caller: &Caller, facts: &RequestFacts<'_>, now: UnixTime) -> Context {
    match caller {
        Caller::User(user) => of_principal((user.access_key.as_str(), "User"), facts, now),
        Caller::Session(session) => {
            let name = session.parent.name();
            let mut context = of_principal((name, "AssumedRole"), facts, now);
            add_session(&mut context, session);
            context
        }
    }
}

/// The context of a request at `now` by somebody of that name who has shown an identity
/// provider's proof, and has no session yet.
pub fn federated_context(
    name: &str,
    claims: &Map<String, Value>,
    facts: &RequestFacts<'_>,
    now: UnixTime,
) -> Context {
    let mut context = of_principal((name, "FederatedUser"), facts, now);
    add_claims(&mut context, claims);
    context
}

fn of_principal((name, kind): (&str, &str), facts: &RequestFacts<'_>, now: UnixTime) -> Context {
    let mut context = Context::new();
    context
        .set("aws:CurrentTime", now.iso8601())
        .set("aws:EpochTime", now.secs().to_string())
        .set("aws:SecureTransport", facts.secure_transport.to_string());
    let optional = [
        ("aws:SourceIp", facts.source_ip),
        ("aws:UserAgent", facts.user_agent),
        ("aws:Referer", facts.referer),
    ];
    for (key, value) in optional {
        if let Some(value) = value {
            context.set(key, value);
        }
    }
    context
        .set("aws:username", name)
        .set("aws:userid", name)
        .set("aws:principaltype", kind);
    context
}

fn add_session(context: &mut Context, session: &Session) {
    context.set("aws:TokenIssueTime", session.issued_at.iso8601());
    if let Some(identity) = &session.details.source_identity {
        context.set("aws:SourceIdentity", identity.as_str());
    }
    for tag in &session.details.tags {
        context.set(&format!("aws:PrincipalTag/{}", tag.key()), tag.value());
    }
    add_claims(context, &session.details.claims);
}

fn add_claims(context: &mut Context, claims: &Map<String, Value>) {
    for (name, value) in claims {
        // A colon or a dot of the provider's choosing must not reach another key's name space.
        let plain = name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        if plain {
            add_claim(context, name, value);
        }
    }
}

fn add_claim(context: &mut Context, name: &str, value: &Value) {
    let key = match name.strip_prefix("ldap") {
        Some(rest) if !rest.is_empty() => format!("ldap:{}", rest.to_ascii_lowercase()),
        _ => format!("jwt:{name}"),
    };
    match value {
        Value::String(text) if text.len() <= MAX_CLAIM => {
            context.set(&key, text.as_str());
        }
        Value::Number(number) => {
            context.set(&key, number.to_string());
        }
        Value::Bool(flag) => {
            context.set(&key, flag.to_string());
        }
        Value::Array(list) => {
            let texts = list
                .iter()
                .filter_map(Value::as_str)
                .filter(|text| text.len() <= MAX_CLAIM);
            context.set_all(&key, texts);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::keys::Sealed;
    use crate::model::{AccessKeyId, Tag};
    use crate::store::{Parent, SessionDetails};

    fn session(claims: &Value, tags: Vec<Tag>) -> Caller {
        let claims: Map<String, Value> = claims.as_object().unwrap().clone();
        Caller::Session(Box::new(Session {
            access_key: AccessKeyId::parse("ABCDEFGHIJKLMNOPQRST").unwrap(),
            secret: Sealed::from_bytes(Vec::new()),
            token_digest: [0; 32],
            parent: Parent::Federated("custom:Alice".to_owned()),
            principal_id: None,
            issued_at: UnixTime::from_secs(1_440_938_160),
            expires_at: UnixTime::from_secs(1_440_941_760),
            revoked_at: None,
            details: SessionDetails {
                tags,
                claims,
                ..SessionDetails::default()
            },
        }))
    }

    #[test]
    fn callers_and_requests_have_their_keys() {
        let tags = vec![Tag::parse("team", "red").unwrap()];
        let caller = session(
            &json!({"groups": ["a", "b"], "sub": "alice", "ldapUser": "cn=a", "n": 7}),
            tags,
        );
        let facts = RequestFacts {
            source_ip: Some("192.0.2.1"),
            secure_transport: true,
            ..RequestFacts::default()
        };
        let context = context(&caller, &facts, UnixTime::from_secs(1_440_938_170));
        for (key, values) in [
            ("aws:username", vec!["custom:Alice"]),
            ("aws:principaltype", vec!["AssumedRole"]),
            ("aws:TokenIssueTime", vec!["2015-08-30T12:36:00Z"]),
            ("aws:CurrentTime", vec!["2015-08-30T12:36:10Z"]),
            ("aws:EpochTime", vec!["1440938170"]),
            ("aws:SourceIp", vec!["192.0.2.1"]),
            ("aws:SecureTransport", vec!["true"]),
            ("aws:PrincipalTag/team", vec!["red"]),
            ("jwt:groups", vec!["a", "b"]),
            ("jwt:sub", vec!["alice"]),
            ("jwt:n", vec!["7"]),
            ("ldap:user", vec!["cn=a"]),
            ("aws:UserAgent", vec![]),
        ] {
            assert_eq!(context.get(key), values, "{key}");
        }
    }

    #[test]
    fn t26_claims_never_set_keys_of_the_platform() {
        let claims = json!({
            "aws:userid": "root", "aws:PrincipalArn": "x", "aws:PrincipalTag/x": "y", "is_admin": "true",
            "parent": "root", "a.b": "c", "username": "root", "sub": "${jwt:sub}",
        });
        let context = context(
            &session(&claims, Vec::new()),
            &RequestFacts::default(),
            UnixTime::from_secs(0),
        );
        assert_eq!(context.get("aws:userid"), ["custom:Alice"]);
        assert_eq!(context.get("aws:username"), ["custom:Alice"]);
        for key in [
            "aws:PrincipalArn",
            "aws:PrincipalTag/x",
            "jwt:aws:userid",
            "jwt:a.b",
            "ldap:",
        ] {
            assert!(context.get(key).is_empty(), "{key}");
        }
        assert_eq!(context.get("jwt:username"), ["root"]);
        assert_eq!(context.get("jwt:sub"), ["${jwt:sub}"]);
    }
}
