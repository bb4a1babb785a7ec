//! A provider's public keys (RFC 7517), the unusable ones left out one by one.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use ring::agreement::{self, ECDH_P256, ECDH_P384, EphemeralPrivateKey};
use ring::rand::SystemRandom;
use serde::Deserialize;
use serde_json::Value;

/// The most keys of a set that are looked at.
const MAX_KEYS: usize = 100;

/// The sizes of RSA keys that are accepted, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The text is no key set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Not a JSON object with a list `keys`.
    #[error("the key set is not a JSON object with a list of keys")]
    Malformed,
    /// More keys than any provider needs.
    #[error("the key set has more than {MAX_KEYS} keys")]
    TooMany,
}

/// The family and size of a key, which decide what algorithms it fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyKind {
    Ed25519,
    P256,
    P384,
    Rsa,
}

impl KeyKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ed25519 => "Ed25519",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::Rsa => "RSA",
        }
    }

    const fn fits(self, algorithm: Algorithm) -> bool {
        match self {
            Self::Ed25519 => matches!(algorithm, Algorithm::EdDSA),
            Self::P256 => matches!(algorithm, Algorithm::ES256),
            Self::P384 => matches!(algorithm, Algorithm::ES384),
            Self::Rsa => matches!(
                algorithm,
                Algorithm::RS256
                    | Algorithm::RS384
                    | Algorithm::RS512
                    | Algorithm::PS256
                    | Algorithm::PS384
                    | Algorithm::PS512
            ),
        }
    }
}

#[derive(Debug, Clone)]
struct PublicKey {
    kid: Option<String>,
    kind: KeyKind,
    /// The one algorithm that the provider binds the key to, if it does.
    algorithm: Option<Algorithm>,
    key: DecodingKey,
}

/// The usable keys of one provider.
#[derive(Debug, Clone, Default)]
pub struct KeySet(Vec<PublicKey>);

/// No key of the set can verify the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoKey {
    /// No key has this id, or none fits: a newer set may have one.
    Unknown,
    /// The token names no key and several fit.
    Ambiguous,
}

impl KeySet {
    /// Reads a key set. Keys of other kinds, weak or broken ones, keys for encryption and keys
    /// that share an id are left out; the others stay usable.
    pub fn parse(text: &[u8]) -> Result<Self, KeySetError> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<Value>,
        }
        let document: Document =
            serde_json::from_slice(text).map_err(|_| KeySetError::Malformed)?;
        if document.keys.len() > MAX_KEYS {
            return Err(KeySetError::TooMany);
        }
        let mut uses = HashMap::new();
        for kid in document
            .keys
            .iter()
            .filter_map(|key| key.get("kid")?.as_str())
        {
            *uses.entry(kid.to_owned()).or_insert(0_u32) += 1;
        }
        let keys = document
            .keys
            .into_iter()
            .filter_map(|key| read_key(serde_json::from_value(key).ok()?));
        let unique = |key: &PublicKey| key.kid.as_ref().is_none_or(|kid| uses.get(kid) == Some(&1));
        Ok(Self(keys.filter(unique).collect()))
    }

    /// How many keys are usable.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no key is usable.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The id, if there is one, and the kind of each usable key.
    pub fn describe(&self) -> impl Iterator<Item = (Option<&str>, &'static str)> {
        self.0
            .iter()
            .map(|key| (key.kid.as_deref(), key.kind.as_str()))
    }

    /// The key for a token's header.
    pub(super) fn find(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<&DecodingKey, NoKey> {
        let mut fitting = self.0.iter().filter(|key| {
            key.kind.fits(algorithm)
                && key.algorithm.is_none_or(|bound| bound == algorithm)
                && (kid.is_none() || key.kid.as_deref() == kid)
        });
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(&key.key),
            (None, _) => Err(NoKey::Unknown),
            (Some(_), Some(_)) => Err(NoKey::Ambiguous),
        }
    }
}

