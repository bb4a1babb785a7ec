//! What is said of credentials: who, until when, what they may do, and the key that verifies.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::hmac::{HMAC_SHA256, Key, sign};
use serde_json::json;
use tests::client::Signer;
use tests::fault_proxy::{Fault, Rule};
use tests::sts::{Credentials, USER};

use super::{SERVICE, SERVICE_SECRET, Setup, about, and, refusal, today};

#[tokio::test]
async fn an_active_session_is_described() {
    let it = Setup::start().await;
    let parameters = [
        ("RoleArn", "arn:aws:iam::123456789012:role/demo"),
        ("RoleSessionName", "reports"),
        ("SourceIdentity", "alice"),
    ];
    let session = Credentials::of(&it.sts.assume_role(&parameters).await);
    let end = session.expiration.secs();
    assert_eq!(
        it.ask(&about(&session)).await,
        json!({
            "active": true, "sub": "user/foobar", "username": "foobar",
            "access_key_id": session.access_key, "iat": end - 3600, "exp": end,
            "role_session_name": "reports", "source_identity": "alice",
        })
    );
}

#[tokio::test]
async fn decisions_come_with_their_reason() {
    let it = Setup::start().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}]}"#;
    let session = Credentials::of(&it.sts.assume_role(&[("Policy", policy)]).await);
    let inside = json!({"aws:SourceIp": "192.0.2.7"});
    for (action, resource, context, allowed, reason) in [
        (
            "s3:GetObject",
            "arn:aws:s3:::a/b",
            &inside,
            true,
            "readonly",
        ),
        (
            "s3:GetObject",
            "arn:aws:s3:::b/b",
            &inside,
            false,
            "session policy",
        ),
        (
            "s3:PutObject",
            "arn:aws:s3:::a/b",
            &inside,
            false,
            "identity policies",
        ),
        (
            "s3:GetObject",
            "arn:aws:s3:::a/b",
            &json!({"aws:SourceIp": "198.51.100.1"}),
            false,
            "session policy",
        ),
        (
            "s3:GetObject",
            "arn:aws:s3:::a/b",
            &json!({}),
            false,
            "session policy",
        ),
    ] {
        let question = json!({"action": action, "resource": resource, "context": context});
        let reply = it.ask(&and(about(&session), &question)).await;
        let decision = &reply["decision"];
        assert_eq!(decision["allowed"], allowed, "{question}: {reply}");
        let text = decision["reason"].as_str().unwrap();
        assert!(text.contains(reason), "{question}: {text}");
    }
}

/// A gateway that says nothing of a key cannot have a Deny pass which depends on it.
#[tokio::test]
async fn what_a_gateway_leaves_out_cannot_be_known() {
    const KEY: &str = "s3:ExistingObjectTag/class";
    let it = Setup::start().await;
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {
            "Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {"StringEquals": {KEY: "secret"}},
        },
    ]});
    let policy = policy.to_string();
    let session = Credentials::of(&it.sts.assume_role(&[("Policy", &policy)]).await);
    for (action, context, allowed) in [
        ("s3:GetObject", json!({}), false),
        ("S3:getobject", json!({}), false),
        ("s3:GetObject", json!({KEY: "secret"}), false),
        ("s3:GetObject", json!({KEY: "open"}), true),
        ("s3:GetObject", json!({KEY: []}), true),
        // No request for a bucket's region has the key.
        ("s3:GetBucketLocation", json!({}), true),
        ("s3:GetBucketLocation", json!({KEY: "secret"}), true),
    ] {
        let question = json!({"action": action, "resource": "arn:aws:s3:::a", "context": context});
        let reply = it.ask(&and(about(&session), &question)).await;
        assert_eq!(reply["decision"]["allowed"], allowed, "{question}: {reply}");
        let reason = reply["decision"]["reason"].as_str().unwrap();
        let is_unknown = reason.contains("cannot be known here");
        assert_eq!(is_unknown, !allowed && context == json!({}), "{reason}");
    }
}

/// The key that a gateway gets signs what the client's SDK signs.
#[tokio::test]
async fn the_signing_key_verifies_and_is_no_secret() {
    let it = Setup::start().await;
    let session = it.sts.session().await;
    let date = today();
    let signing = json!({"signing": {"date": date, "region": "us-east-1", "service": "s3"}});
    let reply = it.ask(&and(about(&session), &signing)).await;
    let key = BASE64_STANDARD.decode(reply["signing_key"].as_str().unwrap());
    let mut expected = format!("AWS4{}", session.secret).into_bytes();
    for part in [&date, "us-east-1", "s3", "aws4_request"] {
        let tag = sign(&Key::new(HMAC_SHA256, &expected), part.as_bytes());
        expected = tag.as_ref().to_vec();
    }
    assert_eq!(key.unwrap(), expected);
    assert!(!reply.to_string().contains(&session.secret));
    let sts = json!({"signing": {"date": date, "region": "us-east-1", "service": "sts"}});
    let signer = Signer::new(SERVICE, SERVICE_SECRET, None);
    let reply = it.ask_as(&signer, &and(about(&session), &sts)).await;
    assert_eq!(refusal(&reply), (400, "ValidationError".to_owned()));
}

/// Whatever is wrong with credentials, the answer is the same and says nothing.
#[tokio::test]
async fn t55_inactive_credentials_are_all_alike() {
    let it = Setup::start().await;
    let [a, b, revoked] = [
        it.sts.session().await,
        it.sts.session().await,
        it.sts.session().await,
    ];
    let active = it.ask(&about(&revoked)).await;
    assert_eq!(active["active"], true);
    it.sts
        .table
        .admin(&["session", "revoke", &revoked.access_key])
        .await;
    let signing = json!({"signing": {"date": today(), "region": "", "service": "s3"}});
    let question = json!({"action": "s3:GetObject", "resource": "*"});
    for body in [
        about(&revoked),
        json!({"access_key_id": a.access_key, "session_token": b.token}),
        json!({"access_key_id": a.access_key, "session_token": "token"}),
        json!({"access_key_id": "ABCDEFGHIJKLMNOPQRST", "session_token": a.token}),
        json!({"access_key_id": "*", "session_token": a.token}),
        json!({"access_key_id": USER, "session_token": a.token}),
    ] {
        let reply = it.ask(&and(and(body, &signing), &question)).await;
        assert_eq!(reply, json!({"active": false}));
    }
    it.sts.table.admin(&["user", "disable", USER]).await;
    assert_eq!(it.ask(&about(&a)).await, json!({"active": false}));
}

#[tokio::test]
async fn t55_a_table_that_cannot_be_read_makes_nothing_active() {
    let it = Setup::start().await;
    let session = it.sts.session().await;
    assert_eq!(it.ask(&about(&session)).await["active"], true);
    let signer = Signer::new(SERVICE, SERVICE_SECRET, None);
    it.sts.proxy.inject(Fault::InternalError, Rule::ALL);
    let reply = it.ask_as(&signer, &about(&session)).await;
    assert_eq!(refusal(&reply), (503, "ServiceUnavailable".to_owned()));
}
