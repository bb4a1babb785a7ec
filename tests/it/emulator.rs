//! The emulator against a function that shows what it got, and misbehaves on request.

use std::collections::HashSet;
use std::time::Duration;

use hyper::body::Bytes;
use hyper::{Method, Request};
use insta::assert_json_snapshot;
use serde_json::{Value, json};
use shared::clock::{Clock, SystemClock};
use tests::client::{Client, Reply};
use tests::emulator::{Builder, Emulator};
use tests::process::binary;

/// The probe behind `$default`.
fn builder() -> Builder {
    Emulator::builder()
        .function("probe", &binary("probe-function"), &[("KEY", "value")])
        .route("$default", "probe")
}

async fn start(builder: Builder) -> (Emulator, Client) {
    let emulator = builder.start().await;
    let client = Client::new(emulator.url());
    (emulator, client)
}

fn post(client: &Client, path: &str, content_type: &str, body: &[u8]) -> Request<Bytes> {
    let mut request = client.request("POST", path);
    if !content_type.is_empty() {
        let headers = request.headers_mut();
        headers.insert("content-type", content_type.parse().unwrap());
    }
    *request.body_mut() = Bytes::copy_from_slice(body);
    request
}

/// Has the function answer `reply`.
async fn reply(client: &Client, reply: &Value) -> Reply {
    let body = reply.to_string();
    let request = post(client, "/reply", "application/json", body.as_bytes());
    client.send(request).await
}

fn value(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap()
}

fn status_and_text(reply: &Reply) -> (u16, &str) {
    (reply.status.as_u16(), reply.text())
}

/// Lets the emulator go on until `condition` holds.
async fn until(condition: impl Fn() -> bool) {
    let holds = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    let patience = Duration::from_secs(20);
    tokio::time::timeout(patience, holds).await.unwrap();
}

