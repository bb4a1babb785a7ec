//! Who has no token of an issuer's own learns nothing of its providers.

use serde_json::json;
use tests::plugin::ROLE;
use tests::provider::{self, Answer, JWKS, SigningKey};
use tests::sts::TestSts;

use super::{ACTIONS, Setup, WEB, claims, now};
use crate::check::Outcome::Success;
use crate::check::{
    DENIED, EXPIRED, INVALID, NOT_BELIEVED, REJECTED, UNREACHABLE, outcome, refusal,
};

const CLIENTS: [(&str, &str); 6] = [
    ("app", ""),
    ("jobs", "role_policies: [readonly]"),
    ("off", "enabled: false"),
    ("once", "single_use: true"),
    ("scoped", "scopes_required: [storage]"),
    ("short", "max_token_length: 100"),
];

const NOBODYS_ROLE: &str = "arn:minio:iam:::role/nobodys";

/// Those providers, and a plugin with a role of its own.
async fn setup() -> Setup {
    let it = Setup::of(&CLIENTS).await;
    let plugin = "identity_plugins: [{name: p, url: 'http://localhost:1', role_id: test, \
                  role_policies: [readonly]}]";
    it.sts.table.apply(plugin).await;
    it
}

#[tokio::test]
async fn until_the_signature_holds_there_is_one_code_one_text_and_one_size() {
    let it = setup().await;
    let providers = it
        .sts
        .table
        .admin(&["provider", "show", "jobs", "--output", "json"]);
    let jobs: serde_json::Value = serde_json::from_str(&providers.await).unwrap();
    let jobs_role = jobs["role_arns"][0].as_str().unwrap();
    let (stranger, unknown) = (
        SigningKey::new("ES256", "k1"),
        SigningKey::new("ES256", "k9"),
    );
    let good = it.token(&json!({}));
    let (payload, _) = good.rsplit_once('.').unwrap();
    let mut tokens = vec![
        ("malformed", "some-text".to_owned()),
        ("no signature", format!("{payload}.")),
        ("no payload", good.replace('.', "..")),
    ];
    for (case, changes) in [
        ("forged", json!({})),
        ("unknown issuer", json!({"iss": "https://idp.example.com"})),
        ("no issuer", json!({"iss": null})),
        ("long issuer", json!({"iss": "i".repeat(3000)})),
        ("wrong audience", json!({"aud": "other"})),
        ("no audience", json!({"aud": null})),
        ("odd audience", json!({"aud": {"a": 1}})),
        ("audience of a role", json!({"aud": "jobs"})),
        ("disabled", json!({"aud": "off"})),
        ("expired", json!({"exp": now() - 600})),
        (
            "expired long ago, elsewhere",
            json!({"exp": 1, "aud": "other"}),
        ),
        ("almost expired", json!({"exp": now() + 10})),
        ("no expiry", json!({"exp": null})),
        ("not yet valid", json!({"nbf": now() + 600})),
        ("no subject", json!({"sub": null})),
        ("no scope", json!({"aud": "scoped"})),
        ("no id", json!({"aud": "once"})),
        ("too long", json!({"aud": "short"})),
        (
            "too long for client grants",
            json!({"more": "x".repeat(3000)}),
        ),
        ("no policies", json!({"policy": null})),
    ] {
        let claims = it.claims(&changes);
        tokens.push((case, stranger.token(&claims)));
        tokens.push((case, unknown.token(&claims)));
        tokens.push((case, stranger.token_with(&json!({"alg": "HS256"}), &claims)));
        tokens.push((case, stranger.token_with(&json!({"alg": "none"}), &claims)));
    }
    let mut sizes = Vec::new();
    for (case, token) in &tokens {
        for role in [None, Some(jobs_role), Some(ROLE), Some(NOBODYS_ROLE)] {
            let role: Vec<_> = role.map(|arn| ("RoleArn", arn)).into_iter().collect();
            for action in ACTIONS {
                let reply = it.call(action, token, &role).await;
                let text = refusal(&reply, 400, "InvalidIdentityToken");
                assert_eq!(text, "The identity token could not be validated.", "{case}");
                sizes.push(reply.body.len());
            }
        }
    }
    sizes.dedup();
    assert_eq!(sizes.len(), 1, "{sizes:?}");
    assert_eq!(it.sts.emulator.restarts(), 0);
}

/// The issuer's own tokens are told what is wrong with them.
#[tokio::test]
async fn once_the_signature_holds_the_reason_is_told() {
    let it = setup().await;
    for (case, changes, expected) in [
        ("good", json!({}), Success),
        ("wrong audience", json!({"aud": "other"}), REJECTED),
        ("no audience", json!({"aud": null}), REJECTED),
        ("disabled", json!({"aud": "off"}), REJECTED),
        ("expired", json!({"exp": now() - 600}), EXPIRED),
        ("no scope", json!({"aud": "scoped"}), REJECTED),
        ("too long", json!({"aud": "short"}), INVALID),
    ] {
        it.check(case, &it.token(&changes), expected).await;
    }
    let jobs = it.token(&json!({"aud": "jobs"}));
    let role = [("RoleArn", ROLE)];
    it.check_with("role", &jobs, &role, DENIED).await;
    it.check_with("role", &it.token(&json!({})), &role, DENIED)
        .await;
    let nobodys = [("RoleArn", NOBODYS_ROLE)];
    it.check_with("claim", &it.token(&json!({})), &nobodys, Success)
        .await;
}

/// Where providers of one issuer have keys of their own, any of them proves that a token is the
/// issuer's, and only its own provider's lets it in.
#[tokio::test]
async fn t18_a_reason_is_told_to_tokens_of_any_provider_of_the_issuer() {
    let (key, other) = (SigningKey::new("ES256", "a"), SigningKey::new("ES256", "b"));
    let providers = [("app", &key), ("second", &other)]
        .map(|(client, key)| provider::entry("https://i", client, key, ""));
    let config = format!("openid_providers: [{}]", providers.join(", "));
    let sts = TestSts::builder().config(&config).start().await;
    let token = |key: &SigningKey, audience: &str| {
        key.token(&claims("https://i", &json!({"aud": audience})))
    };
    for (case, key, audience, expected) in [
        ("its own", &key, "app", Success),
        ("its own", &other, "second", Success),
        ("the other's", &key, "second", NOT_BELIEVED),
        ("the other's", &other, "app", NOT_BELIEVED),
        ("nobody's audience", &key, "third", REJECTED),
        ("nobody's audience", &other, "third", REJECTED),
        (
            "a stranger's",
            &SigningKey::new("ES256", "a"),
            "third",
            NOT_BELIEVED,
        ),
    ] {
        for action in ACTIONS {
            let parameters = [(action.token, &*token(key, audience))];
            let reply = sts.call(action.name, &parameters).await;
            outcome((case, audience), &reply, expected);
        }
    }
}

/// Only that the provider is out of reach, which SDKs have to try again, tells of an issuer.
#[tokio::test]
async fn keys_that_cannot_be_had_are_told_for_any_audience() {
    let it = Setup::of(&[("app", "")]).await;
    it.idp.answer(JWKS, Answer::text(500, ""));
    for audience in ["app", "other"] {
        let token = it.token(&json!({"aud": audience}));
        let reply = it.call(&WEB, &token, &[]).await;
        outcome(audience, &reply, UNREACHABLE);
    }
    assert_eq!(it.idp.fetches(JWKS), 1);
}
