//! Tokens and what they say stay out of logs and replies.

use serde_json::json;
use tests::provider::{Answer, JWKS, SigningKey};
use tests::sts::TestSts;

use super::{ACTIONS, Setup, now};
use crate::check::success;

/// Stands in claims, and in what the provider serves.
const MARKER: &str = "claim-marker";

#[tokio::test]
async fn t47_t53_no_token_is_told_whatever_happens() {
    let clients = [
        ("app", ""),
        ("once", "single_use: true"),
        ("scoped", "scopes_required: [storage]"),
        ("short", "max_token_length: 100"),
        ("down", ""),
    ];
    let builder = TestSts::builder().env("STS_LOG", "trace");
    let it = Setup::with(builder, &clients).await;
    let marked = json!({"email": MARKER, "jti": MARKER, "more": {"x": [MARKER]}});
    let token = |name: &str, value: serde_json::Value| {
        let mut changes = marked.clone();
        changes[name] = value;
        it.token(&changes)
    };
    let stranger = SigningKey::new("ES256", "k1");
    let unknown = SigningKey::new("ES256", MARKER);
    let good = token("sub", json!("alice"));
    let down = token("aud", json!("down"));
    let tokens = [
        good.clone(),
        token("aud", json!("once")),
        token("aud", json!("scoped")),
        token("aud", json!("short")),
        token("aud", json!(MARKER)),
        token("iss", json!(MARKER)),
        token("exp", json!(now() - 600)),
        token("exp", json!(MARKER)),
        token("nbf", json!(now() + 600)),
        token("policy", json!([MARKER])),
        token("policy", json!({"x": MARKER})),
        token("sub", json!(MARKER.repeat(30))),
        stranger.token(&it.claims(&marked)),
        unknown.token(&it.claims(&marked)),
        good.clone() + "x",
        good.replace('.', ","),
        MARKER.to_owned(),
        down.clone(),
    ];
    let mut secrets = Vec::new();
    let mut replies = 0;
    for token in &tokens {
        if *token == down {
            it.idp.answer(JWKS, Answer::text(500, MARKER));
        }
        for own in ACTIONS {
            for more in [&[][..], &[("DurationSeconds", "1")], &[("Unknown", MARKER)]] {
                let reply = it.call(own, token, more).await;
                replies += 1;
                if reply.status == 200 {
                    let credentials = success(&reply);
                    secrets.extend([credentials.secret, credentials.token]);
                    continue;
                }
                for part in token.split(['.', ',']).chain([MARKER]) {
                    assert!(!reply.text().contains(part), "{part} in {}", reply.text());
                }
            }
        }
    }
    assert!(!secrets.is_empty());
    let logs = it.sts.emulator.logs().join("\n");
    assert_eq!(logs.matches("\"message\":\"call\"").count(), replies);
    let parts = tokens
        .iter()
        .flat_map(|token| token.split(['.', ',']).skip(1));
    for text in parts
        .chain(secrets.iter().map(String::as_str))
        .chain([MARKER])
    {
        assert!(!logs.contains(text), "{text} in the logs");
    }
}
