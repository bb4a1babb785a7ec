//! The audit trail and the metrics.

use hyper::header::{HeaderValue, USER_AGENT};
use serde_json::{Value, json};
use shared::clock::{Clock as _, SystemClock};
use tests::client::Signer;
use tests::kms::KmsServer;
use tests::plugin::{Answer, Plugin, ROLE};
use tests::process::binary;
use tests::sts::{TestSts, USER, action, user};
use tokio::process::Command;

use crate::check::{refusal, success};
use crate::logs::lines;

/// The events of the audit trail.
pub(crate) fn events(sts: &TestSts) -> Vec<Value> {
    let mut lines = lines(sts);
    lines.retain(|line| line["message"] == "audit");
    lines
}

/// The members of an event that do not differ from run to run.
fn told(event: &Value) -> Value {
    let mut event = event.clone();
    let members = event.as_object_mut().unwrap();
    for name in ["timestamp", "request_id", "trace_id", "source_ip"] {
        assert!(
            members.remove(name).is_some_and(|it| it.is_string()),
            "{name}"
        );
    }
    event
}

#[tokio::test]
async fn a_session_is_told_of_from_its_issue_to_its_end() {
    let sts = TestSts::start().await;
    let role = "arn:aws:iam::123456789012:role/demo";
    let issued = sts
        .assume_role(&[
            ("RoleArn", role),
            ("RoleSessionName", "build-7"),
            ("SourceIdentity", "alice"),
            ("DurationSeconds", "900"),
            (
                "PolicyArns.member.1.arn",
                "arn:aws:iam::aws:policy/readonly",
            ),
            ("TokenRevokeType", "laptop"),
        ])
        .await;
    let session = success(&issued);
    let mut own = sts.client.form("/", &action("RevokeSession", &[]));
    let agent = HeaderValue::from_static("cleanup/1.0");
    own.headers_mut().insert(USER_AGENT, agent);
    let revoked = sts.client.send(session.signer().sign(own)).await;
    assert_eq!(revoked.status, 200, "{}", revoked.text());
    let events = events(&sts);
    let id = session.access_key.as_str();
    assert_eq!(
        events.iter().map(told).collect::<Vec<_>>(),
        [
            json!({
                "level": "INFO", "message": "audit", "event": "issued", "action": "AssumeRole",
                "proof": "signature", "code": "OK", "caller": USER, "session": id,
                "parent": "user/foobar", "role_session_name": "build-7",
                "source_identity": "alice", "duration_seconds": 900,
                "policies": ["own-tags", "readwrite"],
                "policy_arns": ["readonly"], "session_policy": false, "revoke_type": "laptop",
            }),
            json!({
                "level": "INFO", "message": "audit", "event": "revoked",
                "action": "RevokeSession", "proof": "signature", "code": "OK", "caller": id,
                "session": id, "revoked": id, "user_agent": "cleanup/1.0",
            }),
        ]
    );
    assert_eq!(events[0]["request_id"], issued.field("RequestId").unwrap());
    assert!(
        events[0]["trace_id"]
            .as_str()
            .unwrap()
            .starts_with("Root=1-")
    );
}

#[tokio::test]
async fn what_is_refused_is_told_of_as_well() {
    let sts = TestSts::start().await;
    sts.assume_role(&[("DurationSeconds", "1")]).await;
    sts.assume_role_as(&Signer::new(USER, "wrong-secret", None), &[])
        .await;
    let signer = user();
    let reply = sts.call_as(&signer, "GetCallerIdentity", &[]).await;
    assert_eq!(reply.status, 200);
    let events = events(&sts);
    let told: Vec<_> = events
        .iter()
        .map(|event| (&event["event"], &event["code"], &event["caller"]))
        .collect();
    assert_eq!(
        told,
        [
            (&json!("refused"), &json!("ValidationError"), &json!(USER)),
            (
                &json!("refused"),
                &json!("SignatureDoesNotMatch"),
                &Value::Null
            ),
        ]
    );
}

