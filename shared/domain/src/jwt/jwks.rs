//! A provider's public keys (RFC 7517), the unusable ones left out one by one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use ring::agreement::{self, ECDH_P256, ECDH_P384, EphemeralPrivateKey};
use ring::rand::SystemRandom;
use serde::Deserialize;
use serde_json::Value;

use super::DEFAULT_ALGORITHMS;

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
    /// Whether the provider says that the key is for signatures; others may be for them.
    for_signatures: bool,
    key: DecodingKey,
}

impl PublicKey {
    fn fits(&self, kid: Option<&str>, algorithm: Algorithm) -> bool {
        self.kind.fits(algorithm)
            && self.algorithm.is_none_or(|bound| bound == algorithm)
            && (kid.is_none() || self.kid.as_deref() == kid)
    }

    /// How much of the choice the provider has made itself: what it says counts before what
    /// it leaves open.
    const fn said(&self) -> (bool, bool) {
        (self.algorithm.is_some(), self.for_signatures)
    }
}

/// The keys of one provider that can verify tokens.
#[derive(Debug, Clone, Default)]
pub struct KeySet(Vec<PublicKey>);

/// No key of the set can verify the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoKey {
    /// No key has this id, or none fits: a newer set may have one.
    Unknown,
    /// Several keys fit equally well.
    Ambiguous,
}

impl KeySet {
    /// Reads a key set. Keys of other kinds, weak or broken ones and keys for encryption are
    /// left out; the others stay usable.
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
        let keys = document
            .keys
            .into_iter()
            .filter_map(|key| read_key(serde_json::from_value(key).ok()?));
        Ok(Self(keys.collect()))
    }

    /// How many keys are usable.
    pub fn len(&self) -> usize {
        self.usable().count()
    }

    /// Whether no key is usable.
    pub fn is_empty(&self) -> bool {
        self.usable().next().is_none()
    }

    /// The id, if there is one, and the kind of each usable key.
    pub fn describe(&self) -> impl Iterator<Item = (Option<&str>, &'static str)> {
        self.usable()
            .map(|key| (key.kid.as_deref(), key.kind.as_str()))
    }

    /// The key for a token's header (RFC 7517 section 4): of the id, fit for the algorithm.
    /// Where several are, one that is bound to the algorithm comes first, then one that is
    /// said to be for signatures.
    pub(super) fn find(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<&DecodingKey, NoKey> {
        self.choose(kid, algorithm).map(|key| &key.key)
    }

    fn choose(&self, kid: Option<&str>, algorithm: Algorithm) -> Result<&PublicKey, NoKey> {
        let fitting = || self.0.iter().filter(|key| key.fits(kid, algorithm));
        let most = fitting().map(PublicKey::said).max();
        let mut best = fitting().filter(|key| Some(key.said()) == most);
        match (best.next(), best.next()) {
            (Some(key), None) => Ok(key),
            (None, _) => Err(NoKey::Unknown),
            (Some(_), Some(_)) => Err(NoKey::Ambiguous),
        }
    }

    /// The keys that a token of some algorithm can choose.
    fn usable(&self) -> impl Iterator<Item = &PublicKey> {
        self.0.iter().filter(|key| {
            let chosen = |algorithm| self.choose(key.kid.as_deref(), algorithm);
            let mut algorithms = DEFAULT_ALGORITHMS
                .iter()
                .filter_map(|name| name.parse().ok());
            algorithms.any(|algorithm| chosen(algorithm).is_ok_and(|best| std::ptr::eq(best, *key)))
        })
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
    let usage = jwk.usage.as_deref().map(|usage| usage == "sig");
    let operations = jwk.key_ops.as_deref();
    let operations = operations.map(|ops| ops.iter().any(|op| op == "verify"));
    if [usage, operations].contains(&Some(false)) {
        return None;
    }
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
    fits.then_some(PublicKey {
        kid: jwk.kid,
        kind,
        algorithm,
        for_signatures: usage.or(operations).is_some(),
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
mod tests;
