//! Keys that are replaced without another id, and tokens that no key verifies.

use serde_json::{Value, json};
use shared::clock::{Clock, SystemClock};
use shared::jwt::IdentityTokenError;
use tests::provider::{Answer, JWKS, SigningKey};

use super::Setup;
use super::key_sets::Process;
use crate::check::NOT_BELIEVED;
use crate::check::Outcome::Success;

/// A key whose tokens name an id, or none.
struct Replaced {
    key: SigningKey,
    kid: Option<&'static str>,
}

impl Replaced {
    fn new(algorithm: &'static str, kid: Option<&'static str>) -> Self {
        let key = SigningKey::new(algorithm, kid.unwrap_or_default());
        Self { key, kid }
    }

    fn jwk(&self) -> Value {
        let mut jwk = self.key.jwk();
        jwk["kid"] = json!(self.kid);
        jwk
    }

    fn token(&self, claims: &Value) -> String {
        let mut header = json!({"alg": self.key.algorithm, "typ": "JWT"});
        if let Some(kid) = self.kid {
            header["kid"] = kid.into();
        }
        self.key.token_with(&header, claims)
    }
}

/// The key of a token without an id, and of an id that stays.
#[tokio::test]
async fn a_key_that_is_replaced_under_its_own_id_or_none_is_fetched_at_once() {
    for (kid, old, new) in [
        (None, "ES256", "ES256"),
        (None, "ES256", "EdDSA"),
        (Some("k1"), "ES256", "ES256"),
        (Some("k1"), "ES256", "ES384"),
    ] {
        let it = Setup::start().await;
        let [old, new] = [old, new].map(|algorithm| Replaced::new(algorithm, kid));
        let claims = it.claims(&json!({}));
        let publish = |keys: &[&Replaced]| {
            let keys: Vec<_> = keys.iter().map(|it| it.jwk()).collect();
            it.idp
                .answer(JWKS, Answer::json(200, &json!({ "keys": keys })));
        };
        publish(&[&old]);
        it.check((kid, "old"), &old.token(&claims), Success).await;
        publish(&[&new]);
        it.check((kid, "new"), &new.token(&claims), Success).await;
        it.check((kid, "gone"), &old.token(&claims), NOT_BELIEVED)
            .await;
        assert_eq!(it.idp.fetches(JWKS), 2, "{kid:?}");
    }
}

#[tokio::test]
async fn keys_of_which_one_is_withdrawn_are_fetched_when_a_token_fits_several() {
    let it = Setup::start().await;
    let other = SigningKey::new("ES256", "k2");
    it.idp.publish(&[&it.key, &other]);
    let header = json!({"alg": "ES256"});
    let token = it.key.token_with(&header, &it.claims(&json!({})));
    let process = Process::of(&it).await;
    let start = SystemClock.now();
    let ambiguous = Err(IdentityTokenError::KeyAmbiguous);
    assert_eq!(process.verify(&token, start).await, ambiguous);
    it.idp.publish(&[&it.key]);
    assert_eq!(process.verify(&token, start.plus(59)).await, ambiguous);
    assert_eq!(process.verify(&token, start.plus(60)).await, Ok(()));
    assert_eq!(it.idp.fetches(JWKS), 3);
}

/// Whatever the reason is that no key verifies them.
#[tokio::test]
async fn t24_ten_thousand_forged_tokens_cost_one_fetch_a_minute() {
    let it = Setup::start().await;
    let process = Process::of(&it).await;
    let start = SystemClock.now();
    let claims = it.claims(&json!({}));
    let headers = [
        json!({"alg": "ES256", "kid": "k1"}),
        json!({"alg": "ES256"}),
        json!({"alg": "ES384", "kid": "k1"}),
        json!({"alg": "RS256"}),
    ];
    let forged = |header| tests::provider::token(header, &claims, |_| vec![1; 64]);
    let tokens = headers.each_ref().map(forged);
    for n in 0..10_000 {
        let token = &tokens[usize::try_from(n).unwrap() % tokens.len()];
        // Two minutes pass.
        let result = process.verify(token, start.plus(n * 120 / 10_000)).await;
        assert!(result.is_err(), "{n}");
    }
    assert_eq!(
        it.idp.fetches(JWKS),
        1 + 2,
        "the first need, and one a minute"
    );
}
