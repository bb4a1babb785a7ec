//! Algorithms, keys and headers.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
};
use serde_json::json;

use super::{NOW, Provider, check, check_claims, check_with, claims, signed};
use crate::jwt::{IdentityTokenError, KeySet};

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
