use keys::Sealed;
use model::{AccessKeyId, RoleArn, UniqueId};
use policy::Context;
use serde_json::json;
use store::{Authority, IssueLimits, KeptClaims, SessionRequest, Status, User};

use super::*;
use crate::permissions::query;

fn session(parent: Parent, claims: Value) -> Caller {
    let Value::Object(claims) = claims else {
        panic!("an object")
    };
    Caller::Session(Box::new(Session {
        access_key: AccessKeyId::parse("ABCDEFGHIJKLMNOPQRST").unwrap(),
        secret: Sealed::from_bytes(Vec::new()),
        token_digest: [0; 32],
        parent,
        principal_id: None,
        issued_at: UnixTime::from_secs(1000),
        expires_at: UnixTime::from_secs(4600),
        revoked_at: None,
        authority: Authority::Role(RoleArn::parse("arn:minio:iam:::role/idmp-test").unwrap()),
        asked: SessionRequest::default(),
        claims: KeptClaims {
            values: claims,
            names: None,
        },
    }))
}

fn user() -> Caller {
    Caller::User(User {
        id: UniqueId::parse("AIDAAAAAAAAAAAAAAAAAA").unwrap(),
        access_key: AccessKeyId::parse("foobar").unwrap(),
        secret: Sealed::from_bytes(Vec::new()),
        status: Status::Enabled,
        policies: Vec::new(),
        groups: Vec::new(),
        max_session_seconds: None,
        limits: IssueLimits::default(),
    })
}

fn question(caller: &Caller, resource: &str) -> Value {
    let subject = Subject::new(caller, &["team".to_owned()]);
    let mut context = Context::new();
    context.set("aws:SourceIp", "192.0.2.1");
    context.set_all("s3:prefix", ["a", "b"]);
    let query = query("s3:GetObject", resource, &context);
    serde_json::to_value(Question::new(&subject, &query)).unwrap()
}

#[test]
fn a_user_is_asked_about_in_the_names_of_minio() {
    assert_eq!(
        question(&user(), "arn:aws:s3:::bucket/a/b.txt"),
        json!({"input": {
            "account": "foobar", "groups": ["team"], "claims": {}, "owner": false,
            "action": "s3:GetObject", "bucket": "bucket", "object": "a/b.txt",
            "resource": "arn:aws:s3:::bucket/a/b.txt",
            "conditions": {"aws:sourceip": ["192.0.2.1"], "s3:prefix": ["a", "b"]},
        }})
    );
}

#[test]
fn bucket_and_object_follow_from_the_resource() {
    for (resource, bucket, object) in [
        ("arn:aws:s3:::bucket", "bucket", ""),
        ("arn:aws:s3:::bucket/a", "bucket", "a"),
        ("arn:aws:s3:::bucket/", "bucket", ""),
        ("arn:aws:s3:::*", "", ""),
        ("arn:aws:execute-api:us-east-1:1:a/$default/GET/", "", ""),
        ("*", "", ""),
    ] {
        let question = question(&user(), resource);
        let input = &question["input"];
        let named = (&input["bucket"], &input["object"]);
        assert_eq!(named, (&json!(bucket), &json!(object)), "{resource}");
    }
}

#[test]
fn t26_claims_of_a_provider_never_replace_those_of_the_session() {
    let claims = json!({"sub": "alice", "parent": "root", "exp": 9, "groups": ["a", 1, "b"]});
    let caller = session(Parent::Federated("custom:Alice".to_owned()), claims);
    let question = question(&caller, "*");
    assert_eq!(question["input"]["account"], "ABCDEFGHIJKLMNOPQRST");
    assert_eq!(question["input"]["groups"], json!(["a", "b"]));
    assert_eq!(
        question["input"]["claims"],
        json!({
            "sub": "alice", "parent": "custom:Alice", "exp": 4600, "groups": ["a", 1, "b"],
            "accessKey": "ABCDEFGHIJKLMNOPQRST", "roleArn": "arn:minio:iam:::role/idmp-test",
        })
    );
}

#[test]
fn sessions_of_users_have_the_groups_of_the_user() {
    let parent = Parent::User(AccessKeyId::parse("foobar").unwrap());
    let question = question(&session(parent, json!({"groups": ["claimed"]})), "*");
    assert_eq!(question["input"]["groups"], json!(["team"]));
}

#[test]
fn only_what_no_caller_causes_is_an_outage() {
    for (status, outage) in [
        (400, false),
        (404, false),
        (413, false),
        (414, false),
        (429, true),
        (500, true),
        (503, true),
    ] {
        assert_eq!(OpaError::Status(status).is_outage(), outage, "{status}");
    }
    for error in [
        OpaError::Broken,
        OpaError::TooLong,
        OutboundError::TooLarge.into(),
    ] {
        assert!(!error.is_outage(), "{error}");
    }
    for error in [OutboundError::TimedOut, OutboundError::Unreachable] {
        assert!(OpaError::from(error).is_outage(), "{error}");
    }
}

#[test]
fn only_a_clear_yes_allows() {
    let read = |status: u16, body: &str| {
        read(&OutboundReply {
            status: status.try_into().unwrap(),
            headers: hyper::HeaderMap::new(),
            body: Zeroizing::new(body.as_bytes().to_vec()),
        })
    };
    for (body, expected) in [
        (r#"{"result":true}"#, Ok(true)),
        (r#"{"result":{"allow":true}}"#, Ok(true)),
        (
            r#"{"decision_id":"1","result":{"allow":true,"why":[]}}"#,
            Ok(true),
        ),
        (r#"{"result":false}"#, Ok(false)),
        (r#"{"result":{"allow":false}}"#, Ok(false)),
        (r#"{"result":null}"#, Ok(false)),
        ("{}", Ok(false)),
        ("", Err(OpaError::Broken)),
        ("true", Err(OpaError::Broken)),
        (r#"[{"result":true}]"#, Err(OpaError::Broken)),
        (r#"{"result":1}"#, Err(OpaError::Broken)),
        (r#"{"result":"true"}"#, Err(OpaError::Broken)),
        (r#"{"result":[true]}"#, Err(OpaError::Broken)),
        (r#"{"result":{}}"#, Err(OpaError::Broken)),
        (r#"{"result":{"allow":"true"}}"#, Err(OpaError::Broken)),
        (r#"{"result":true} x"#, Err(OpaError::Broken)),
        ("[true]", Err(OpaError::Broken)),
    ] {
        assert_eq!(read(200, body), expected, "{body}");
    }
    for status in [201, 204, 302, 401, 500] {
        let refused = Err(OpaError::Status(status));
        assert_eq!(read(status, r#"{"result":true}"#), refused, "{status}");
    }
}
