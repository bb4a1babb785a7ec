//! The key ring: which master keys exist and what is derived from them.
//!
//! From each master key come two independent keys by HKDF (RFC 5869): one signs session
//! tokens, the other seals secrets in the table. Neither is ever a user's own secret. In the
//! table a master key lies wrapped, by a key file or by AWS Key Management Service.

mod key_file;
mod seal;
mod wrapping;

use std::fmt;

use model::random::{Random, RandomError};
use ring::hkdf;
use zeroize::Zeroizing;

pub use key_file::{KeyFile, KeyFileError};
pub use seal::{SealError, Sealed};
pub use wrapping::{Binding, GenerateKeys, UnwrapKeys, WrapError, WrappedBy, WrappedKey, Wrapping};

const TOKEN_KEY_LABEL: &[u8] = b"lambda-sts/v1/session-token/HS512";
const SEAL_KEY_LABEL: &[u8] = b"lambda-sts/v1/seal";

/// Length of a master key in bytes.
pub const MASTER_KEY_LENGTH: usize = 32;

/// What a key may still be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Signs and seals. Exactly one key of a ring is active.
    Active,
    /// Verifies and opens what it signed and sealed before a rotation.
    Verifying,
    /// Nothing. Its material is gone; the entry remembers that it existed.
    Retired,
}

impl KeyState {
    /// The state's name in the table and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Verifying => "verifying",
            Self::Retired => "retired",
        }
    }

    /// The state of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Verifying, Self::Retired]
            .into_iter()
            .find(|s| s.as_str() == text)
    }
}

/// The bytes from which the keys of one key id are derived. They stay where they are on the
/// heap until they are wiped: moving the key leaves no copy behind.
#[derive(Clone)]
pub struct MasterKey(Box<Zeroizing<[u8; MASTER_KEY_LENGTH]>>);

impl MasterKey {
    /// A new key from the operating system's generator.
    pub fn generate(random: &dyn Random) -> Result<Self, RandomError> {
        let mut key = Self::zeros();
        random.fill(&mut **key.0)?;
        Ok(key)
    }

    /// Takes unwrapped key material; `None` unless it has the right length and looks random.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        (bytes.len() == MASTER_KEY_LENGTH && looks_random(bytes)).then(|| {
            let mut key = Self::zeros();
            key.0.copy_from_slice(bytes);
            key
        })
    }

    fn zeros() -> Self {
        Self(Box::new(Zeroizing::new([0; MASTER_KEY_LENGTH])))
    }

    /// The key itself, to be wrapped.
    pub fn expose(&self) -> &[u8] {
        &**self.0
    }

    fn derive(&self, label: &[u8]) -> Zeroizing<[u8; 64]> {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA512, &[]).extract(self.expose());
        let mut key = Zeroizing::new([0; 64]);
        // Both calls fail only for more than 255 blocks of output; this is one.
        let _filled = prk
            .expand(&[label], hkdf::HKDF_SHA512)
            .and_then(|okm| okm.fill(&mut *key));
        key
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(<redacted>)")
    }
}

/// 32 random bytes have fewer than 16 distinct values once in 10^12; constants, text
/// patterns and counters written by hand have.
fn looks_random(bytes: &[u8]) -> bool {
    let mut seen = [false; 256];
    for &byte in bytes {
        if let Some(slot) = seen.get_mut(usize::from(byte)) {
            *slot = true;
        }
    }
    let ascending = bytes
        .windows(2)
        .all(|pair| matches!(pair, [a, b] if a <= b));
    seen.iter().filter(|&&s| s).count() >= 16 && !ascending
}

struct DerivedKeys {
    kid: String,
    token_key: Zeroizing<[u8; 64]>,
    seal_key: Zeroizing<[u8; 64]>,
}

/// No usable key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key ring has no active key")]
pub struct NoActiveKey;

/// The keys in use, ready for signing and sealing.
pub struct KeyRing {
    active: DerivedKeys,
    verifying: Vec<DerivedKeys>,
}

