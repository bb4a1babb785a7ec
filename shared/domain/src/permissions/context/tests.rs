//! What is known of callers and requests.

use keys::Sealed;
use model::AccessKeyId;
use serde_json::json;
use store::{Authority, Parent};

use super::*;

fn session(claims: &Value, tags: Vec<Tag>) -> Caller {
    kept(claims, tags, None)
}

fn kept(claims: &Value, tags: Vec<Tag>, kept_claims: Option<&[&str]>) -> Caller {
    let claims = claims.as_object().unwrap().clone();
    let kept_claims = kept_claims.map(|names| names.iter().map(ToString::to_string).collect());
    Caller::Session(Box::new(Session {
        access_key: AccessKeyId::parse("ABCDEFGHIJKLMNOPQRST").unwrap(),
        secret: Sealed::from_bytes(Vec::new()),
        token_digest: [0; 32],
        parent: Parent::Federated("custom:Alice".to_owned()),
        principal_id: None,
        issued_at: UnixTime::from_secs(1_440_938_160),
        expires_at: UnixTime::from_secs(1_440_941_760),
        revoked_at: None,
        authority: Authority::Granted(Vec::new()),
        asked: SessionRequest {
            tags,
            ..SessionRequest::default()
        },
        claims: KeptClaims {
            values: claims,
            names: kept_claims,
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
    let context = context(&caller, Some(&facts), UnixTime::from_secs(1_440_938_170));
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
        Some(&RequestFacts::default()),
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

/// The answer about a key: its values, or whether it can be said to have none.
fn known(context: &Context, key: &str) -> Result<Vec<String>, ()> {
    let values = context.get(key).to_vec();
    context.is_known(key).then_some(values).ok_or(())
}

#[test]
fn of_claims_that_are_not_kept_nothing_is_known() {
    let claims = json!({"team": "red"});
    let facts = RequestFacts::default();
    let now = UnixTime::from_secs(0);
    let of = |caller: &Caller| context(caller, Some(&facts), now);
    let some = of(&kept(&claims, Vec::new(), Some(&["team", "dept"])));
    assert_eq!(known(&some, "jwt:team"), Ok(vec!["red".to_owned()]));
    assert_eq!(known(&some, "JWT:Dept"), Ok(vec![]));
    assert_eq!(known(&some, "jwt:email"), Err(()));
    assert_eq!(known(&some, "ldap:user"), Err(()));
    let all = of(&kept(&claims, Vec::new(), None));
    assert_eq!(known(&all, "jwt:email"), Ok(vec![]));
}

#[test]
fn of_claims_that_have_no_one_value_nothing_is_known() {
    let long = "x".repeat(MAX_CLAIM + 1);
    let claims = json!({
        "deep": {"a": 1}, "long": long, "mixed": ["a", {"b": 1}], "a.b": "c",
        "Team": "red", "team": "blue", "TEAM": "green", "numbers": [1, true], "none": null,
        "huge": 1e300, "fine": 0.123_456_789_1, "ldapa.b": "c", "count": -1.5,
    });
    let context = context(
        &session(&claims, Vec::new()),
        Some(&RequestFacts::default()),
        UnixTime::from_secs(0),
    );
    for key in [
        "jwt:deep",
        "jwt:long",
        "jwt:mixed",
        "jwt:a.b",
        "jwt:team",
        "jwt:huge",
        "jwt:fine",
        "jwt:ldapa.b",
        "ldap:a.b",
    ] {
        assert_eq!(known(&context, key), Err(()), "{key}");
    }
    assert_eq!(context.get("jwt:count"), ["-1.5"]);
    assert_eq!(context.get("jwt:numbers"), ["1", "true"]);
    assert_eq!(known(&context, "jwt:none"), Ok(vec![]));
}

#[test]
fn what_nobody_supplies_cannot_be_known() {
    let facts = RequestFacts::default();
    let now = UnixTime::from_secs(0);
    let caller = session(&json!({}), Vec::new());
    let seen = context(&caller, Some(&facts), now);
    let unseen = context(&caller, None, now);
    for key in [
        "aws:SourceIPs",
        "s3:prefxi",
        "aws:PrincipalOrgID",
        "aws:SourceIp",
    ] {
        assert!(!seen.is_known(key), "{key}");
    }
    for key in ["aws:SecureTransport", "aws:UserAgent", "aws:Referer"] {
        assert!(seen.is_known(key), "{key}");
        assert!(!unseen.is_known(key), "{key}");
    }
    for key in [
        "aws:PrincipalTag/team",
        "aws:RequestTag/team",
        "aws:SourceIdentity",
        "s3:prefix",
        "sts:ExternalId",
    ] {
        assert!(seen.is_known(key) && unseen.is_known(key), "{key}");
    }
}
