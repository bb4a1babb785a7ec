//! Whom the plugin vouches for gets credentials.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::clock::SystemClock;
use shared::jwt;
use shared::model::{AccessKeyId, SessionToken};
use shared::random::OsRandom;
use shared::store::{Parent, Role};
use tests::client::encode;
use tests::plugin::Answer;
use tests::sts::{TestSts, action};

use super::{ACTION, ROLE, Setup, TOKEN, text};
use crate::check::{assert_introduced, success};

const POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;

#[tokio::test]
async fn a_reply_has_credentials_and_the_user() {
    let it = Setup::start().await;
    let reply = it.exchange(&[]).await;
    success(&reply);
    let leaves = reply.leaves();
    let paths: Vec<_> = leaves
        .iter()
        .map(|(path, _)| {
            path.strip_prefix("AssumeRoleWithCustomTokenResponse/")
                .unwrap()
        })
        .collect();
    let expected = [
        "AssumeRoleWithCustomTokenResult/Credentials/AccessKeyId",
        "AssumeRoleWithCustomTokenResult/Credentials/SecretAccessKey",
        "AssumeRoleWithCustomTokenResult/Credentials/SessionToken",
        "AssumeRoleWithCustomTokenResult/Credentials/Expiration",
        "AssumeRoleWithCustomTokenResult/AssumedUser",
        "ResponseMetadata/RequestId",
    ];
    assert_eq!(paths, expected);
    assert_eq!(leaves[4].1, "custom:Alice");
}

/// curl and minio-go send everything in the query of a `POST` without a body.
#[tokio::test]
async fn parameters_may_stand_in_the_query() {
    let it = Setup::start().await;
    let parameters = [("Token", TOKEN), ("RoleArn", ROLE)];
    let query = encode(&action(ACTION, &parameters));
    for path in ["/", "/AssumeRoleWithCustomToken"] {
        let request = it.sts.client.request("POST", &format!("{path}?{query}"));
        success(&it.sts.client.send(request).await);
    }
    let raw = format!("/?Action={ACTION}&Version=2011-06-15&Token=aaa&RoleArn={ROLE}");
    let reply = it
        .sts
        .client
        .send(it.sts.client.request("POST", &raw))
        .await;
    success(&reply);
    let asked = it.plugin.requests().pop().unwrap();
    assert_eq!(asked.line, "POST /plugin?site=eu&token=aaa HTTP/1.1");
}

#[tokio::test]
async fn the_session_is_that_of_the_plugins_user() {
    let it = Setup::start().await;
    let claims = json!({"groups": ["data-science"], "level": 3});
    it.plugin.answer(Answer::json(
        200,
        &json!({"user": "Alice", "maxValiditySeconds": 3600, "claims": claims, "more": 1}),
    ));
    let credentials = success(&it.exchange(&[]).await);
    let access_key = AccessKeyId::parse(credentials.access_key.clone()).unwrap();
    let token = SessionToken::new(credentials.token.clone()).unwrap();
    let keys = it.sts.keys().await;
    let verified = jwt::verify(&token, &access_key, &keys, SystemClock.now()).unwrap();
    let exp = credentials.expiration.secs();
    let expected: Value = json!({
        "accessKey": credentials.access_key, "exp": exp, "iat": exp - 3600,
        "parent": "custom:Alice", "sub": "custom:Alice", "roleArn": ROLE,
        "groups": ["data-science"], "level": 3,
    });
    assert_eq!(serde_json::to_value(verified).unwrap(), expected);

    let stored = it.sts.stored(&credentials.access_key).await.unwrap();
    assert_eq!(stored.parent, Parent::Federated("custom:Alice".to_owned()));
    assert_eq!(stored.role_arn().unwrap().as_str(), ROLE);
    assert_eq!(Value::Object(stored.claims.values), claims);
}

#[tokio::test]
async fn t37_policies_and_labels_are_kept_with_the_session() {
    let it = Setup::start().await;
    let reply = it
        .exchange(&[
            ("Policy", POLICY),
            ("PolicyArns.member.1.arn", "readonly"),
            ("TokenRevokeType", "app-a"),
        ])
        .await;
    let stored = it.sts.stored(&success(&reply).access_key).await.unwrap();
    assert_eq!(stored.asked.session_policy.as_deref(), Some(POLICY));
    assert_eq!(stored.asked.policy_arns[0].as_str(), "readonly");
    assert_eq!(stored.asked.revoke_type.unwrap().as_str(), "app-a");
}

#[tokio::test]
async fn the_shorter_of_request_and_plugin_counts() {
    let it = Setup::start().await;
    for (requested, vouched, seconds) in [
        (None, 900, 900),
        (None, 3600, 3600),
        (None, 31_536_000, 3600),
        (Some("900"), 3600, 900),
        (Some("7200"), 3600, 3600),
        (Some("7200"), 901, 901),
        (Some("604800"), 31_536_000, 604_800),
    ] {
        it.plugin.answer(Answer::vouch("Alice", vouched));
        let parameters: Vec<_> = (requested.into_iter())
            .map(|text| ("DurationSeconds", text))
            .collect();
        let credentials = success(&it.exchange(&parameters).await);
        let stored = it.sts.stored(&credentials.access_key).await.unwrap();
        let life = stored.expires_at.since(stored.issued_at);
        assert_eq!(life, seconds, "{requested:?} {vouched}");
        assert_eq!(stored.expires_at, credentials.expiration);
    }
}

