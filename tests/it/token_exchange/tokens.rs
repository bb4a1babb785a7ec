//! Tokens that are not to be believed, each once through everything; `shared::jwt` has the rest.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;
use serde_json::{Value, json};
use shared::store::ReadProviders;
use tests::provider::{Provider, SigningKey, token};
use tests::sts::TestSts;

use super::{Setup, claims, config, entry, now};
use crate::check::Outcome::Success;
use crate::check::{DENIED, EXPIRED, NOT_BELIEVED, REJECTED};

fn mac(algorithm: &str, secret: &[u8], header: &Value, claims: &Value) -> String {
    let algorithm = match algorithm {
        "HS256" => hmac::HMAC_SHA256,
        "HS384" => hmac::HMAC_SHA384,
        _ => hmac::HMAC_SHA512,
    };
    let key = hmac::Key::new(algorithm, secret);
    token(header, claims, |message| {
        hmac::sign(&key, message).as_ref().to_vec()
    })
}

#[tokio::test]
async fn t13_a_token_signed_with_the_clients_secret_is_refused() {
    let it = Setup::start().await;
    // A key with the client's id is there to be found.
    it.idp.publish(&[&it.key, &SigningKey::new("ES256", "app")]);
    for algorithm in ["HS256", "HS384", "HS512"] {
        for secret in ["app-secret", "app", ""] {
            let header = json!({"alg": algorithm, "typ": "JWT", "kid": "app"});
            let token = mac(
                algorithm,
                secret.as_bytes(),
                &header,
                &it.claims(&json!({})),
            );
            it.check((algorithm, secret), &token, NOT_BELIEVED).await;
        }
    }
}

#[tokio::test]
async fn t14_a_public_key_is_no_secret_in_any_encoding() {
    let it = Setup::start().await;
    let rsa = SigningKey::new("RS256", "rsa");
    it.idp.publish(&[&it.key, &rsa]);
    for key in [&it.key, &rsa] {
        let der = key.public().to_vec();
        let base64 = BASE64_STANDARD.encode(&der);
        let pem = |kind: &str| format!("-----BEGIN {kind}-----\n{base64}\n-----END {kind}-----\n");
        let jwk = key.jwk();
        let secrets = [
            der.clone(),
            pem("PUBLIC KEY").into_bytes(),
            pem("RSA PUBLIC KEY").into_bytes(),
            jwk.to_string().into_bytes(),
            json!({"keys": [jwk]}).to_string().into_bytes(),
            base64.clone().into_bytes(),
        ];
        for (n, secret) in secrets.iter().enumerate() {
            for algorithm in ["HS256", "HS512"] {
                let header = json!({"alg": algorithm, "typ": "JWT", "kid": key.kid});
                let token = mac(algorithm, secret, &header, &it.claims(&json!({})));
                it.check((&key.kid, n, algorithm), &token, NOT_BELIEVED)
                    .await;
            }
        }
    }
}

#[tokio::test]
async fn t15_odd_algorithms_and_missing_signatures_are_refused() {
    let it = Setup::start().await;
    let claims = it.claims(&json!({}));
    for alg in [
        json!("none"),
        json!("None"),
        json!("nOnE"),
        json!(""),
        json!("FOO256"),
        json!("es256"),
        json!("ES384"),
        json!("RS256"),
        json!(["ES256"]),
        json!(null),
    ] {
        let header = json!({"alg": alg, "typ": "JWT", "kid": "k1"});
        it.check(&alg, &it.key.token_with(&header, &claims), NOT_BELIEVED)
            .await;
        let unsigned = token(&header, &claims, |_| Vec::new());
        it.check(&alg, &unsigned, NOT_BELIEVED).await;
        let two_parts = unsigned.trim_end_matches('.');
        it.check(&alg, two_parts, NOT_BELIEVED).await;
    }
    let no_alg = it
        .key
        .token_with(&json!({"typ": "JWT", "kid": "k1"}), &claims);
    it.check("no alg", &no_alg, NOT_BELIEVED).await;
    let good = it.key.token(&claims);
    let unsigned = good.rsplit_once('.').unwrap().0.to_owned() + ".";
    it.check("unsigned", &unsigned, NOT_BELIEVED).await;
    it.check("good", &good, Success).await;
}

