//! Events that no client of good will causes.

use std::collections::BTreeMap;

use hyper::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tests::client::Reply;
use tests::sts::TestSts;

use crate::check::Outcome::{self, Refused};
use crate::check::{INVALID, INVALID_ACTION, UNSIGNED, outcome, success};

/// The event of a `POST` with a form body.
fn event(change: impl FnOnce(&mut Value)) -> Value {
    let mut event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "",
        "headers": {"host": "sts.example.com", "content-type": "application/x-www-form-urlencoded"},
        "requestContext": {
            "domainName": "sts.example.com", "stage": "$default",
            "http": {"method": "POST", "path": "/", "sourceIp": "192.0.2.1"},
        },
        "body": "Action=AssumeRole&Version=2011-06-15", "isBase64Encoded": false,
    });
    change(&mut event);
    event
}

fn set(path: &str, value: impl Into<Value>) -> Value {
    let value = value.into();
    event(|event| *event.pointer_mut(path).unwrap() = value)
}

/// What the gateway would make of a function's reply.
fn reply(value: &Value) -> Reply {
    let status = value["statusCode"].as_u64().unwrap();
    let headers: BTreeMap<String, String> =
        serde_json::from_value(value["headers"].clone()).unwrap();
    let mut map = HeaderMap::new();
    for (name, text) in headers {
        let name: hyper::header::HeaderName = name.parse().unwrap();
        map.insert(name, text.parse().unwrap());
    }
    Reply {
        status: StatusCode::from_u16(u16::try_from(status).unwrap()).unwrap(),
        headers: map,
        body: value["body"].as_str().unwrap().to_owned().into(),
    }
}

const MISSING: Outcome = Refused(400, "MissingAction");
const MALFORMED: Outcome = Refused(400, "MalformedQueryString");

type Case = (&'static str, Value, Outcome);

fn base64(text: impl Into<Value>) -> Value {
    event(|event| {
        event["body"] = text.into();
        event["isBase64Encoded"] = true.into();
    })
}

fn parameters(count: usize) -> String {
    let pairs: Vec<_> = (0..count).map(|n| format!("p{n}=1")).collect();
    pairs.join("&")
}

/// Events of the right shape with odd texts in them.
fn odd_texts() -> Vec<Case> {
    let query = |text: &str| set("/rawQueryString", text);
    let host = |text: &str| set("/headers/host", text);
    let header = |name: &str, text: &str| event(|event| event["headers"][name] = text.into());
    let method = set("/requestContext/http/method", "A B\n");
    let source = set("/requestContext/http/sourceIp", "nowhere");
    vec![
        ("none", event(|_| ()), UNSIGNED),
        ("bad base64", base64("%%%"), INVALID),
        ("cut base64", base64("QWN0aW9"), INVALID),
        ("invalid UTF-8", base64("/////w=="), MALFORMED),
        ("a space in the query", query("a b=c d"), UNSIGNED),
        ("angles in the query", query("<script>=x&>"), UNSIGNED),
        (
            "controls in the query",
            query("\u{0}\n\r\u{7f}=1"),
            UNSIGNED,
        ),
        ("a long query", query(&"a".repeat(100_000)), UNSIGNED),
        ("a bracket as host", host("["), UNSIGNED),
        ("a space in the host", host("a b"), UNSIGNED),
        ("a high port", host("x:99999"), UNSIGNED),
        ("no host", host(""), UNSIGNED),
        ("no domain", set("/requestContext/domainName", ""), UNSIGNED),
        ("an odd method", method, INVALID_ACTION),
        (
            "an odd path",
            set("/rawPath", "//../%zz\u{0} ?#["),
            INVALID_ACTION,
        ),
        ("an odd source", source, UNSIGNED),
        (
            "an odd header name",
            header("\u{0}a b\n", "\u{0}\n"),
            UNSIGNED,
        ),
        (
            "an odd signature",
            header("authorization", "\u{0}\u{ffff}"),
            UNSIGNED,
        ),
    ]
}

/// More than anybody needs.
fn too_much() -> Vec<Case> {
    let headers: BTreeMap<_, _> = (0..10_000).map(|n| (format!("x-{n}"), "v")).collect();
    let nested = (0..500).fold(json!(1), |inner, _| json!([inner]));
    vec![
        ("6 MB", set("/body", "a".repeat(6_000_000)), INVALID),
        ("6 MB of base64", base64("QUFB".repeat(1_500_000)), INVALID),
        (
            "100,000 parameters",
            set("/body", parameters(100_000)),
            INVALID,
        ),
        (
            "1,000 parameters",
            set("/body", parameters(1000)),
            MALFORMED,
        ),
        (
            "in the query",
            set("/rawQueryString", parameters(100_000)),
            MALFORMED,
        ),
        ("10,000 headers", set("/headers", json!(headers)), UNSIGNED),
        ("deep nesting", set("/routeKey", nested), UNSIGNED),
    ]
}

/// Events of another shape.
fn odd_shapes() -> Vec<Case> {
    let null =
        |names: &[&str]| event(|event| names.iter().for_each(|name| event[*name] = Value::Null));
    let parts = [
        "rawPath",
        "rawQueryString",
        "headers",
        "body",
        "isBase64Encoded",
    ];
    let format_1 = json!({"httpMethod": "POST", "path": "/", "body": ""});
    let lists = json!({"host": ["x"]});
    vec![
        ("headers of lists", set("/headers", lists), INVALID),
        ("no headers", null(&["headers"]), UNSIGNED),
        (
            "a body of JSON",
            set("/body", json!({"Action": "x"})),
            INVALID,
        ),
        ("no body", null(&["body"]), MISSING),
        ("nulls", null(&parts), MISSING),
        ("no context", null(&["requestContext"]), INVALID),
        ("no method", set("/requestContext/http", json!({})), INVALID),
        ("payload format 1.0", format_1, INVALID),
        (
            "an S3 event",
            json!({"Records": [{"eventSource": "aws:s3"}]}),
            INVALID,
        ),
        ("null", Value::Null, INVALID),
        ("a number", json!(1), INVALID),
        ("a text", json!("POST /"), INVALID),
        ("a list", json!([]), INVALID),
        ("an object", json!({}), INVALID),
    ]
}

#[tokio::test]
async fn hostile_events_give_an_error_of_xml_and_leave_the_process_alive() {
    let sts = TestSts::start().await;
    for (case, event, expected) in [odd_texts(), too_much(), odd_shapes()].concat() {
        let answer = sts.emulator.invoke_raw("sts", &event).await;
        let answer = answer.unwrap_or_else(|error| panic!("{case}: {error:?}"));
        outcome(case, &reply(&answer), expected);
    }
    assert_eq!(sts.emulator.restarts(), 0);
    assert_eq!(sts.emulator.processes("sts").len(), 1);
    success(&sts.assume_role(&[]).await);
    let panics = sts
        .emulator
        .logs()
        .into_iter()
        .filter(|line| line.contains("panic"));
    assert_eq!(panics.count(), 0);
}
