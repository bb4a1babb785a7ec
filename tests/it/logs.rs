//! What the functions write to their logs, and what they do not.

use hyper::Request;
use hyper::body::Bytes;
use serde_json::Value;
use tests::client::Signer;
use tests::sts::{SECRET, TestSts, USER, action, user};

use crate::check::success;

const MARKED_POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::policy-marker/*"}]}"#;

/// All lines.
pub(crate) fn lines(sts: &TestSts) -> Vec<Value> {
    let lines = sts.emulator.logs().into_iter();
    lines
        .map(|line| serde_json::from_str::<Value>(&line).expect(&line))
        .collect()
}

/// The lines that end a call.
fn call_lines(sts: &TestSts) -> Vec<Value> {
    let mut lines = lines(sts);
    lines.retain(|line| line["message"] == "call");
    lines
}

/// The signature of a signed request.
fn signature(request: &Request<Bytes>) -> String {
    let authorization = request.headers()["authorization"].to_str().unwrap();
    let (_, signature) = authorization.rsplit_once('=').unwrap();
    signature.to_owned()
}

#[tokio::test]
async fn t53_no_secret_is_logged_whatever_happens() {
    let sts = TestSts::builder().env("STS_LOG", "trace").start().await;
    let mut forbidden: Vec<String> = ["policy-marker", "value-marker", SECRET, "wrong-secret"]
        .map(str::to_owned)
        .into();
    let session = sts.session().await;
    let calls: &[(Signer, &[(&str, &str)])] = &[
        (user(), &[("Policy", MARKED_POLICY)]),
        (user(), &[("Policy", "policy-marker")]),
        (user(), &[("ExternalId", "<value-marker>")]),
        (user(), &[("RoleSessionName", "value-marker\tvalue")]),
        (user(), &[("Unknown", "value-marker")]),
        (Signer::new(USER, "wrong-secret", None), &[]),
        (Signer::new("value-marker", SECRET, None), &[]),
        (session.signer(), &[]),
        (Signer::new(USER, SECRET, Some(&session.token)), &[]),
    ];
    for (signer, parameters) in calls {
        for name in ["AssumeRole", "GetCallerIdentity", "RevokeSession"] {
            let request = sts.client.form("/", &action(name, parameters));
            let request = signer.sign(request);
            forbidden.push(signature(&request));
            let reply = sts.client.send(request).await;
            forbidden.extend(reply.field("SecretAccessKey"));
            forbidden.extend(reply.field("SessionToken"));
        }
    }
    for name in [
        "AssumeRoleWithCustomToken",
        "AssumeRoleWithClientGrants",
        "AssumeRoleWithWebIdentity",
        "value-marker",
    ] {
        for token in ["Token", "WebIdentityToken"] {
            let role = ("RoleArn", "arn:aws:iam::123456789012:role/demo");
            sts.call(name, &[(token, "value-marker"), role]).await;
        }
    }
    forbidden.extend([session.secret, session.token]);
    let logs = sts.emulator.logs().join("\n");
    assert!(logs.contains("\"level\":\"INFO\""));
    for text in forbidden {
        assert!(!logs.contains(&text), "{text} in the logs");
    }
    assert_eq!(call_lines(&sts).len(), 1 + 9 * 3 + 4 * 2);
}

#[tokio::test]
async fn every_call_ends_with_one_line() {
    let sts = TestSts::start().await;
    let issued = sts.assume_role(&[]).await;
    let refused = sts.assume_role(&[("DurationSeconds", "1")]).await;
    let unsigned = sts.call("AssumeRole", &[]).await;
    let unknown = sts.call("Nothing", &[]).await;
    let session = success(&issued).access_key;
    let lines = call_lines(&sts);
    let expected = [
        (
            &issued,
            Some("AssumeRole"),
            Some(USER),
            Some(session.as_str()),
            "OK",
            200,
        ),
        (
            &refused,
            Some("AssumeRole"),
            Some(USER),
            None,
            "ValidationError",
            400,
        ),
        (
            &unsigned,
            Some("AssumeRole"),
            None,
            None,
            "MissingAuthenticationToken",
            403,
        ),
        (&unknown, None, None, None, "InvalidAction", 400),
    ];
    assert_eq!(lines.len(), expected.len());
    for (line, (reply, action, caller, session, code, status)) in lines.iter().zip(expected) {
        assert_eq!(line["request_id"], reply.field("RequestId").unwrap());
        assert_eq!(line["action"].as_str(), action);
        assert_eq!(line["caller"].as_str(), caller);
        assert_eq!(line["session"].as_str(), session);
        assert_eq!(line["code"], code);
        assert_eq!(line["status"], status);
        assert!(line["duration_ms"].as_f64() > Some(0.0), "{line}");
        assert!(line["timestamp"].is_string(), "{line}");
    }
}

#[tokio::test]
async fn the_level_of_the_log_is_the_operators() {
    let sts = TestSts::builder().env("STS_LOG", "error").start().await;
    success(&sts.assume_role(&[]).await);
    // The lines that end a call are not diagnostics.
    let messages: Vec<_> = lines(&sts)
        .iter()
        .map(|line| line["message"].clone())
        .collect();
    assert_eq!(messages, ["call", "audit"]);
}
