//! The test client itself.

use std::time::Duration;

use hyper::body::Bytes;
use hyper::{HeaderMap, StatusCode};
use shared::clock::UnixTime;
use tests::client::{Client, Reply, Signer, encode};
use tests::process::binary;

#[test]
fn form_parameters_are_percent_encoded() {
    let encoded = encode(&[("Policy", r#"{"a": "b+c/~"}"#), ("ä", "")]);
    assert_eq!(encoded, "Policy=%7B%22a%22%3A%20%22b%2Bc%2F~%22%7D&%C3%A4=");
}

#[test]
fn a_field_is_the_text_of_the_first_element_of_that_name() {
    let reply = Reply {
        status: StatusCode::OK,
        headers: HeaderMap::new(),
        body: Bytes::from_static(
            b"<a:R xmlns:a='urn:a'><Arn>one &amp; &#x41;</Arn><Arn>two</Arn><None/></a:R>",
        ),
    };
    assert_eq!(reply.field("Arn").as_deref(), Some("one & A"));
    assert_eq!(reply.field("None").as_deref(), Some(""));
    assert_eq!(reply.field("arn"), None);
}

#[test]
fn requests_are_signed_in_the_headers_or_in_the_query() {
    let client = Client::new("http://localhost:9000");
    let request = || client.form("/?x=%20", &[("Action", "AssumeRole")]);
    let mut signer = Signer::new("AKID", "secret", Some("token"));
    signer.time = UnixTime::from_secs(1_440_938_160);

    let in_headers = signer.sign(request());
    let authorization = in_headers.headers()["authorization"].to_str().unwrap();
    assert!(
        authorization.starts_with(
            "AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/sts/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature="
        ),
        "{authorization}"
    );
    assert_eq!(in_headers.uri(), "http://localhost:9000/?x=%20");
    assert_eq!(in_headers.headers()["x-amz-date"], "20150830T123600Z");
    assert_eq!(in_headers.headers()["x-amz-security-token"], "token");

    signer.region = String::new();
    let in_query = signer.presign(request(), Duration::from_mins(1));
    let query = in_query.uri().query().unwrap();
    for part in [
        "x=%20",
        "X-Amz-Credential=AKID%2F20150830%2F%2Fsts%2Faws4_request",
        "X-Amz-Expires=60",
        "X-Amz-Security-Token=token",
        "X-Amz-Signature=",
    ] {
        assert!(query.contains(part), "{part} in {query}");
    }
    assert!(!in_query.headers().contains_key("authorization"));
}

#[test]
#[should_panic(expected = "run `cargo build --bins`")]
fn a_binary_that_was_not_built_is_named() {
    binary("no-such-function");
}