/// What a header says about keys is neither believed nor fetched.
#[tokio::test]
async fn keys_that_a_token_brings_along_are_not_looked_at() {
    let it = Setup::start().await;
    let own = SigningKey::new("ES256", "k1");
    let elsewhere = Provider::start(&[&own]).await;
    let url = elsewhere.url("/jwks");
    for (name, value) in [
        ("jku", json!(url)),
        ("x5u", json!(url)),
        ("jwk", own.jwk()),
        ("x5c", json!(["AAAA"])),
        ("crit", json!(["jku"])),
        ("typ", json!("dpop+jwt")),
    ] {
        let mut header = json!({"alg": "ES256", "typ": "JWT", "kid": "k1"});
        header[name] = value;
        let token = own.token_with(&header, &it.claims(&json!({})));
        it.check(name, &token, NOT_BELIEVED).await;
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn t18_keys_and_roles_of_one_provider_are_of_no_use_at_another() {
    let (key, other_key) = (
        SigningKey::new("ES256", "k1"),
        SigningKey::new("ES256", "k1"),
    );
    let idp = Provider::start(&[&key]).await;
    let other = Provider::start(&[&other_key]).await;
    let entries = [
        entry(&idp, "app", ""),
        entry(&idp, "jobs", "role_policies: [readwrite]"),
        entry(&other, "theirs", ""),
        entry(&other, "robots", "role_policies: [readonly]"),
    ];
    let sts = TestSts::builder()
        .config(&config(entries.into_iter()))
        .start()
        .await;
    let it = Setup { sts, idp, key };
    let providers = it.sts.store().providers(&it.idp.issuer).await.unwrap();
    let role = providers.iter().find_map(|p| p.role_arns().next()).unwrap();
    let role = [("RoleArn", role.as_str())];
    let theirs = |aud: &str| claims(&other.issuer, &json!({"aud": aud}));

    it.check("ours", &it.token(&json!({})), Success).await;
    it.check("theirs", &other_key.token(&theirs("theirs")), Success)
        .await;
    for aud in ["app", "jobs"] {
        let forged = other_key.token(&it.claims(&json!({"aud": aud})));
        it.check("their key", &forged, NOT_BELIEVED).await;
        it.check_with("their key, our role", &forged, &role, NOT_BELIEVED)
            .await;
        it.check("our audience", &other_key.token(&theirs(aud)), REJECTED)
            .await;
    }
    for aud in ["theirs", "robots"] {
        let token = other_key.token(&theirs(aud));
        it.check_with("our role", &token, &role, DENIED).await;
    }
    for issuer in [
        format!("{}/", it.idp.issuer),
        it.idp.issuer.to_uppercase(),
        it.idp.issuer.replace("127.0.0.1", "localhost"),
        format!(" {}", it.idp.issuer),
        String::new(),
    ] {
        it.check(&issuer, &it.token(&json!({"iss": issuer})), NOT_BELIEVED)
            .await;
    }
    for issuer in [json!(null), json!([it.idp.issuer]), json!(7)] {
        it.check(&issuer, &it.token(&json!({"iss": issuer})), NOT_BELIEVED)
            .await;
    }
}

#[tokio::test]
async fn t20_the_audience_decides() {
    let it = Setup::start().await;
    for (changes, expected) in [
        (json!({"aud": "app"}), Success),
        (json!({"aud": ["other", "app"]}), Success),
        (json!({"aud": "other", "azp": "app"}), Success),
        (json!({"aud": null}), REJECTED),
        (json!({"aud": null, "azp": "app"}), REJECTED),
        (json!({"aud": "other"}), REJECTED),
        (json!({"aud": "other", "azp": "another"}), REJECTED),
        (json!({"aud": ["other"], "azp": ["app"]}), REJECTED),
        (json!({"aud": "other,app"}), REJECTED),
        (json!({"aud": "APP"}), REJECTED),
        (json!({"aud": []}), REJECTED),
        (json!({"aud": ""}), REJECTED),
        (json!({"aud": {"app": "app"}}), REJECTED),
    ] {
        it.check(&changes, &it.token(&changes), expected).await;
    }
}

#[tokio::test]
async fn t21_times_are_mandatory_and_honoured() {
    let clients = [("app", ""), ("strict", "leeway_seconds: 0")];
    let it = Setup::of(&clients).await;
    let now = now();
    for (changes, expected) in [
        (json!({"exp": null}), NOT_BELIEVED),
        (json!({"exp": "soon"}), NOT_BELIEVED),
        (json!({"exp": -1}), NOT_BELIEVED),
        (json!({"exp": (now + 3600) * 1000}), NOT_BELIEVED),
        (json!({"exp": now - 61}), EXPIRED),
        (json!({"exp": 1}), EXPIRED),
        (json!({"nbf": now + 600}), NOT_BELIEVED),
        (json!({"iat": now + 600}), NOT_BELIEVED),
        (json!({"nbf": "now"}), NOT_BELIEVED),
        (json!({"nbf": now + 30, "iat": now + 30}), Success),
        (json!({"aud": "strict", "nbf": now + 600}), NOT_BELIEVED),
        (json!({"aud": "strict", "iat": now + 30}), NOT_BELIEVED),
        (json!({"aud": "strict"}), Success),
        (json!({"iat": 1, "nbf": 1}), Success),
        (json!({"iat": null}), Success),
        (json!({"exp": now + 30 * 24 * 3600}), Success),
    ] {
        it.check(&changes, &it.token(&changes), expected).await;
    }
}

#[tokio::test]
async fn subjects_are_mandatory_and_short() {
    let it = Setup::start().await;
    for (sub, expected) in [
        (json!(null), NOT_BELIEVED),
        (json!(""), NOT_BELIEVED),
        (json!(7), NOT_BELIEVED),
        (json!("x".repeat(256)), NOT_BELIEVED),
        (json!("\u{e9}".repeat(255)), Success),
        (json!("<&>"), Success),
    ] {
        it.check(&sub, &it.token(&json!({"sub": sub})), expected)
            .await;
    }
}