/// The members of a JSON web key that are looked at.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

fn read_key(jwk: Jwk) -> Option<PublicKey> {
    let signs = jwk.usage.as_deref().is_none_or(|u| u == "sig")
        && jwk
            .key_ops
            .as_ref()
            .is_none_or(|ops| ops.iter().any(|op| op == "verify"));
    let algorithm = jwk
        .alg
        .as_deref()
        .map(str::parse::<Algorithm>)
        .transpose()
        .ok()?;
    let (kind, key) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) => (KeyKind::Rsa, rsa_key(&jwk.n?, &jwk.e?)?),
        ("EC", Some("P-256")) => (KeyKind::P256, curve_key(&ECDH_P256, &jwk.x?, &jwk.y?)?),
        ("EC", Some("P-384")) => (KeyKind::P384, curve_key(&ECDH_P384, &jwk.x?, &jwk.y?)?),
        ("OKP", Some("Ed25519")) => (KeyKind::Ed25519, edwards_key(&jwk.x?)?),
        _ => return None,
    };
    let fits = algorithm.is_none_or(|algorithm| kind.fits(algorithm));
    (signs && fits).then_some(PublicKey {
        kid: jwk.kid,
        kind,
        algorithm,
        key,
    })
}

fn rsa_key(n: &str, e: &str) -> Option<DecodingKey> {
    let (n, e) = (decode(n)?, decode(e)?);
    let n = strip_zeros(&n);
    let e = strip_zeros(&e);
    let bits = n.len() * 8 - usize::try_from(n.first()?.leading_zeros()).ok()?;
    let odd = |number: &[u8]| number.last().is_some_and(|b| b & 1 == 1);
    let sound = RSA_BITS.contains(&bits) && odd(n) && odd(e) && e != [1] && e.len() <= 4;
    sound.then(|| DecodingKey::from_rsa_raw_components(n, e))
}

/// Agreement refuses a point that is not on the curve; verification would only fail later.
fn curve_key(curve: &'static agreement::Algorithm, x: &str, y: &str) -> Option<DecodingKey> {
    let (uncompressed, x_bytes, y_bytes) = (vec![4], decode(x)?, decode(y)?);
    let point = [uncompressed, x_bytes, y_bytes].concat();
    let private = EphemeralPrivateKey::generate(curve, &SystemRandom::new()).ok()?;
    agreement::agree_ephemeral(
        private,
        &agreement::UnparsedPublicKey::new(curve, &point),
        |_| (),
    )
    .ok()?;
    DecodingKey::from_ec_components(x, y).ok()
}

fn edwards_key(x: &str) -> Option<DecodingKey> {
    (decode(x)?.len() == 32).then(|| DecodingKey::from_ed_components(x).ok())?
}

fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn strip_zeros(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|&b| b != 0).unwrap_or(number.len());
    number.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// RFC 7515 appendix A.3 and RFC 8037 appendix A.
    const P256_X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    const P256_Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    const ED_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn usable(keys: &Value) -> Vec<String> {
        let set = KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap();
        set.0
            .iter()
            .map(|k| format!("{:?}/{}", k.kind, k.kid.as_deref().unwrap_or("-")))
            .collect()
    }

    fn modulus(bits: usize) -> String {
        let mut n = vec![0xff; bits / 8];
        n[0] = 0x80 | (n[0] >> (7 - (bits + 7) % 8));
        URL_SAFE_NO_PAD.encode(n)
    }

    #[test]
    fn usable_keys_are_kept_and_others_ignored() {
        let keys = json!([
            {"kty": "EC", "crv": "P-256", "x": P256_X, "y": P256_Y, "kid": "ec", "use": "sig", "alg": "ES256"},
            {"kty": "OKP", "crv": "Ed25519", "x": ED_X, "kid": "ed"},
            {"kty": "RSA", "n": modulus(2048), "e": "AQAB", "kid": "rsa"},
            {"kty": "oct", "k": "c2VjcmV0", "kid": "hmac", "alg": "HS256"},
            {"kty": "EC", "crv": "secp256k1", "x": P256_X, "y": P256_Y, "kid": "k1"},
            {"kty": "new"}, 7, null, {},
        ]);
        assert_eq!(usable(&keys), ["P256/ec", "Ed25519/ed", "Rsa/rsa"]);
    }

    #[test]
    fn weak_and_broken_keys_do_not_spoil_the_others() {
        let keys = json!([
            {"kty": "RSA", "n": modulus(1024), "e": "AQAB", "kid": "short"},
            {"kty": "RSA", "n": modulus(2048), "e": "AQ", "kid": "e1"},
            {"kty": "RSA", "n": modulus(2048), "e": "Ag", "kid": "even"},
            {"kty": "RSA", "n": "", "e": "", "kid": "empty"},
            {"kty": "RSA", "n": modulus(2048), "e": "AQAB", "use": "enc", "kid": "enc"},
            {"kty": "RSA", "n": modulus(2048), "e": "AQAB", "key_ops": ["encrypt"], "kid": "ops"},
            {"kty": "RSA", "n": modulus(2048), "e": "AQAB", "alg": "HS256", "kid": "hs"},
            {"kty": "EC", "crv": "P-256", "x": P256_X, "y": P256_X, "kid": "off-curve"},
            {"kty": "EC", "crv": "P-256", "x": P256_X, "kid": "half"},
            {"kty": "OKP", "crv": "Ed25519", "x": "AAAA", "kid": "stub"},
            {"kty": "OKP", "crv": "Ed25519", "x": ED_X, "kid": "good"},
        ]);
        assert_eq!(usable(&keys), ["Ed25519/good"]);
    }

    #[test]
    fn keys_that_share_an_id_are_left_out() {
        let key = |kid| json!({"kty": "OKP", "crv": "Ed25519", "x": ED_X, "kid": kid});
        assert_eq!(
            usable(&json!([key("a"), key("a"), key("b"), {"kty": "oct", "kid": "c"}, key("c")])),
            ["Ed25519/b"]
        );
    }

    #[test]
    fn t24_sets_are_bounded() {
        let many = json!({"keys": vec![json!({}); 10_000]}).to_string();
        assert_eq!(
            KeySet::parse(many.as_bytes()).unwrap_err(),
            KeySetError::TooMany
        );
        for text in ["", "[]", "{}", "{\"keys\":{}}", "null"] {
            assert_eq!(
                KeySet::parse(text.as_bytes()).unwrap_err(),
                KeySetError::Malformed,
                "{text}"
            );
        }
    }

    #[test]
    fn a_token_without_kid_needs_exactly_one_fitting_key() {
        let ed = |kid: &str| json!({"kty": "OKP", "crv": "Ed25519", "x": ED_X, "kid": kid});
        let ec = json!({"kty": "EC", "crv": "P-256", "x": P256_X, "y": P256_Y, "kid": "ec"});
        let set =
            |keys: Value| KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap();
        let one = set(json!([ed("a"), ec]));
        assert!(one.find(None, Algorithm::EdDSA).is_ok());
        assert!(one.find(Some("a"), Algorithm::EdDSA).is_ok());
        assert_eq!(
            one.find(Some("a"), Algorithm::ES256).unwrap_err(),
            NoKey::Unknown
        );
        assert_eq!(
            one.find(Some("x"), Algorithm::EdDSA).unwrap_err(),
            NoKey::Unknown
        );
        assert_eq!(
            one.find(None, Algorithm::RS256).unwrap_err(),
            NoKey::Unknown
        );
        let two = set(json!([ed("a"), ed("b")]));
        assert_eq!(
            two.find(None, Algorithm::EdDSA).unwrap_err(),
            NoKey::Ambiguous
        );
    }
}
