//! Tests of what needs no store: keys, heads, hooks outside of a request.

use clock::UnixTime;
use domain::permissions::Rights;
use http::Request;
use model::SecretAccessKey;
use policy::Context;
use s3::{Moments, Operation, OperationError};
use s3s::auth::S3Auth as _;
use s3s::{Body, S3ErrorCode};

use super::*;

fn operation(method: &str, uri: &str) -> Operation {
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    s3::operation(method, path, query, |_| None).unwrap()
}

fn granted(method: &str, uri: &str) -> Arc<Granted> {
    Arc::new(Granted {
        access_key: "AKID".to_owned(),
        secret: SecretAccessKey::parse("a-secret-of-one-request").unwrap(),
        operation: operation(method, uri),
        rights: Rights::default(),
        context: Context::new(),
        moments: Moments {
            signed_at: UnixTime::from_secs(0),
            now: UnixTime::from_secs(0),
        },
        keys: KeyStyle::Exact,
        tags: None,
    })
}

#[tokio::test]
async fn secrets_are_for_the_caller_of_the_request_only() {
    let refused = |error: s3s::S3Error| *error.code() == S3ErrorCode::InvalidAccessKeyId;
    assert!(refused(Hooks.get_secret_key("AKID").await.unwrap_err()));
    let during = CURRENT.scope(granted("GET", "/b/k"), async {
        let own = Hooks.get_secret_key("AKID").await.unwrap();
        (own, Hooks.get_secret_key("OTHER").await.unwrap_err())
    });
    let (own, other) = during.await;
    assert_eq!(own.expose(), "a-secret-of-one-request");
    assert!(refused(other));
}

#[test]
fn a_secret_is_not_in_the_debug_output() {
    let text = format!("{:?}", granted("GET", "/b/k"));
    assert!(!text.contains("a-secret-of-one-request"), "{text}");
}

#[tokio::test]
async fn nothing_is_allowed_without_a_policy() {
    let granted = granted("GET", "/b/k");
    let denied = granted.decide(granted.operation.clone()).await.unwrap_err();
    assert_eq!(*denied.to_s3_error().code(), S3ErrorCode::AccessDenied);
}

#[test]
fn names_that_a_file_system_confuses_are_refused() {
    for (uri, is_plain) in [
        ("/b/a/b", true),
        ("/b/a//b", false),
        ("/b//a", false),
        ("/b/a/", false),
        ("/b", true),
        ("/b?prefix=a%2F", true),
        ("/b?prefix=", true),
        ("/b?prefix=%2Fa", false),
    ] {
        let operation = operation("GET", uri);
        let checked = KeyStyle::FilePaths.check(&operation);
        assert_eq!(checked.is_ok(), is_plain, "{uri}");
        assert!(KeyStyle::Exact.check(&operation).is_ok(), "{uri}");
    }
    let source = s3::operation("PUT", "/b/k", "", |name| {
        (name == "x-amz-copy-source").then_some("b//a")
    });
    let checked = KeyStyle::FilePaths.check(&source.unwrap());
    assert_eq!(checked, Err(OperationError::Ambiguous));
}

#[test]
fn repeated_headers_that_decide_are_refused() {
    for (name, is_refused) in [
        ("x-amz-copy-source", true),
        ("x-amz-acl", true),
        ("x-amz-security-token", true),
        ("authorization", true),
        ("content-type", true),
        ("x-amz-meta-a", false),
        ("x-amz-cf-id", false),
        ("accept", false),
    ] {
        let request = Request::put("/b/k").header(name, "1").header(name, "2");
        let request = request.body(Body::empty()).unwrap();
        assert_eq!(Head::of(&request).is_err(), is_refused, "{name}");
    }
}

#[test]
fn signatures_of_version_2_are_told_from_others() {
    let v2 = "/b/k?AWSAccessKeyId=a&Signature=s&Expires=1";
    for (uri, authorization, is_version_2) in [
        (v2, "", true),
        ("/b/k?Expires=1&Signature=s&AWSAccessKeyId=a", "", true),
        ("/b/k", "AWS AKID:c2lnbmF0dXJl", true),
        ("/b/k", "aws AKID:c2lnbmF0dXJl", true),
        ("/b/k", "", false),
        ("/b/k?X-Amz-Signature=s&X-Amz-Expires=1", "", false),
        ("/b/k?prefix=AWSAccessKeyId", "", false),
        ("/b/k", "AWS4-HMAC-SHA256 Credential=a", false),
    ] {
        let request = Request::get(uri).header("authorization", authorization);
        let request = request.body(Body::empty()).unwrap();
        let head = Head::of(&request).unwrap();
        assert_eq!(
            head.has_signature_version_2(),
            is_version_2,
            "{uri} {authorization}"
        );
    }
}

#[test]
fn the_refusal_of_signature_version_2_says_what_to_do() {
    let error = Denied::SignatureVersion2.to_s3_error();
    assert_eq!(*error.code(), S3ErrorCode::AccessDenied);
    assert!(error.message().unwrap().contains("s3v4"), "{error}");
}

#[test]
fn the_host_of_http_2_is_a_header() {
    for (uri, host) in [("http://store:9100/b", "store:9100"), ("/b", "kept")] {
        let mut request = Request::get(uri).body(Body::empty()).unwrap();
        if host == "kept" {
            request
                .headers_mut()
                .insert("host", HeaderValue::from_static("kept"));
        }
        add_host(&mut request);
        assert_eq!(request.headers()["host"], host);
    }
}

#[tokio::test]
async fn refusals_are_answered_in_the_words_of_s3() {
    for (denied, status) in [
        (Denied::Mismatch, 403),
        (Denied::SignatureVersion2, 403),
        (Denied::Internal, 500),
        (Denied::from(OperationError::Argument), 400),
        (Denied::from(OperationError::Ambiguous), 400),
        (Denied::from(OperationError::Malformed), 400),
        (Denied::from(OperationError::Unknown), 501),
        (Denied::from(domain::verify::Refusal::NothingAsked), 403),
    ] {
        assert_eq!(denied.into_response().status().as_u16(), status);
    }
}
