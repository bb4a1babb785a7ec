use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _,
};
use serde_json::{Value, json};

use crate::clock::UnixTime;
use crate::jwt::{
    DEFAULT_ALGORITHMS, Expectations, IdentityClaims, IdentityTokenError, KeySet, UnverifiedToken,
    verify_identity,
};

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
const ISSUER: &str = "https://idp.example.com";

/// A provider with one key.
struct Provider {
    ed: Ed25519KeyPair,
    kid: &'static str,
}

impl Provider {
    fn new(kid: &'static str) -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self {
            ed: Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap(),
            kid,
        }
    }

    fn public(&self) -> &[u8] {
        self.ed.public_key().as_ref()
    }

    fn keys(&self) -> KeySet {
        let key = json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(self.public()), "kid": self.kid});
        KeySet::parse(json!({"keys": [key]}).to_string().as_bytes()).unwrap()
    }

    fn header(&self) -> Value {
        json!({"alg": "EdDSA", "typ": "JWT", "kid": self.kid})
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        signed(header, claims, |message| {
            self.ed.sign(message).as_ref().to_vec()
        })
    }
}

fn signed(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn claims() -> Value {
    json!({"iss": ISSUER, "sub": "alice", "aud": "app", "exp": NOW.secs() + 600, "iat": NOW.secs()})
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn check(token: &str, keys: &KeySet) -> Result<IdentityClaims, IdentityTokenError> {
    let algorithms = DEFAULT_ALGORITHMS.map(str::to_owned);
    check_with(token, keys, &algorithms)
}

fn check_with(
    token: &str,
    keys: &KeySet,
    algorithms: &[String],
) -> Result<IdentityClaims, IdentityTokenError> {
    let audiences = ["app".to_owned(), "app2".to_owned()];
    verify_identity(
        token,
        keys,
        &Expectations {
            issuer: ISSUER,
            audiences: &audiences,
            algorithms,
            leeway: 60,
            now: NOW,
        },
    )
}

fn check_claims(claims: &Value) -> Result<IdentityClaims, IdentityTokenError> {
    let provider = Provider::new("k");
    check(
        &provider.token(&provider.header(), claims),
        &provider.keys(),
    )
}

#[test]
fn a_good_token_is_believed() {
    let verified = check_claims(&claims()).unwrap();
    assert_eq!(
        (verified.subject.as_str(), verified.audience.as_str()),
        ("alice", "app")
    );
    assert_eq!(verified.expires_at, NOW.plus(600));
}

#[test]
fn elliptic_curve_tokens_are_believed_under_their_own_algorithm_only() {
    let random = SystemRandom::new();
    for (algorithm, other, curve, signing) in [
        ("ES256", "ES384", "P-256", &ECDSA_P256_SHA256_FIXED_SIGNING),
        ("ES384", "ES256", "P-384", &ECDSA_P384_SHA384_FIXED_SIGNING),
    ] {
        let document = EcdsaKeyPair::generate_pkcs8(signing, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(signing, document.as_ref(), &random).unwrap();
        let point = &pair.public_key().as_ref()[1..];
        let (x, y) = point.split_at(point.len() / 2);
        let key = json!({"kty": "EC", "crv": curve, "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)});
        let keys = KeySet::parse(json!({"keys": [key]}).to_string().as_bytes()).unwrap();
        let token = |alg: &str| {
            signed(&json!({"alg": alg, "typ": "at+jwt"}), &claims(), |m| {
                pair.sign(&random, m).unwrap().as_ref().to_vec()
            })
        };
        assert!(check(&token(algorithm), &keys).is_ok(), "{algorithm}");
        assert_eq!(
            check(&token(other), &keys).unwrap_err(),
            IdentityTokenError::KeyUnknown
        );
    }
}

#[test]
fn t13_hs256_with_client_secret_is_refused() {
    let provider = Provider::new("app");
    for alg in ["HS256", "HS384", "HS512"] {
        let algorithm = match alg {
            "HS256" => hmac::HMAC_SHA256,
            "HS384" => hmac::HMAC_SHA384,
            _ => hmac::HMAC_SHA512,
        };
        let key = hmac::Key::new(algorithm, b"client-secret");
        let token = signed(&json!({"alg": alg, "kid": "app"}), &claims(), |m| {
            hmac::sign(&key, m).as_ref().to_vec()
        });
        assert_eq!(
            check(&token, &provider.keys()).unwrap_err(),
            IdentityTokenError::Algorithm
        );
        // Not even a configuration that lists it makes it count.
        let refused = check_with(&token, &provider.keys(), &[alg.to_owned()]).unwrap_err();
        assert_eq!(refused, IdentityTokenError::Algorithm);
    }
}

#[test]
fn t14_a_public_key_is_no_secret_in_any_encoding() {
    let provider = Provider::new("k");
    let raw = provider.public().to_vec();
    let base64 = STANDARD.encode(&raw).into_bytes();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(&raw)
    )
    .into_bytes();
    let jwk =
        json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(&raw), "kid": "k"})
            .to_string();
    for secret in [raw, base64, pem, jwk.into_bytes()] {
        for alg in ["HS256", "HS512"] {
            let algorithm = if alg == "HS256" {
                hmac::HMAC_SHA256
            } else {
                hmac::HMAC_SHA512
            };
            let key = hmac::Key::new(algorithm, &secret);
            let token = signed(&json!({"alg": alg, "kid": "k"}), &claims(), |m| {
                hmac::sign(&key, m).as_ref().to_vec()
            });
            assert!(check(&token, &provider.keys()).is_err());
        }
    }
}

#[test]
fn t15_odd_algorithms_are_refused() {
    let provider = Provider::new("k");
    let algs = [
        json!("none"),
        json!("None"),
        json!("nOnE"),
        json!(""),
        json!("FOO256"),
        json!(["EdDSA"]),
        json!(null),
    ];
    for alg in algs {
        let header = json!({"alg": alg, "typ": "JWT", "kid": "k"});
        assert!(
            check(&provider.token(&header, &claims()), &provider.keys()).is_err(),
            "{header}"
        );
        let unsigned = signed(&header, &claims(), |_| Vec::new());
        assert!(check(&unsigned, &provider.keys()).is_err(), "{header}");
    }
    assert!(
        check(
            &provider.token(&json!({"typ": "JWT", "kid": "k"}), &claims()),
            &provider.keys()
        )
        .is_err()
    );
    let empty = signed(&provider.header(), &claims(), |_| Vec::new());
    assert_eq!(
        check(&empty, &provider.keys()).unwrap_err(),
        IdentityTokenError::Signature
    );
}

#[test]
fn t18_another_providers_key_of_the_same_id_is_refused() {
    let (ours, other) = (Provider::new("k"), Provider::new("k"));
    let forged = other.token(&other.header(), &claims());
    assert_eq!(
        check(&forged, &ours.keys()).unwrap_err(),
        IdentityTokenError::Signature
    );
    for issuer in [
        "https://idp.example.com/",
        "https://IDP.example.com",
        "https://idp.example.com.evil.org",
        "",
    ] {
        assert_eq!(
            check_claims(&with("iss", json!(issuer))).unwrap_err(),
            IdentityTokenError::Issuer,
            "{issuer}"
        );
    }
    assert_eq!(
        check_claims(&with("iss", json!([ISSUER]))).unwrap_err(),
        IdentityTokenError::Issuer
    );
}

#[test]
fn t20_the_audience_decides() {
    for aud in [
        json!("other"),
        json!([]),
        json!(["other", 7]),
        json!(7),
        json!(null),
        json!("app,other"),
        json!(""),
    ] {
        assert_eq!(
            check_claims(&with("aud", aud.clone())).unwrap_err(),
            IdentityTokenError::Audience,
            "{aud}"
        );
    }
    assert_eq!(
        check_claims(&without("aud")).unwrap_err(),
        IdentityTokenError::Audience
    );
    assert_eq!(
        check_claims(&with("aud", json!(["other", "app2"])))
            .unwrap()
            .audience,
        "app2"
    );
    let mut by_party = with("aud", json!("other"));
    by_party["azp"] = json!("app");
    assert_eq!(check_claims(&by_party).unwrap().audience, "app");
    let mut party_only = without("aud");
    party_only["azp"] = json!("app");
    assert_eq!(
        check_claims(&party_only).unwrap_err(),
        IdentityTokenError::Audience
    );
}

#[test]
fn t21_times_are_mandatory_and_honoured() {
    let expired = |exp: i64| check_claims(&with("exp", json!(exp))).map(|_| ());
    assert_eq!(expired(NOW.secs() - 59), Ok(()), "within the leeway");
    assert_eq!(expired(NOW.secs() - 60), Err(IdentityTokenError::Expired));
    assert_eq!(
        check_claims(&without("exp")).unwrap_err(),
        IdentityTokenError::Malformed
    );
    for exp in [
        json!("1800000600"),
        json!(null),
        json!(-1),
        json!(1e300),
        json!((NOW.secs() + 600) * 1000),
        json!([1]),
    ] {
        assert_eq!(
            check_claims(&with("exp", exp.clone())).unwrap_err(),
            IdentityTokenError::Malformed,
            "{exp}"
        );
    }
    assert!(check_claims(&with("exp", json!(1_800_000_600.5))).is_ok());
    for name in ["nbf", "iat"] {
        assert!(check_claims(&with(name, json!(NOW.secs() + 60))).is_ok());
        assert_eq!(
            check_claims(&with(name, json!(NOW.secs() + 61))).unwrap_err(),
            IdentityTokenError::NotYetValid
        );
        assert_eq!(
            check_claims(&with(name, json!("now"))).unwrap_err(),
            IdentityTokenError::Malformed
        );
    }
    assert!(
        check_claims(&with("iat", json!(1))).is_ok(),
        "a long life is the provider's business"
    );
}

#[test]
fn subjects_are_mandatory_and_short() {
    assert_eq!(
        check_claims(&without("sub")).unwrap_err(),
        IdentityTokenError::Malformed
    );
    for sub in [
        json!(""),
        json!(7),
        json!("x".repeat(256)),
        json!("a\u{0}b"),
    ] {
        assert_eq!(
            check_claims(&with("sub", sub)).unwrap_err(),
            IdentityTokenError::Malformed
        );
    }
    assert!(check_claims(&with("sub", json!("é".repeat(255)))).is_ok());
}

#[test]
fn headers_that_name_keys_are_never_believed() {
    let (ours, other) = (Provider::new("k"), Provider::new("k"));
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(other.public())});
    for (name, value) in [
        ("jwk", jwk),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/c")),
    ] {
        let mut header = other.header();
        header[name] = value;
        assert!(
            check(&other.token(&header, &claims()), &ours.keys()).is_err(),
            "{name}"
        );
    }
    for (name, value) in [
        ("crit", json!(["x"])),
        ("typ", json!("dpop+jwt")),
        ("zip", json!("DEF")),
    ] {
        let mut header = ours.header();
        header[name] = value;
        assert!(
            check(&ours.token(&header, &claims()), &ours.keys()).is_err(),
            "{name}"
        );
    }
}

