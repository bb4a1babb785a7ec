//! The signing keys of the demo OpenID provider.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

use crate::Error;

/// The key that signs and, after a rotation, the one that signed before it. Both are published,
/// so that tokens of the previous key stay valid until the next rotation.
#[derive(Debug)]
pub(super) struct KeyRing {
    path: PathBuf,
    current: SigningKey,
    previous: Option<SigningKey>,
}

/// A P-256 key for ES256 (RFC 7518 section 3.4).
struct SigningKey {
    pkcs8: Vec<u8>,
    pair: EcdsaKeyPair,
    /// The RFC 7638 thumbprint.
    kid: String,
}

impl KeyRing {
    /// Reads the keys from `path`, or puts a new one there, readable by its owner only.
    ///
    /// The file holds one key a line, the current one first: PKCS#8 in base64.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::create(path),
            Err(error) => return Err(Error::file(path)(error)),
        };
        let mut keys = text.lines().map(SigningKey::from_base64);
        let current = keys.next().flatten();
        let previous = keys.next().map(|key| key.ok_or_else(|| broken(path)));
        Ok(Self {
            path: path.to_owned(),
            current: current.ok_or_else(|| broken(path))?,
            previous: previous.transpose()?,
        })
    }

    /// Signs with a new key from now on; forgets the one before the current.
    pub(super) fn rotate(&mut self) -> Result<(), Error> {
        let current = SigningKey::generate()?;
        self.previous = Some(std::mem::replace(&mut self.current, current));
        self.save()
    }

    /// The identifier of the key that signs.
    pub(super) fn kid(&self) -> &str {
        &self.current.kid
    }

    /// The ES256 signature of `message` by the current key.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature = self.current.pair.sign(&SystemRandom::new(), message);
        Ok(signature.map_err(|_| Error::Key)?.as_ref().to_vec())
    }

    /// The public keys as a JWK Set (RFC 7517 section 5).
    pub(super) fn jwks(&self) -> Value {
        let keys = std::iter::once(&self.current).chain(&self.previous);
        json!({"keys": keys.map(SigningKey::jwk).collect::<Vec<_>>()})
    }

    fn create(path: &Path) -> Result<Self, Error> {
        let ring = Self {
            path: path.to_owned(),
            current: SigningKey::generate()?,
            previous: None,
        };
        ring.save()?;
        Ok(ring)
    }

    /// Writes a new file and puts it in place of the old one.
    fn save(&self) -> Result<(), Error> {
        let new = self.path.with_added_extension("new");
        let lines: String = std::iter::once(&self.current)
            .chain(&self.previous)
            .map(|key| STANDARD.encode(&key.pkcs8) + "\n")
            .collect();
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        options
            .open(&new)
            .and_then(|mut file| file.write_all(lines.as_bytes()))
            .and_then(|()| fs::rename(&new, &self.path))
            .map_err(Error::file(&self.path))
    }
}

impl SigningKey {
    fn generate() -> Result<Self, Error> {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
        let pkcs8 = pkcs8.map_err(|_| Error::Key)?.as_ref().to_vec();
        Self::from_pkcs8(pkcs8).ok_or(Error::Key)
    }

    fn from_base64(line: &str) -> Option<Self> {
        Self::from_pkcs8(STANDARD.decode(line).ok()?)
    }

    fn from_pkcs8(pkcs8: Vec<u8>) -> Option<Self> {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &random);
        let pair = pair.ok()?;
        let kid = thumbprint(&pair);
        Some(Self { pkcs8, pair, kid })
    }

    /// The public key (RFC 7518 section 6.2.1).
    fn jwk(&self) -> Value {
        let (x, y) = coordinates(&self.pair);
        json!({
            "kty": "EC", "crv": "P-256", "x": x, "y": y,
            "kid": self.kid, "use": "sig", "alg": "ES256",
        })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// The coordinates of the public key in base64url; it is an uncompressed point: 4, x, y.
fn coordinates(pair: &EcdsaKeyPair) -> (String, String) {
    let point = pair.public_key().as_ref().get(1..).unwrap_or_default();
    let (x, y) = point.split_at(point.len() / 2);
    (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y))
}

/// SHA-256 of the required members in lexical order (RFC 7638 section 3).
fn thumbprint(pair: &EcdsaKeyPair) -> String {
    let (x, y) = coordinates(pair);
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes()))
}

fn broken(path: &Path) -> Error {
    let source = io::Error::new(io::ErrorKind::InvalidData, "not a file of signing keys");
    Error::file(path)(source)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn kids(ring: &KeyRing) -> Vec<String> {
        let jwks = ring.jwks();
        let keys = jwks["keys"].as_array().unwrap();
        keys.iter()
            .map(|key| key["kid"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn keys_survive_a_restart_and_are_private() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys");
        let mut ring = KeyRing::open(&path).unwrap();
        ring.rotate().unwrap();

        let reopened = KeyRing::open(&path).unwrap();
        assert_eq!(reopened.jwks(), ring.jwks());
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_rotation_publishes_the_old_key_once_more() {
        let directory = tempfile::tempdir().unwrap();
        let mut ring = KeyRing::open(&directory.path().join("keys")).unwrap();
        let first = kids(&ring);
        ring.rotate().unwrap();
        let second = kids(&ring);
        assert_eq!(second, [ring.kid().to_owned(), first[0].clone()]);
        ring.rotate().unwrap();
        assert_eq!(kids(&ring), [ring.kid().to_owned(), second[0].clone()]);
    }

    #[test]
    fn a_file_that_holds_something_else_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys");
        drop(KeyRing::open(&path).unwrap());
        let good = fs::read_to_string(&path).unwrap();
        for text in ["", "\n", "AAAA\n", &format!("{good}AAAA\n")] {
            fs::write(&path, text).unwrap();
            let error = KeyRing::open(&path).unwrap_err().to_string();
            assert!(error.ends_with("not a file of signing keys"), "{error}");
        }
    }

    #[test]
    fn the_private_key_does_not_show_in_debug() {
        let key = SigningKey::generate().unwrap();
        assert_eq!(
            format!("{key:?}"),
            format!("SigningKey {{ kid: {:?}, .. }}", key.kid)
        );
    }
}
