//! Identity tokens in three algorithms, and the key set that verifies them.

use serde_json::json;
use shared::clock::UnixTime;
use tests::provider::{SigningKey, key_set};

/// The provider's issuer.
pub(crate) const ISSUER: &str = "https://idp.example.com";

/// The key set, and one token for each algorithm.
pub(crate) fn exchanges(now: UnixTime) -> (String, Vec<(&'static str, String)>) {
    let claims = json!({
        "iss": ISSUER, "sub": "app", "aud": "app", "azp": "app", "iat": now.secs(), "exp": now.secs() + 3600,
        "jti": "c0ffee", "scope": "storage", "policy": "readwrite",
    });
    let keys = ["RS256", "ES256", "EdDSA"].map(|algorithm| SigningKey::new(algorithm, algorithm));
    let tokens = keys.iter().map(|key| (key.algorithm, key.token(&claims)));
    (key_set(&keys.each_ref()).to_string(), tokens.collect())
}