const INTERNAL_ERROR: (u16, &str) = (500, r#"{"message":"Internal Server Error"}"#);

/// An event as `invoke_raw` takes it.
fn event(path: &str) -> Value {
    json!({ "rawPath": path })
}

#[tokio::test]
async fn an_event_has_the_shape_of_payload_format_2() {
    let (_emulator, client) = start(builder()).await;
    let mut request = client.form("/echo?b=2&a=1&a=%41+", &[("Action", "AssumeRole")]);
    let headers = request.headers_mut();
    headers.insert("host", "sts.example.com:443".parse().unwrap());
    headers.insert("user-agent", "test/1.0".parse().unwrap());
    headers.insert("cookie", "a=1; b=2".parse().unwrap());
    let event = value(&client.send(request).await);
    assert_json_snapshot!(event, {
        ".headers[\"x-amzn-trace-id\"]" => "[trace]",
        ".requestContext.requestId" => "[id]",
        ".requestContext.time" => "[time]",
        ".requestContext.timeEpoch" => "[ms]",
    });
    let time = event["requestContext"]["time"].as_str().unwrap();
    assert!(
        time.ends_with(" +0000") && time.matches('/').count() == 2,
        "{time}"
    );
}

#[tokio::test]
async fn bodies_that_are_not_of_text_come_in_base64() {
    let (_emulator, client) = start(builder()).await;
    for (content_type, body, expected) in [
        ("text/plain; charset=utf-8", &b"a=b"[..], json!("a=b")),
        ("application/json", b"{}", json!("{}")),
        ("application/xml", b"<a/>", json!("<a/>")),
        ("application/javascript", b"0", json!("0")),
        ("application/x-www-form-urlencoded", b"a=b", json!("YT1i")),
        ("application/octet-stream", b"a=b", json!("YT1i")),
        ("", b"a=b", json!("YT1i")),
        ("text/plain", b"\xff", json!("/w==")),
        ("application/x-www-form-urlencoded", b"", json!(null)),
    ] {
        let request = post(&client, "/echo", content_type, body);
        let event = value(&client.send(request).await);
        let is_base64 = expected
            .as_str()
            .is_some_and(|text| text.as_bytes() != body);
        assert_eq!(event["body"], expected, "{content_type}");
        assert_eq!(event["isBase64Encoded"], is_base64, "{content_type}");
    }
}

#[tokio::test]
async fn headers_come_joined_with_commas() {
    let (_emulator, client) = start(builder()).await;
    let mut request = client.request("GET", "/echo");
    for (name, text) in [
        ("x-dup", "1, 2"),
        ("x-dup", "3"),
        ("x-forwarded-for", "10.0.0.1"),
    ] {
        request.headers_mut().append(name, text.parse().unwrap());
    }
    let event = value(&client.send(request).await);
    assert_eq!(event["headers"]["x-dup"], "1, 2,3");
    assert_eq!(event["headers"]["x-forwarded-for"], "10.0.0.1,127.0.0.1");
}

#[tokio::test]
async fn the_query_comes_as_it_was_sent_and_the_path_decoded() {
    let (_emulator, client) = start(builder()).await;
    for (target, path, query) in [
        ("/", "/", ""),
        ("/?", "/", ""),
        ("/?b=%2f&a=x+y%20z&=&&d", "/", "b=%2f&a=x+y%20z&=&&d"),
        ("/?q={|}^`\\", "/", "q={|}^`\\"),
        ("/a%20b/x%2Fy/../c", "/a b/x/y/../c", ""),
        ("//a//", "//a//", ""),
    ] {
        let event = value(&client.send(client.request("GET", target)).await);
        assert_eq!(event["rawPath"], path, "{target}");
        assert_eq!(event["rawQueryString"], query, "{target}");
    }
}

#[tokio::test]
async fn the_most_specific_route_wins() {
    let routed = builder()
        .route("ANY /echo", "probe")
        .route("POST /echo", "probe");
    let (_emulator, client) = start(routed).await;
    for (method, path, key) in [
        ("POST", "/echo", "POST /echo"),
        ("GET", "/echo", "ANY /echo"),
        ("GET", "/echo/", "$default"),
    ] {
        let event = value(&client.send(client.request(method, path)).await);
        assert_eq!(event["routeKey"], key);
        assert_eq!(event["requestContext"]["routeKey"], key);
    }
}

#[tokio::test]
async fn without_a_route_the_gateway_says_so() {
    let only = Emulator::builder()
        .function("probe", &binary("probe-function"), &[])
        .route("POST /", "probe");
    let (_emulator, client) = start(only).await;
    let reply = client.send(client.request("GET", "/")).await;
    assert_eq!(status_and_text(&reply), (404, r#"{"message":"Not Found"}"#));
    assert!(reply.header("apigw-requestid").is_some());
}

#[tokio::test]
async fn a_reply_becomes_http() {
    let (_emulator, client) = start(builder()).await;
    let got = reply(
        &client,
        &json!({
            "statusCode": 403, "headers": { "Content-Type": "text/xml", "x-n": 1 },
            "multiValueHeaders": { "x-dropped": ["1"] }, "cookies": ["a=1", "b=2"],
            "body": "PGEvPg==", "isBase64Encoded": true,
        }),
    )
    .await;
    assert_eq!(status_and_text(&got), (403, "<a/>"));
    assert_eq!(got.header("content-type"), Some("text/xml"));
    assert_eq!(got.header("x-n"), Some("1"));
    assert_eq!(got.header("x-dropped"), None);
    let cookies: Vec<_> = got.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);

    let inferred = reply(&client, &json!({ "a": 1 })).await;
    assert_eq!(status_and_text(&inferred), (200, r#"{"a":1}"#));
    assert_eq!(inferred.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_reply_that_makes_no_sense_is_an_internal_error() {
    let (_emulator, client) = start(builder()).await;
    for nonsense in [
        json!({ "statusCode": 1000 }),
        json!({ "statusCode": 200, "headers": { "a b": "1" } }),
        json!({ "statusCode": 200, "body": "?", "isBase64Encoded": true }),
    ] {
        let got = reply(&client, &nonsense).await;
        assert_eq!(status_and_text(&got), INTERNAL_ERROR, "{nonsense}");
    }
}

#[tokio::test]
async fn the_gateway_refuses_what_is_too_large() {
    const MB: usize = 1024 * 1024;
    let (emulator, client) = start(builder()).await;
    let octets = |size| post(&client, "/log", "application/octet-stream", &vec![0; size]);
    let text = |size| post(&client, "/echo", "text/plain", &vec![b'a'; size]);
    let head = |size| client.request("GET", &format!("/echo?{}", "a".repeat(size)));
    for (request, status) in [
        (text(6 * MB - 2000), 200),
        (text(6 * MB), 413),
        (octets(5 * MB), 413),
        (octets(10 * MB + 1), 413),
        (head(10_150), 200),
        (head(10_240), 431),
    ] {
        let reply = client.send(request).await;
        assert_eq!(reply.status, status);
    }
    assert_eq!(emulator.logs().len(), 0);
}

#[tokio::test]
async fn a_panic_fails_the_invocation_and_not_the_process() {
    let (emulator, client) = start(builder()).await;
    let reply = client.send(client.request("GET", "/panic")).await;
    assert_eq!(status_and_text(&reply), INTERNAL_ERROR);
    let error = emulator
        .invoke_raw("probe", &event("/panic"))
        .await
        .unwrap_err();
    assert!(error.error_message.contains("told to panic"), "{error:?}");
    assert_eq!(emulator.restarts(), 0);
}

#[tokio::test]
async fn a_process_that_ends_fails_its_invocation_and_is_replaced() {
    let (emulator, client) = start(builder()).await;
    client.send(client.request("GET", "/echo")).await;
    let before = emulator.processes("probe")[0];
    let error = emulator
        .invoke_raw("probe", &event("/exit"))
        .await
        .unwrap_err();
    assert_eq!(error.error_type, "Runtime.ExitError");
    assert_eq!(error.error_message, "Runtime exited: exit status: 7");
    let reply = client.send(client.request("GET", "/exit")).await;
    assert_eq!(status_and_text(&reply), INTERNAL_ERROR);
    assert_eq!(emulator.restarts(), 2);
    let reply = client.send(client.request("GET", "/echo")).await;
    assert_eq!(reply.status, 200);
    assert_ne!(emulator.processes("probe")[0].pid, before.pid);
}

#[tokio::test]
async fn a_process_that_cannot_start_fails_every_invocation() {
    let broken = [("PROBE_INIT", "exit")];
    let emulator = Emulator::builder()
        .function("broken", &binary("probe-function"), &broken)
        .start()
        .await;
    for _ in 0..2 {
        let error = emulator
            .invoke_raw("broken", &event("/"))
            .await
            .unwrap_err();
        assert_eq!(error.error_type, "Runtime.ExitError");
    }
    assert_eq!(emulator.restarts(), 2);
}

#[tokio::test]
async fn an_invocation_that_takes_too_long_costs_the_process() {
    let emulator = Emulator::builder()
        .timeout(Duration::from_millis(50))
        .function("probe", &binary("probe-function"), &[])
        .start()
        .await;
    let error = emulator
        .invoke_raw("probe", &event("/hang"))
        .await
        .unwrap_err();
    assert_eq!(error.error_type, "Sandbox.Timedout");
    assert_eq!(emulator.restarts(), 1);
    assert!(emulator.processes("probe").is_empty());
}

#[tokio::test]
async fn each_invocation_has_its_context() {
    let (emulator, _client) = start(builder()).await;
    let mut ids = HashSet::new();
    for _ in 0..3 {
        let start = SystemClock.now().secs();
        let context = emulator
            .invoke_raw("probe", &event("/context"))
            .await
            .unwrap();
        let end = SystemClock.now().secs();
        let deadline = context["deadline"].as_i64().unwrap() / 1000;
        assert!((start + 30..=end + 30).contains(&deadline), "{context}");
        assert!(
            context["arn"]
                .as_str()
                .unwrap()
                .ends_with(":function:probe")
        );
        assert!(context["traceId"].as_str().unwrap().starts_with("Root=1-"));
        assert_eq!(context["env"]["KEY"], "value");
        assert_eq!(context["env"]["AWS_LAMBDA_FUNCTION_NAME"], "probe");
        assert_eq!(context["env"]["PATH"], Value::Null);
        ids.insert(context["requestId"].to_string());
    }
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn lines_are_in_the_log_before_the_reply() {
    let (emulator, client) = start(builder()).await;
    for text in ["one", "two"] {
        let request = post(&client, "/log", "text/plain", text.as_bytes());
        assert_eq!(client.send(request).await.status, 204);
    }
    let expected = ["out: one", "err: one", "out: two", "err: two"];
    assert_eq!(emulator.logs(), expected);
}

#[tokio::test]
async fn environments_run_side_by_side() {
    let (emulator, client) = start(builder().processes(2)).await;
    let hang = || client.send(client.request("GET", "/hang"));
    tokio::select! {
        _ = hang() => panic!("a reply"),
        _ = hang() => panic!("a reply"),
        () = until(|| emulator.processes("probe").len() == 2) => {}
    }
}

#[tokio::test]
async fn processes_end_with_the_emulator() {
    let (emulator, client) = start(builder()).await;
    assert!(emulator.processes("probe").is_empty());
    client.send(client.request("GET", "/echo")).await;
    let process = emulator.processes("probe")[0];
    assert!(process.init.unwrap() <= process.cold_start.unwrap());
    let stat = format!("/proc/{}/stat", process.pid);
    let runs = || std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z "));
    assert!(runs());
    drop(emulator);
    until(|| !runs()).await;
}

#[tokio::test]
async fn the_empty_function_answers_any_request() {
    let emulator = Emulator::builder()
        .function("empty", &binary("empty-function"), &[])
        .route("$default", "empty")
        .start()
        .await;
    let client = Client::new(emulator.url());
    for method in [Method::GET, Method::POST] {
        let reply = client.send(client.request(method.as_str(), "/a?b")).await;
        assert_eq!(status_and_text(&reply), (200, "ok"));
    }
}
