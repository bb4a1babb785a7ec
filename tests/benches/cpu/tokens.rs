//! Identity tokens in three algorithms, and the key set that verifies them.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use serde_json::{Value, json};
use shared::clock::UnixTime;

/// The provider's issuer.
pub(crate) const ISSUER: &str = "https://idp.example.com";

/// A key of the benchmark's own, of the size that providers use most.
const RSA_KEY: &[u8] = include_bytes!("../../testdata/rsa-2048.p8");

/// The key set, and one token for each algorithm.
pub(crate) fn exchanges(now: UnixTime) -> (String, Vec<(&'static str, String)>) {
    let random = SystemRandom::new();
    let rsa = RsaKeyPair::from_pkcs8(RSA_KEY).unwrap();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let ec = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random)
        .unwrap();
    let ed = Ed25519KeyPair::from_pkcs8(Ed25519KeyPair::generate_pkcs8(&random).unwrap().as_ref())
        .unwrap();
    let (x, y) = ec.public_key().as_ref()[1..].split_at(32);
    let components: ring::rsa::PublicKeyComponents<Vec<u8>> = rsa.public().into();
    let keys = json!({"keys": [
        {"kty": "RSA", "kid": "rsa", "n": encode(&components.n), "e": encode(&components.e)},
        {"kty": "EC", "crv": "P-256", "kid": "ec", "x": encode(x), "y": encode(y)},
        {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": encode(ed.public_key().as_ref())},
    ]});
    let tokens = vec![
        (
            "RS256",
            token(now, "RS256", "rsa", |message| {
                let mut signature = vec![0; rsa.public().modulus_len()];
                rsa.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }),
        ),
        (
            "ES256",
            token(now, "ES256", "ec", |message| {
                ec.sign(&random, message).unwrap().as_ref().to_vec()
            }),
        ),
        (
            "EdDSA",
            token(now, "EdDSA", "ed", |message| {
                ed.sign(message).as_ref().to_vec()
            }),
        ),
    ];
    (keys.to_string(), tokens)
}

fn token(now: UnixTime, algorithm: &str, kid: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let header = json!({"alg": algorithm, "typ": "at+jwt", "kid": kid});
    let claims: Value = json!({
        "iss": ISSUER, "sub": "app", "aud": "app", "azp": "app", "iat": now.secs(), "exp": now.secs() + 3600,
        "jti": "c0ffee", "scope": "storage", "policy": "readwrite",
    });
    let message = format!(
        "{}.{}",
        encode(header.to_string().as_bytes()),
        encode(claims.to_string().as_bytes())
    );
    let signature = sign(message.as_bytes());
    format!("{message}.{}", encode(&signature))
}

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