/// The values of one metric that a line reports for these dimensions.
fn metric(line: &Value, name: &str, dimensions: &[&str]) -> Option<Value> {
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
    let reported = directives.iter().any(|it| {
        assert_eq!(it["Namespace"], "lambda-sts");
        let metrics = it["Metrics"].as_array().unwrap();
        it["Dimensions"] == json!([dimensions]) && metrics.iter().any(|it| it["Name"] == name)
    });
    for dimension in dimensions {
        assert!(line[dimension].is_string(), "{line}");
    }
    reported.then(|| line[name].clone())
}

#[tokio::test]
async fn calls_are_metrics_where_a_namespace_is_set() {
    let plugin = Plugin::for_alice().await;
    let config = format!(
        "
users: [{{access_key: foobar, secret: foo12345, policies: [readwrite]}}]
identity_plugins: [{}]
",
        plugin.entry("readwrite", "")
    );
    let builder = TestSts::builder().config(&config);
    let sts = builder
        .env("STS_METRICS_NAMESPACE", "lambda-sts")
        .start()
        .await;
    success(&sts.assume_role(&[]).await);
    success(&sts.show("t", ROLE, &[]).await);
    plugin.answer(Answer::json(500, &json!({})));
    let failed = sts.show("t", ROLE, &[]).await;
    refusal(&failed, 400, "IDPCommunicationError");
    let mut calls = lines(&sts);
    calls.retain(|line| line["message"] == "call");
    let [first, second, third] = &calls[..] else {
        panic!("{calls:?}");
    };
    let by_action = ["Action"];
    assert_eq!(metric(first, "Calls", &by_action), Some(json!(1)));
    assert_eq!(metric(first, "ColdStarts", &by_action), Some(json!(1)));
    assert_eq!(metric(first, "Errors", &by_action), Some(json!(0)));
    assert_eq!(metric(first, "Errors", &["Action", "Code"]), None);
    assert_eq!(metric(first, "ProviderLatency", &by_action), None);
    assert_eq!(
        metric(first, "Latency", &by_action),
        Some(first["duration_ms"].clone())
    );
    assert_eq!(metric(second, "ColdStarts", &by_action), Some(json!(0)));
    assert_eq!(
        metric(second, "ProviderFailures", &by_action),
        Some(json!(0))
    );
    let latency = metric(second, "ProviderLatency", &by_action).unwrap();
    assert_eq!(latency.as_array().map(Vec::len), Some(1));
    assert_eq!(
        metric(third, "ProviderFailures", &by_action),
        Some(json!(1))
    );
    assert_eq!(metric(third, "Errors", &["Action", "Code"]), Some(json!(1)));
    assert_eq!(third["Code"], "IDPCommunicationError");
}

#[tokio::test]
async fn operators_read_the_trail_back_from_the_log_groups_of_their_stack() {
    let sts = TestSts::start().await;
    let session = success(&sts.assume_role(&[]).await).access_key;
    let now = SystemClock.now().secs() * 1000;
    let logs = KmsServer::start().await;
    logs.log("/aws/lambda/prod-sts", now, &sts.emulator.logs())
        .await;
    logs.log("/aws/lambda/prod-other", now, &["{}".to_owned()])
        .await;
    logs.log("/aws/lambda/test-sts", now, &sts.emulator.logs())
        .await;
    let tail = |stack: &'static str| {
        let output = Command::new(binary("sts-admin"))
            .args(["audit", "tail", "--output", "json", "--stack", stack])
            .env_clear()
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", &logs.url)
            .output();
        async move { output.await.unwrap() }
    };
    let read = tail("prod").await;
    assert!(
        read.status.success(),
        "{}",
        String::from_utf8_lossy(&read.stderr)
    );
    let events: Vec<Value> = serde_json::from_slice(&read.stdout).unwrap();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(
        (&events[0]["session"], &events[0]["event"]),
        (&json!(session), &json!("issued"))
    );
    let none = tail("nothing").await;
    let told = String::from_utf8_lossy(&none.stderr);
    assert_eq!(told, "sts-admin: stack nothing has no log groups\n");
}
