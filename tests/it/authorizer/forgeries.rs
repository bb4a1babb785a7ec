//! Tokens that the service did not make, or did not make so; signatures that do not fit.

use std::time::Duration;

use hyper::header::HeaderValue;
use serde_json::{Value, json};
use shared::clock::{Clock, SystemClock};
use tests::client::Signer;
use tests::sts::SECRET;

use super::{Gate, api, event, get, user, verdict};
use crate::forged::{AnyKey, FORGED_SECRET, Forged, token};

const INVALID: &str = "InvalidClientTokenId";

/// What a client could come by signs no token, even with a row that somebody slipped in.
#[tokio::test]
async fn t03_t04_tokens_signed_with_any_secret_open_nothing() {
    let gate = Gate::start().await;
    let keys = gate.sts.keys().await;
    let control = Forged::new(60).store(&gate.sts, &keys).await;
    assert_eq!(
        verdict(&gate.items(&api(control.signer())).await),
        "allowed"
    );
    let key_file = std::fs::read(gate.sts.table.key_file()).unwrap();
    for (case, key) in [
        ("the user's secret", SECRET.as_bytes()),
        ("the session's secret", FORGED_SECRET.as_bytes()),
        ("the key file", &key_file),
        ("nothing", b""),
    ] {
        let signing = AnyKey(keys.active_kid(), key);
        let forged = Forged::new(60).store(&gate.sts, &signing).await;
        let reply = gate.items(&api(forged.signer())).await;
        assert_eq!(verdict(&reply), INVALID, "{case}: {reply}");
    }
}

#[tokio::test]
async fn t05_tokens_with_an_odd_end_open_nothing() {
    let gate = Gate::start().await;
    let keys = gate.sts.keys().await;
    let soon = SystemClock.now().plus(60).secs();
    for (exp, expected) in [
        (json!(soon), "allowed"),
        (json!(soon - 120), INVALID),
        (json!(soon.to_string()), INVALID),
        (json!(f64::from(i32::MAX) + 0.5), INVALID),
        (json!(-soon), INVALID),
        (json!(1e30), INVALID),
        (json!(soon * 1000), INVALID),
        (json!(null), INVALID),
        (Value::String("absent".to_owned()), INVALID),
    ] {
        let forged = Forged::new(60);
        let mut claims = serde_json::to_value(&forged.claims).unwrap();
        if exp == "absent" {
            claims.as_object_mut().unwrap().remove("exp");
        } else {
            claims["exp"] = exp.clone();
        }
        let token = token(&claims, &keys);
        let session = forged.store_with(&gate.sts, token).await;
        let reply = gate.items(&api(session.signer())).await;
        assert_eq!(verdict(&reply), expected, "{exp}: {reply}");
    }
}

type Change = fn(&mut Signer);

#[tokio::test]
async fn t50_scope_and_time_of_a_signature_must_fit() {
    let config = format!("settings: {{regions: [us-east-1]}}\n{}", super::CONFIG);
    let gate = Gate::of(&config, &[("STS_CACHE_SECONDS", "0")]).await;
    let changes: [(&str, Change, &str); 8] = [
        ("none", |_| (), "allowed"),
        ("15 minutes old", |s| s.time = s.time.plus(-890), "allowed"),
        (
            "older",
            |s| s.time = s.time.plus(-910),
            "SignatureDoesNotMatch",
        ),
        (
            "further ahead",
            |s| s.time = s.time.plus(910),
            "SignatureDoesNotMatch",
        ),
        (
            "another region",
            |s| "eu-1".clone_into(&mut s.region),
            "SignatureDoesNotMatch",
        ),
        (
            "for sts",
            |s| "sts".clone_into(&mut s.service),
            "SignatureDoesNotMatch",
        ),
        (
            "for s3",
            |s| "s3".clone_into(&mut s.service),
            "SignatureDoesNotMatch",
        ),
        ("no service", |s| s.service.clear(), "SignatureDoesNotMatch"),
    ];
    for (case, change, expected) in changes {
        let mut signer = user();
        change(&mut signer);
        let reply = gate.items(&signer).await;
        assert_eq!(verdict(&reply), expected, "{case}: {reply}");
    }
}

#[tokio::test]
async fn t50_what_is_added_to_a_signed_request_is_refused() {
    let gate = Gate::start().await;
    let header = event(&user().sign(get("/items")));
    let query = event(&user().presign(get("/items"), Duration::from_mins(1)));
    let mut signer = user();
    signer.time = signer.time.plus(-120);
    let expired = event(&signer.presign(get("/items"), Duration::from_mins(1)));
    let mut form = user().sign(get("/items"));
    form.headers_mut()
        .insert("x-amz-security-token", HeaderValue::from_static("t"));
    let set = |event: &Value, pointer: &str, value: Value| {
        let mut event = event.clone();
        *event.pointer_mut(pointer).expect(pointer) = value;
        event
    };
    let mut both = header.clone();
    both["rawQueryString"] = query["rawQueryString"].clone();
    let mut no_host = header.clone();
    let text = header["headers"]["authorization"].as_str().unwrap();
    no_host["headers"]["authorization"] = json!(text.replace("host;", ""));
    let doubled = format!("{}&a=1", query["rawQueryString"].as_str().unwrap());
    for (case, event, expected) in [
        ("header", header.clone(), "allowed"),
        ("query", query.clone(), "allowed"),
        ("an unsigned token", event(&form), "SignatureDoesNotMatch"),
        ("two signatures", both, "SignatureDoesNotMatch"),
        ("no host", no_host, "SignatureDoesNotMatch"),
        (
            "a parameter more",
            set(&query, "/rawQueryString", json!(doubled)),
            "SignatureDoesNotMatch",
        ),
        ("expired", expired, "SignatureDoesNotMatch"),
    ] {
        let reply = gate.ask(&event).await;
        assert_eq!(verdict(&reply), expected, "{case}: {reply}");
    }
}