#[test]
fn an_unknown_key_id_is_told_apart_for_the_refetch() {
    let provider = Provider::new("old");
    let token = provider.token(&json!({"alg": "EdDSA", "kid": "new"}), &claims());
    assert_eq!(
        check(&token, &provider.keys()).unwrap_err(),
        IdentityTokenError::KeyUnknown
    );
    let token = provider.token(&json!({"alg": "EdDSA"}), &claims());
    assert!(
        check(&token, &provider.keys()).is_ok(),
        "one fitting key needs no id"
    );
}

#[test]
fn every_changed_character_breaks_the_token() {
    let provider = Provider::new("k");
    let token = provider.token(&provider.header(), &claims());
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(check(&changed, &provider.keys()).is_err(), "character {at}");
    }
}

proptest! {
    #[test]
    fn any_text_is_refused_without_a_panic(token in ".{0,200}") {
        let provider = Provider::new("k");
        prop_assert!(check(&token, &provider.keys()).is_err());
        let _ = UnverifiedToken::decode(&token);
    }

    #[test]
    fn any_json_in_the_three_parts_is_refused_without_a_panic(
        header in any::<(u8, String)>(), payload in ".{0,100}", signature in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let header = json!({"alg": DEFAULT_ALGORITHMS[usize::from(header.0) % 9], "kid": header.1}).to_string();
        let [h, p, s] = [header.as_bytes(), payload.as_bytes(), &signature].map(|part| URL_SAFE_NO_PAD.encode(part));
        let token = format!("{h}.{p}.{s}");
        prop_assert!(check(&token, &Provider::new("k").keys()).is_err());
    }
}
