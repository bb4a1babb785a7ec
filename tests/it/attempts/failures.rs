//! What is a failure, and what is none.

use serde_json::{Value, json};
use shared::clock::{Clock, SystemClock};
use tests::plugin::{Answer, ROLE};
use tests::provider::SigningKey;

use super::{IDENTITY, Setup};
use crate::check::Outcome::{Refused, Success};
use crate::check::{DENIED, EXPIRED, INVALID, NOT_BELIEVED, REJECTED, UNREACHABLE, success};

#[tokio::test]
async fn every_identity_token_that_is_not_good_is_a_failure_and_nothing_else_is() {
    let it = Setup::start("{per_source: 1000}").await;
    let stranger = SigningKey::new("ES256", "1");
    let with = |changes: Value| it.token(&changes);
    let now = SystemClock.now().secs();
    let once = with(json!({"aud": "once", "jti": "1"}));
    let many: Vec<String> = (0..101).map(|n| format!("p{n}")).collect();
    success(&it.sts.call(IDENTITY[1], &[("Token", &once)]).await);
    let full = with(json!({"aud": "full"}));
    success(&it.sts.call(IDENTITY[1], &[("Token", &full)]).await);
    let cases = [
        ("malformed", "some-text".to_owned(), NOT_BELIEVED, 1),
        ("no issuer", with(json!({"iss": null})), NOT_BELIEVED, 1),
        (
            "unknown issuer",
            with(json!({"iss": "https://x.example.com"})),
            NOT_BELIEVED,
            1,
        ),
        (
            "long issuer",
            with(json!({"iss": "x".repeat(3000)})),
            NOT_BELIEVED,
            1,
        ),
        (
            "forged",
            stranger.token(&Setup::claims(&json!({}))),
            NOT_BELIEVED,
            1,
        ),
        (
            "forged, of another audience",
            stranger.token(&Setup::claims(&json!({"aud": "x"}))),
            NOT_BELIEVED,
            1,
        ),
        ("audience", with(json!({"aud": "x"})), REJECTED, 1),
        ("expired", with(json!({"exp": now - 600})), EXPIRED, 1),
        ("almost expired", with(json!({"exp": now + 30})), EXPIRED, 1),
        (
            "not yet valid",
            with(json!({"nbf": now + 600})),
            NOT_BELIEVED,
            1,
        ),
        ("scope", with(json!({"aud": "scoped"})), REJECTED, 1),
        ("length", with(json!({"aud": "short"})), INVALID, 1),
        ("replayed", once.clone(), NOT_BELIEVED, 1),
        ("no id", with(json!({"aud": "once"})), NOT_BELIEVED, 1),
        ("no claim", with(json!({"policy": null})), REJECTED, 1),
        ("no policy", with(json!({"policy": "none"})), DENIED, 1),
        ("many policies", with(json!({"policy": many})), REJECTED, 1),
        (
            "missing policies",
            with(json!({"aud": "strict", "policy": "readonly,none"})),
            REJECTED,
            1,
        ),
        ("good", with(json!({})), Success, 0),
        ("denied", with(json!({"policy": "never"})), DENIED, 0),
        ("live sessions", full.clone(), DENIED, 0),
    ];
    for (case, token, expected, adds) in &cases {
        for action in IDENTITY {
            let before = it.failed().await;
            let reply = it.sts.call(action, &[("Token", token)]).await;
            it.check(case, &reply, *expected, before, *adds).await;
        }
    }
    let role = ("RoleArn", ROLE);
    let good = with(json!({}));
    for (case, more, expected, adds) in [
        ("role of a plugin", role, DENIED, 1),
        ("duration", ("DurationSeconds", "1"), INVALID, 0),
        ("parameter", ("Unknown", "x"), INVALID, 0),
        (
            "session policy",
            ("Policy", "{}"),
            Refused(400, "MalformedPolicyDocument"),
            0,
        ),
    ] {
        let before = it.failed().await;
        let reply = it.sts.call(IDENTITY[1], &[("Token", &good), more]).await;
        it.check(case, &reply, expected, before, adds).await;
    }
}

#[tokio::test]
async fn every_custom_token_that_is_not_good_is_a_failure_and_nothing_else_is() {
    let it = Setup::start("{per_source: 1000}").await;
    for (case, role) in [
        ("unknown role", "arn:minio:iam:::role/idmp-tes"),
        ("disabled plugin", "arn:minio:iam:::role/idmp-off"),
        ("no role of a plugin", "arn:aws:iam::123456789012:role/test"),
    ] {
        let before = it.failed().await;
        let reply = it.custom("good", role).await;
        it.check(case, &reply, DENIED, before, 1).await;
    }
    let before = it.failed().await;
    let reply = it.custom(&"t".repeat(4097), ROLE).await;
    it.check("too long for a URL", &reply, INVALID, before, 1)
        .await;
    for (status, expected, adds) in [
        (200, Success, 0),
        (403, DENIED, 1),
        (400, UNREACHABLE, 1),
        (401, UNREACHABLE, 1),
        (413, UNREACHABLE, 1),
        (414, UNREACHABLE, 1),
        (431, UNREACHABLE, 1),
        (499, UNREACHABLE, 1),
        (429, UNREACHABLE, 0),
        (500, UNREACHABLE, 0),
        (503, UNREACHABLE, 0),
    ] {
        let body = json!({"user": "Alice", "maxValiditySeconds": 3600});
        it.plugin.answer(Answer::json(status, &body));
        let before = it.failed().await;
        let reply = it.custom("token", ROLE).await;
        it.check(&status.to_string(), &reply, expected, before, adds)
            .await;
    }
    for (case, more) in [
        ("duration", ("DurationSeconds", "1")),
        ("parameter", ("Unknown", "x")),
    ] {
        let before = it.failed().await;
        let reply = it.custom_with("token", ROLE, &[more]).await;
        it.check(case, &reply, INVALID, before, 0).await;
    }
}
