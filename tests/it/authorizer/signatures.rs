//! What has to be signed, and how the body and the path count.

use hyper::Request;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use serde_json::{Value, json};
use tests::client::{Client, Signer};
use tests::sts::{SECRET, USER};

use super::{CONFIG, EMPTY_SHA256, Gate, HOST, api, event, get, user, verdict};

/// A `POST` of a body, with its hash in a header if the client declares it.
fn post(body: &'static str, declared: Option<&str>) -> Request<Bytes> {
    let mut request = Client::new(HOST).request("POST", "/items");
    *request.body_mut() = Bytes::from_static(body.as_bytes());
    if let Some(hash) = declared {
        let hash = HeaderValue::from_str(hash).unwrap();
        request.headers_mut().insert("x-amz-content-sha256", hash);
    }
    request
}

#[tokio::test]
async fn t08_credentials_come_whole_and_for_this_service() {
    let gate = Gate::start().await;
    let session = gate.sts.session().await;
    let other = gate.sts.session().await;
    let sign = |key: &str, secret: &str, token| api(Signer::new(key, secret, token));
    let (key, secret) = (session.access_key.as_str(), session.secret.as_str());
    for (case, signer, expected) in [
        ("no token", sign(key, secret, None), "InvalidClientTokenId"),
        (
            "another's token",
            sign(key, secret, Some(&other.token)),
            "InvalidClientTokenId",
        ),
        (
            "a user's key with a token",
            sign(USER, SECRET, Some(&session.token)),
            "InvalidClientTokenId",
        ),
        (
            "another's secret",
            sign(key, &other.secret, Some(&session.token)),
            "SignatureDoesNotMatch",
        ),
        ("signed for sts", session.signer(), "SignatureDoesNotMatch"),
        (
            "unknown",
            sign("nobody", SECRET, None),
            "InvalidClientTokenId",
        ),
    ] {
        let reply = gate.items(&signer).await;
        assert_eq!(verdict(&reply), expected, "{case}: {reply}");
    }
}

/// The function has no body to hash. What it verifies is the hash that the client declares, and
/// the API behind has to compare it with the body.
#[tokio::test]
async fn bodies_are_held_to_what_the_client_declares() {
    let allow_post = CONFIG.replace("/GET/items", "/*/items");
    let gate = Gate::start().await;
    gate.sts.table.apply(&allow_post).await;
    let hash = "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5";
    let body = "{\"a\":1}";
    for (case, request, expected) in [
        ("declared", post("body", Some(hash)), "allowed"),
        ("empty", post("", None), "allowed"),
        ("not declared", post(body, None), "SignatureDoesNotMatch"),
        (
            "unsigned",
            post(body, Some("UNSIGNED-PAYLOAD")),
            "SignatureDoesNotMatch",
        ),
    ] {
        let reply = gate.ask(&event(&user().sign(request))).await;
        assert_eq!(verdict(&reply), expected, "{case}: {reply}");
    }
    let signed = user().sign(post("body", Some(hash)));
    let allowed = gate.ask(&event(&signed)).await;
    assert_eq!(allowed["context"]["contentSha256"], hash);
    let mut event = event(&signed);
    event["headers"]["x-amz-content-sha256"] = json!(EMPTY_SHA256);
    assert_eq!(verdict(&gate.ask(&event).await), "SignatureDoesNotMatch");
}

#[tokio::test]
async fn a_request_that_changed_on_its_way_is_refused() {
    let gate = Gate::start().await;
    let signed = event(&user().sign(get("/items?a=1")));
    assert_eq!(verdict(&gate.ask(&signed).await), "allowed");
    for change in [
        |e: &mut Value| e["rawPath"] = json!("/items/x"),
        |e: &mut Value| e["rawQueryString"] = json!("a=2"),
        |e: &mut Value| e["requestContext"]["http"]["method"] = json!("HEAD"),
        |e: &mut Value| e["headers"]["host"] = json!("other.example.com"),
        |e: &mut Value| e["headers"]["x-amz-date"] = json!("20200101T000000Z"),
    ] {
        let mut event = signed.clone();
        change(&mut event);
        let reply = gate.ask(&event).await;
        assert_eq!(verdict(&reply), "SignatureDoesNotMatch", "{event}");
    }
}

/// With the actions of S3, headers say what is asked for, whatever service was signed for.
#[tokio::test]
async fn headers_that_decide_must_be_signed_and_others_need_not() {
    let config = CONFIG.replace("policies: [items]", "policies: [items, readwrite]");
    let signed = event(&user().sign(get("/items")));
    let refused = "SignatureDoesNotMatch";
    for (actions, decides) in [("execute-api", "allowed"), ("s3", refused)] {
        let gate = Gate::of(&config, &[("STS_AUTHORIZER_ACTIONS", actions)]).await;
        for (header, expected) in [
            ("x-amz-cf-id", "allowed"),
            ("x-amz-security-token", refused),
            ("x-amz-acl", decides),
            ("x-amz-meta-a", decides),
        ] {
            let mut event = signed.clone();
            event["headers"][header] = json!("added");
            let reply = gate.ask(&event).await;
            assert_eq!(verdict(&reply), expected, "{actions}: {header}: {reply}");
        }
    }
}

/// The gateway decodes paths, so that the authorizer has to find out what was signed.
#[tokio::test]
async fn paths_are_verified_however_they_were_encoded() {
    let gate = Gate::start().await;
    for target in [
        "/items/a%20b",
        "/items/a:b@c",
        "/items/a%3Ab",
        "/items/%C3%A9",
    ] {
        let reply = gate.ask(&event(&user().sign(get(target)))).await;
        assert_eq!(verdict(&reply), "allowed", "{target}: {reply}");
    }
}
