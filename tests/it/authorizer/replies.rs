//! What the gateway and the API behind it learn.

use std::time::Duration;

use serde_json::{Value, json};
use tests::client::Signer;
use tests::sts::{SECRET, USER};

use super::{ARN, EMPTY_SHA256, Gate, api, event, get, user, verdict};

#[tokio::test]
async fn the_api_behind_learns_who_calls() {
    let gate = Gate::start().await;
    let session = gate.sts.session().await;
    let reply = gate.items(&api(session.signer())).await;
    assert_eq!(
        reply,
        json!({"isAuthorized": true, "context": {
            "principal": "user/foobar", "accessKeyId": session.access_key,
            "contentSha256": EMPTY_SHA256, "expiresAt": session.expiration.secs(),
            "reason": "allowed by statement Items of policy items (identity policies)",
        }})
    );
    // The log has the id under which the session was issued.
    let lines = gate.lambda.logs();
    let line: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
    assert_eq!(
        (&line["action"], &line["session"]),
        (&json!("Authorize"), &json!(session.access_key))
    );
    let presigned = user().presign(get("/items/a?b=c"), Duration::from_mins(1));
    let reply = gate.ask(&event(&presigned)).await;
    assert_eq!(verdict(&reply), "allowed", "{reply}");
    assert_eq!(
        reply["context"]["expiresAt"],
        Value::Null,
        "users do not end"
    );
}

#[tokio::test]
async fn the_policy_form_says_the_same() {
    let gate = Gate::with(&[("STS_AUTHORIZER_RESPONSE", "policy")]).await;
    let reply = gate.items(&user()).await;
    assert_eq!(reply["principalId"], "user/foobar");
    let statement = &reply["policyDocument"]["Statement"][0];
    assert_eq!(statement["Effect"], "Allow");
    assert_eq!(statement["Resource"], format!("{ARN}/GET/items"));
    let reply = gate.ask(&event(&get("/items"))).await;
    assert_eq!(reply["policyDocument"]["Statement"][0]["Effect"], "Deny");
}

#[tokio::test]
async fn a_warm_authorizer_reads_nothing() {
    let gate = Gate::with(&[("STS_CACHE_SECONDS", "3600")]).await;
    let session = api(gate.sts.session().await.signer());
    assert_eq!(verdict(&gate.items(&session).await), "allowed");
    gate.sts.proxy.clear();
    assert_eq!(verdict(&gate.items(&session).await), "allowed");
    assert_eq!(gate.sts.take_operations(), Vec::<String>::new());
}

#[tokio::test]
async fn t53_nothing_secret_is_logged_whatever_comes() {
    let gate = Gate::with(&[("STS_CACHE_SECONDS", "0"), ("STS_LOG", "trace")]).await;
    for event in [json!(null), json!([]), json!({}), json!({"routeArn": ARN})] {
        let reply = gate.ask(&event).await;
        assert_eq!(verdict(&reply), "ValidationError", "{event}");
    }
    let session = gate.sts.session().await;
    let signed = event(&api(session.signer()).sign(get("/items")));
    gate.ask(&signed).await;
    let wrong = Signer::new(USER, "wrong-secret", Some(&session.token));
    gate.items(&api(wrong)).await;
    assert_eq!(gate.lambda.restarts(), 0);
    let logs = gate.lambda.logs();
    let lines: Vec<_> = logs.iter().filter(|l| l.contains("\"call\"")).collect();
    assert_eq!(lines.len(), 6, "one line per event: {logs:#?}");
    let text = logs.join("\n");
    let header = signed["headers"]["authorization"].as_str().unwrap();
    let (_, signature) = header.split_once("Signature=").unwrap();
    for secret in [
        &session.token,
        &session.secret,
        SECRET,
        "wrong-secret",
        signature,
    ] {
        assert!(!text.contains(secret), "{text}");
    }
}