impl KeyRing {
    /// Derives the keys of a ring. Without an active key there is no ring: nothing falls
    /// back to a built-in key.
    pub fn new(
        keys: impl IntoIterator<Item = (String, KeyState, MasterKey)>,
    ) -> Result<Self, NoActiveKey> {
        let mut active = None;
        let mut verifying = Vec::new();
        for (kid, state, master) in keys {
            let derived = DerivedKeys {
                kid,
                token_key: master.derive(TOKEN_KEY_LABEL),
                seal_key: master.derive(SEAL_KEY_LABEL),
            };
            match state {
                KeyState::Active => active = Some(derived),
                KeyState::Verifying => verifying.push(derived),
                KeyState::Retired => {}
            }
        }
        Ok(Self {
            active: active.ok_or(NoActiveKey)?,
            verifying,
        })
    }

    /// The id of the key that signs and seals.
    pub fn active_kid(&self) -> &str {
        &self.active.kid
    }

    /// The id and the bytes of the key that signs new tokens.
    pub fn signing_key(&self) -> (&str, &[u8]) {
        (&self.active.kid, &*self.active.token_key)
    }

    /// The bytes of the key that verifies what `kid` signed, unless it is unknown or retired.
    pub fn verifying_key(&self, kid: &str) -> Option<&[u8]> {
        self.find(kid).map(|k| k.token_key.as_slice())
    }

    /// Whether the ring can verify and open what `kid` signed and sealed.
    pub fn knows(&self, kid: &str) -> bool {
        self.find(kid).is_some()
    }

    fn find(&self, kid: &str) -> Option<&DerivedKeys> {
        std::iter::once(&self.active)
            .chain(&self.verifying)
            .find(|k| k.kid == kid)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("active", &self.active.kid)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::random::OsRandom;

    #[test]
    fn t10_weak_material_is_no_key() {
        let counter: Vec<u8> = (0..32).collect();
        for bytes in [
            &[0_u8; 32][..],
            &[255; 32],
            &counter,
            b"minioadminminioadminminioadminmi",
            &[1; 31],
            &[],
        ] {
            assert!(MasterKey::from_bytes(bytes).is_none(), "{bytes:?}");
        }
        for _ in 0..1000 {
            let key = MasterKey::generate(&OsRandom).unwrap();
            assert!(MasterKey::from_bytes(key.expose()).is_some());
        }
    }

    #[test]
    fn t10_there_is_no_ring_without_an_active_key() {
        let key = MasterKey::generate(&OsRandom).unwrap();
        assert_eq!(KeyRing::new([]).unwrap_err(), NoActiveKey);
        for state in [KeyState::Verifying, KeyState::Retired] {
            assert_eq!(
                KeyRing::new([("k".to_owned(), state, key.clone())]).unwrap_err(),
                NoActiveKey
            );
        }
    }

    #[test]
    fn derived_keys_differ_by_purpose_and_master() {
        let (a, b) = (
            MasterKey::generate(&OsRandom).unwrap(),
            MasterKey::generate(&OsRandom).unwrap(),
        );
        assert_ne!(a.derive(TOKEN_KEY_LABEL), a.derive(SEAL_KEY_LABEL));
        assert_ne!(a.derive(TOKEN_KEY_LABEL), b.derive(TOKEN_KEY_LABEL));
        assert_eq!(a.derive(TOKEN_KEY_LABEL), a.derive(TOKEN_KEY_LABEL));
    }

    #[test]
    fn retired_keys_verify_nothing() {
        let key = || MasterKey::generate(&OsRandom).unwrap();
        let ring = KeyRing::new([
            ("old".to_owned(), KeyState::Retired, key()),
            ("mid".to_owned(), KeyState::Verifying, key()),
            ("new".to_owned(), KeyState::Active, key()),
        ])
        .unwrap();
        assert_eq!(ring.active_kid(), "new");
        assert!(ring.verifying_key("mid").is_some());
        assert!(ring.verifying_key("old").is_none());
        assert!(!format!("{ring:?}").contains("token_key"));
    }
}