#[tokio::test]
async fn the_plugin_gets_the_token_as_it_is_configured() {
    let it = Setup::start().await;
    let form = "arn:minio:iam:::role/form";
    it.put_role(form, &[("token_in", text("form"))]).await;
    success(&it.exchange(&[]).await);
    success(&it.exchange_for(form, &[]).await);
    let [in_query, in_form] = &it.plugin.requests()[..] else {
        panic!("{:?}", it.plugin.requests());
    };
    let encoded = "token=tok-marker%2F%2B%3D";
    assert_eq!(
        in_query.line,
        format!("POST /plugin?site=eu&{encoded} HTTP/1.1")
    );
    assert_eq!(
        (in_query.body.as_str(), in_query.header("content-type")),
        ("", None)
    );
    assert_eq!(in_form.line, "POST /plugin?site=eu HTTP/1.1");
    assert_eq!(in_form.body, encoded);
    let content_type = in_form.header("content-type");
    assert_eq!(content_type, Some("application/x-www-form-urlencoded"));
    for request in [in_query, in_form] {
        assert_introduced(request);
        assert_eq!(request.header("authorization"), None);
    }
}

/// A token's file ends like any other, and SDKs send it as it is.
#[tokio::test]
async fn white_space_around_a_token_is_no_part_of_it() {
    let it = Setup::start().await;
    for token in ["aaa\n", "aaa\r\n", " aaa", "\taaa \n\n"] {
        success(&it.sts.show(token, ROLE, &[]).await);
    }
    let inside = [("Token", "a a\n"), ("RoleArn", ROLE)];
    success(&it.sts.call(ACTION, &inside).await);
    let lines: Vec<_> = it.plugin.requests().into_iter().map(|it| it.line).collect();
    let asked = |token: &str| format!("POST /plugin?site=eu&token={token} HTTP/1.1");
    let expected = ["aaa", "aaa", "aaa", "aaa", "a+a"].map(asked);
    assert_eq!(lines, expected);
    // Of 20,000 characters as the plugin gets them.
    let form = "arn:minio:iam:::role/form";
    it.put_role(form, &[("token_in", text("form"))]).await;
    let long = format!("\n{}\n", "t".repeat(20_000));
    success(
        &it.sts
            .call(ACTION, &[("Token", &long), ("RoleArn", form)])
            .await,
    );
    for nothing in [" ", "\n", " \t\r\n"] {
        let reply = it.sts.show(nothing, ROLE, &[]).await;
        crate::check::refusal(&reply, 400, "ValidationError");
    }
}

#[tokio::test]
async fn the_plugin_gets_the_authorization_as_it_is_configured() {
    let it = Setup::start().await;
    let arn = "arn:minio:iam:::role/authorized";
    let item = Role::item_key(arn);
    let keys = it.sts.keys().await;
    let sealed = keys
        .seal(&item, b"Any text: it is sent as it is", &OsRandom)
        .unwrap();
    let sealed = AttributeValue::B(sealed.as_bytes().to_vec().into());
    it.put_role(arn, &[("authorization", sealed)]).await;
    success(&it.exchange_for(arn, &[]).await);
    let request = it.plugin.requests().pop().unwrap();
    let authorization = request.header("authorization");
    assert_eq!(authorization, Some("Any text: it is sent as it is"));
}

#[tokio::test]
async fn a_call_costs_one_question_one_read_and_one_write() {
    let it = Setup::start().await;
    success(&it.exchange(&[]).await);
    assert_eq!(
        it.sts.take_operations(),
        ["BatchGetItem", "GetItem", "BatchGetItem", "PutItem"]
    );
    success(&it.exchange(&[]).await);
    assert_eq!(
        it.sts.take_operations(),
        ["PutItem"],
        "the role is in the cache"
    );
    assert_eq!(it.plugin.requests().len(), 2);
    assert_eq!(it.plugin.connections(), 1);
}

/// A plugin that closes idle connections without a word costs nobody a session.
#[tokio::test]
async fn a_closed_connection_is_opened_again() {
    let it = Setup::start().await;
    let body = r#"{"user":"Alice","maxValiditySeconds":900}"#;
    let head = format!("HTTP/1.1 200 x\r\ncontent-length: {}\r\n\r\n", body.len());
    it.plugin.answer(Answer::bytes(head + body));
    for connections in 1..=5 {
        success(&it.exchange(&[]).await);
        assert_eq!(it.plugin.connections(), connections);
    }
}

#[tokio::test]
async fn roles_of_several_plugins_do_not_mix() {
    let it = Setup::start().await;
    let other = tests::plugin::Plugin::start(Answer::vouch("Bob", 900)).await;
    let role = "arn:minio:iam:::role/other";
    it.put_role(role, &[("url", text(&other.url))]).await;
    for (role, user) in [
        (ROLE, "custom:Alice"),
        (role, "custom:Bob"),
        (ROLE, "custom:Alice"),
    ] {
        let reply = it.exchange_for(role, &[]).await;
        assert_eq!(reply.field("AssumedUser").as_deref(), Some(user));
    }
    assert_eq!((it.plugin.requests().len(), other.requests().len()), (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_plugin_fails_none_of_64_requests_at_once() {
    let builder = TestSts::builder().processes(16);
    let it = Setup::with(builder).await;
    let answer = Answer::vouch("Alice", 3600);
    it.plugin
        .answer(answer.after(std::time::Duration::from_secs(1)));
    let it = std::sync::Arc::new(it);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let it = std::sync::Arc::clone(&it);
        calls.spawn(async move { success(&it.exchange(&[]).await).access_key });
    }
    let keys: std::collections::HashSet<_> = calls.join_all().await.into_iter().collect();
    assert_eq!(keys.len(), 64);
    assert_eq!(it.plugin.requests().len(), 64);
    assert_eq!(it.sts.emulator.restarts(), 0);
}
