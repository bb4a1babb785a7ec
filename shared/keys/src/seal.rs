//! Sealing: secrets in the table, readable only with the key ring and only in their item.
//!
//! AES-256-GCM under a key derived for the one item, so that a random nonce cannot repeat
//! under the same key in practice, and a sealed value moved to another item does not open.
//! Form: version, length of the key id, key id, nonce, ciphertext with tag.

use std::fmt;

use model::random::Random;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA512, Prk};
use zeroize::Zeroizing;

use super::{DerivedKeys, KeyRing};

const VERSION: u8 = 1;

/// A value cannot be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It was changed, or belongs to another item.
    #[error("a sealed value does not open")]
    Broken,
    /// Random bytes or cryptography failed.
    #[error("a value could not be sealed")]
    Failed,
    /// The key is not in the ring.
    #[error("a sealed value names a key that is not in the ring")]
    UnknownKey,
}

/// A sealed secret, as it lies in the table.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Takes the stored bytes.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The id of the key that opens it.
    pub fn kid(&self) -> Option<&str> {
        self.split().map(|(kid, _, _)| kid)
    }

    fn split(&self) -> Option<(&str, [u8; NONCE_LEN], &[u8])> {
        let (&[version, kid_length], rest) = self.0.split_first_chunk()?;
        let (kid, rest) = rest.split_at_checked(usize::from(kid_length))?;
        let (nonce, ciphertext) = rest.split_first_chunk()?;
        let kid = std::str::from_utf8(kid).ok()?;
        (version == VERSION).then_some((kid, *nonce, ciphertext))
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes, kid {:?})", self.0.len(), self.kid())
    }
}

impl KeyRing {
    /// Opens a sealed text, such as the value of a header.
    pub fn open_text(&self, item: &str, sealed: &Sealed) -> Result<Zeroizing<String>, SealError> {
        let bytes = self.open(item, sealed)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| SealError::Broken)?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// Seals `secret` with the active key for the item named `item`.
    pub fn seal(
        &self,
        item: &str,
        secret: &[u8],
        random: &dyn Random,
    ) -> Result<Sealed, SealError> {
        let key = item_key(&self.active, item)?;
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce).map_err(|_| SealError::Failed)?;
        let mut ciphertext = secret.to_vec();
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(item.as_bytes()),
            &mut ciphertext,
        )
        .map_err(|_| SealError::Failed)?;
        let kid = self.active.kid.as_bytes();
        let kid_length = u8::try_from(kid.len()).map_err(|_| SealError::Failed)?;
        Ok(Sealed(
            [&[VERSION, kid_length], kid, &nonce, &ciphertext].concat(),
        ))
    }

    /// Opens what was sealed for the item named `item`.
    pub fn open(&self, item: &str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (kid, nonce, ciphertext) = sealed.split().ok_or(SealError::Broken)?;
        let derived = self.find(kid).ok_or(SealError::UnknownKey)?;
        let key = item_key(derived, item)?;
        let mut buffer = Zeroizing::new(ciphertext.to_vec());
        let nonce = Nonce::assume_unique_for_key(nonce);
        let length = key
            .open_in_place(nonce, Aad::from(item.as_bytes()), &mut buffer)
            .map_err(|_| SealError::Broken)?
            .len();
        buffer.truncate(length);
        Ok(buffer)
    }
}

fn item_key(keys: &DerivedKeys, item: &str) -> Result<LessSafeKey, SealError> {
    Prk::new_less_safe(HKDF_SHA512, &*keys.seal_key)
        .expand(&[item.as_bytes()], &AES_256_GCM)
        .map(|okm| LessSafeKey::new(UnboundKey::from(okm)))
        .map_err(|_| SealError::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyState, MasterKey};
    use model::random::OsRandom;

    fn ring(kid: &str) -> KeyRing {
        KeyRing::new([(
            kid.to_owned(),
            KeyState::Active,
            MasterKey::generate(&OsRandom).unwrap(),
        )])
        .unwrap()
    }

    #[test]
    fn a_sealed_value_opens_in_its_item_only() {
        let ring = ring("k1");
        let sealed = ring.seal("USER#a", b"secret", &OsRandom).unwrap();
        assert_eq!(sealed.kid(), Some("k1"));
        assert_eq!(ring.open("USER#a", &sealed).unwrap().as_slice(), b"secret");
        assert_eq!(ring.open("USER#b", &sealed).unwrap_err(), SealError::Broken);
    }

    #[test]
    fn another_ring_does_not_open_it() {
        let sealed = ring("k1").seal("i", b"secret", &OsRandom).unwrap();
        assert_eq!(
            ring("k1").open("i", &sealed).unwrap_err(),
            SealError::Broken
        );
        assert_eq!(
            ring("k2").open("i", &sealed).unwrap_err(),
            SealError::UnknownKey
        );
    }

    #[test]
    fn every_changed_or_missing_byte_is_noticed() {
        let ring = ring("k1");
        let sealed = ring.seal("i", b"secret", &OsRandom).unwrap();
        for at in 0..sealed.as_bytes().len() {
            let mut bytes = sealed.as_bytes().to_vec();
            bytes[at] ^= 1;
            assert!(
                ring.open("i", &Sealed::from_bytes(bytes)).is_err(),
                "byte {at}"
            );
            let cut = sealed.as_bytes()[..at].to_vec();
            assert!(
                ring.open("i", &Sealed::from_bytes(cut)).is_err(),
                "cut at {at}"
            );
        }
    }

    #[test]
    fn the_secret_is_not_in_the_sealed_bytes() {
        let sealed = ring("k1").seal("i", b"foo12345", &OsRandom).unwrap();
        assert!(!sealed.as_bytes().windows(8).any(|w| w == b"foo12345"));
        assert!(!format!("{sealed:?}").contains("foo12345"));
    }
}
