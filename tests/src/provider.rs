//! An OpenID provider that signs any claims, and serves its documents as it is told to.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    self, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaEncoding, RsaKeyPair,
};
use serde_json::{Value, json};
use shared::clock::{Clock, SystemClock};

pub use crate::responder::{Answer, Received};

use crate::responder::Responder;

/// The path of the discovery document.
pub const DISCOVERY: &str = "/.well-known/openid-configuration";
/// The path of the key set.
pub const JWKS: &str = "/jwks";

/// A key of the tests' own, of the size that providers use most: making one takes seconds.
const RSA_KEY: &[u8] = include_bytes!("../testdata/rsa-2048.p8");

/// Signs identity tokens.
#[derive(Debug)]
pub struct SigningKey {
    /// The algorithm of its tokens.
    pub algorithm: &'static str,
    /// Its id.
    pub kid: String,
    pair: Pair,
}

#[derive(Debug)]
enum Pair {
    Rsa(RsaKeyPair),
    Ec(&'static str, EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl SigningKey {
    /// A key for one of the algorithms of RFC 7518 and RFC 8037. All RSA keys are the same key,
    /// others are new.
    ///
    /// # Panics
    ///
    /// When there is no such algorithm.
    pub fn new(algorithm: &'static str, kid: &str) -> Self {
        let pair = match algorithm {
            "ES256" => Pair::Ec("P-256", ec_pair(&ECDSA_P256_SHA256_FIXED_SIGNING)),
            "ES384" => Pair::Ec("P-384", ec_pair(&ECDSA_P384_SHA384_FIXED_SIGNING)),
            "EdDSA" => {
                let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
                let document = document.expect("random bytes");
                Pair::Ed(Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("a key"))
            }
            _ => Pair::Rsa(RsaKeyPair::from_pkcs8(RSA_KEY).expect("a key")),
        };
        Self {
            algorithm,
            kid: kid.to_owned(),
            pair,
        }
    }

    /// The public key: PKCS #1 for RSA, a point for others.
    pub fn public(&self) -> &[u8] {
        match &self.pair {
            Pair::Rsa(pair) => pair.public_key().as_ref(),
            Pair::Ec(_, pair) => pair.public_key().as_ref(),
            Pair::Ed(pair) => pair.public_key().as_ref(),
        }
    }

    /// The public key as a JWK (RFC 7517), bound to no algorithm.
    pub fn jwk(&self) -> Value {
        let kid = &self.kid;
        match &self.pair {
            Pair::Rsa(pair) => {
                let key: signature::RsaPublicKeyComponents<Vec<u8>> = pair.public().into();
                json!({"kty": "RSA", "kid": kid, "n": encode(&key.n), "e": encode(&key.e)})
            }
            Pair::Ec(curve, _) => {
                // Uncompressed: 4, x, y.
                let point = self.public().get(1..).unwrap_or_default();
                let (x, y) = point.split_at(point.len() / 2);
                json!({"kty": "EC", "crv": curve, "kid": kid, "x": encode(x), "y": encode(y)})
            }
            Pair::Ed(_) => {
                let x = encode(self.public());
                json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x})
            }
        }
    }

    /// A token with these claims, whose header names algorithm and key.
    pub fn token(&self, claims: &Value) -> String {
        let header = json!({"alg": self.algorithm, "typ": "JWT", "kid": self.kid});
        self.token_with(&header, claims)
    }

    /// A token with any header.
    pub fn token_with(&self, header: &Value, claims: &Value) -> String {
        token(header, claims, |message| self.sign(message))
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let padding = rsa_padding(self.algorithm);
                let signed = pair.sign(padding, &random, message, &mut signature);
                signed.expect("a signature");
                signature
            }
            Pair::Ec(_, pair) => {
                let signature = pair.sign(&random, message).expect("a signature");
                signature.as_ref().to_vec()
            }
            Pair::Ed(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }
}

fn ec_pair(algorithm: &'static EcdsaSigningAlgorithm) -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("random bytes");
    EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).expect("a key")
}

fn rsa_padding(algorithm: &str) -> &'static dyn RsaEncoding {
    match algorithm {
        "RS256" => &signature::RSA_PKCS1_SHA256,
        "RS384" => &signature::RSA_PKCS1_SHA384,
        "RS512" => &signature::RSA_PKCS1_SHA512,
        "PS256" => &signature::RSA_PSS_SHA256,
        "PS384" => &signature::RSA_PSS_SHA384,
        "PS512" => &signature::RSA_PSS_SHA512,
        other => panic!("{other} is no algorithm of an RSA key"),
    }
}

/// A token (RFC 7515 section 7.1) with any header and any signature.
pub fn token(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let [header, claims] = [header, claims].map(|part| encode(part.to_string().as_bytes()));
    let message = format!("{header}.{claims}");
    let signature = encode(&sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// Claims of Alice's for the issuer's client `app`, good for an hour, with these changes; `null`
/// removes.
///
/// # Panics
///
/// When the changes have no names.
pub fn claims(issuer: &str, changes: &Value) -> Value {
    let now = SystemClock.now().secs();
    let mut claims = json!({
        "iss": issuer, "sub": "alice", "aud": "app", "iat": now, "exp": now + 3600,
        "policy": "readonly",
    });
    let members = claims.as_object_mut().expect("an object");
    members.extend(changes.as_object().expect("an object").clone());
    members.retain(|_, value| !value.is_null());
    claims
}

/// What `sts-admin apply` gets for a provider that is named after its client and has this one
/// key, with further settings.
pub fn entry(issuer: &str, client: &str, key: &SigningKey, more: &str) -> String {
    let jwks = key_set(&[key]);
    format!("{{name: {client}, issuer: '{issuer}', client_ids: [{client}], jwks: {jwks}, {more}}}")
}

/// The key set (RFC 7517 section 5) of these keys.
pub fn key_set(keys: &[&SigningKey]) -> Value {
    json!({"keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>()})
}

/// Base64url without padding.
pub fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A provider that runs until it is dropped.
#[derive(Debug)]
pub struct Provider {
    /// The issuer, which is where it listens.
    pub issuer: String,
    server: Responder,
}

impl Provider {
    /// A provider that publishes these keys.
    pub async fn start(keys: &[&SigningKey]) -> Self {
        let server = Responder::start().await;
        let issuer = format!("http://{}", server.address);
        let provider = Self { issuer, server };
        provider.publish(keys);
        provider.discover(&provider.url(JWKS));
        provider
    }

    /// The URL of a path of the provider's.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// Publishes these keys and no others.
    pub fn publish(&self, keys: &[&SigningKey]) {
        self.answer(JWKS, Answer::json(200, &key_set(keys)));
    }

    /// Names another place for the keys.
    pub fn discover(&self, jwks_uri: &str) {
        let document = json!({"issuer": self.issuer, "jwks_uri": jwks_uri});
        self.answer(DISCOVERY, Answer::json(200, &document));
    }

    /// Changes the answer to all further requests for a path.
    pub fn answer(&self, path: &str, answer: Answer) {
        self.server.answer(path, answer);
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Received> {
        self.server.requests()
    }

    /// Forgets requests and connections, such as those of `sts-admin`.
    pub fn forget(&self) {
        self.server.forget();
    }

    /// How many requests there were for a path.
    pub fn fetches(&self, path: &str) -> usize {
        let requests = self.requests();
        requests.iter().filter(|it| it.path() == path).count()
    }

    /// How many connections were opened so far.
    pub fn connections(&self) -> usize {
        self.server.connections()
    }
}
