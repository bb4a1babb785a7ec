//! Identity tokens that must and must not be believed.

mod claims;
mod properties;
mod signatures;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clock::UnixTime;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

use crate::jwt::{
    DEFAULT_ALGORITHMS, Expectations, IdentityClaims, IdentityTokenError, KeySet, verify_identity,
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
