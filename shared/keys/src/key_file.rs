//! The key file: what wraps master keys where there is no key management service.
//!
//! It holds 64 hexadecimal digits, 32 bytes, and is readable by its owner only.

use std::fmt;
use std::path::Path;

use model::random::Random;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::{
    Binding, GenerateKeys, MasterKey, SealError, UnwrapKeys, WrapError, WrappedBy, WrappedKey,
    Wrapping, looks_random,
};

/// The key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It does not hold 64 hexadecimal digits.
    #[error("the key file must hold exactly 64 hexadecimal digits (32 random bytes)")]
    Malformed,
    /// Others than its owner may read or write it.
    #[error("the key file must be accessible by its owner only: chmod 600")]
    Permissions,
    /// It cannot be read.
    #[error("the key file cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// Its bytes are a constant, a pattern or text.
    #[error("the key file does not hold random bytes; make one with: openssl rand -hex 32")]
    Weak,
}

/// A key that wraps master keys.
pub struct KeyFile(Zeroizing<[u8; 32]>);

impl KeyFile {
    /// Reads the file and checks its permissions.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        check_permissions(path)?;
        Self::parse(&Zeroizing::new(std::fs::read_to_string(path)?))
    }

    /// Takes the file's text.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.trim_end(), &mut *bytes).map_err(|_| KeyFileError::Malformed)?;
        if looks_random(&*bytes) {
            Ok(Self(bytes))
        } else {
            Err(KeyFileError::Weak)
        }
    }

    /// Wraps a master key; `binding` must be the same for unwrapping.
    pub fn wrap(
        &self,
        key: &MasterKey,
        binding: Binding<'_>,
        random: &dyn Random,
    ) -> Result<WrappedKey, SealError> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce).map_err(|_| SealError::Failed)?;
        let mut wrapped = Zeroizing::new(key.expose().to_vec());
        self.key()?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                context(binding),
                &mut *wrapped,
            )
            .map_err(|_| SealError::Failed)?;
        Ok(WrappedKey {
            by: WrappedBy::File,
            bytes: [&nonce[..], &wrapped].concat(),
        })
    }

    /// Unwraps a master key.
    fn unwrap(&self, wrapped: &[u8], binding: Binding<'_>) -> Result<MasterKey, SealError> {
        let (nonce, ciphertext) = wrapped.split_first_chunk().ok_or(SealError::Broken)?;
        let mut buffer = Zeroizing::new(ciphertext.to_vec());
        let opened = self
            .key()?
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                context(binding),
                &mut buffer,
            )
            .map_err(|_| SealError::Broken)?;
        MasterKey::from_bytes(opened).ok_or(SealError::Broken)
    }

    fn key(&self) -> Result<LessSafeKey, SealError> {
        UnboundKey::new(&AES_256_GCM, &*self.0)
            .map(LessSafeKey::new)
            .map_err(|_| SealError::Failed)
    }
}

impl UnwrapKeys for KeyFile {
    fn unwrap_key<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        binding: Binding<'a>,
    ) -> Wrapping<'a, MasterKey> {
        Box::pin(async move {
            match wrapped.by {
                WrappedBy::File => Ok(self.unwrap(&wrapped.bytes, binding)?),
                by @ WrappedBy::Kms => Err(WrapError::OtherForm(by)),
            }
        })
    }
}

impl GenerateKeys for KeyFile {
    fn generate_key<'a>(
        &'a self,
        binding: Binding<'a>,
        random: &'a dyn Random,
    ) -> Wrapping<'a, WrappedKey> {
        Box::pin(async move {
            let key = MasterKey::generate(random).map_err(|_| WrapError::Failed)?;
            Ok(self.wrap(&key, binding, random)?)
        })
    }
}

/// The additional data of the encryption.
fn context(binding: Binding<'_>) -> Aad<String> {
    Aad::from(format!("{}/{}", binding.table, binding.kid))
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyFile(<redacted>)")
    }
}

#[cfg(unix)]
fn check_permissions(path: &Path) -> Result<(), KeyFileError> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = std::fs::metadata(path)?.permissions().mode();
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(KeyFileError::Permissions)
    }
}

#[cfg(not(unix))]
fn check_permissions(_path: &Path) -> Result<(), KeyFileError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::random::OsRandom;

    const HEX: &str = "8f1c0d6b5a79e4233b2c91d0f7a8564e1b0a9c8d7e6f5a4b3c2d1e0f9a8b7c6d";

    #[test]
    fn wrapping_is_bound_to_its_context() {
        let file = KeyFile::parse(HEX).unwrap();
        let key = MasterKey::generate(&OsRandom).unwrap();
        let binding = |table, kid| Binding { table, kid };
        let own = binding("table", "k1");
        let wrapped = file.wrap(&key, own, &OsRandom).unwrap().bytes;
        assert_eq!(file.unwrap(&wrapped, own).unwrap().expose(), key.expose());
        for (bytes, other) in [
            (&wrapped[..], binding("table", "k2")),
            (&wrapped[..], binding("elbat", "k1")),
            (&wrapped[..20], own),
        ] {
            assert_eq!(file.unwrap(bytes, other).unwrap_err(), SealError::Broken);
        }
    }

    #[tokio::test]
    async fn t10_what_kms_wrapped_is_not_for_the_key_file() {
        let file = KeyFile::parse(HEX).unwrap();
        let binding = Binding {
            table: "table",
            kid: "k1",
        };
        let mut wrapped = file.generate_key(binding, &OsRandom).await.unwrap();
        assert!(file.unwrap_key(&wrapped, binding).await.is_ok());
        wrapped.by = WrappedBy::Kms;
        assert!(matches!(
            file.unwrap_key(&wrapped, binding).await,
            Err(WrapError::OtherForm(WrappedBy::Kms))
        ));
    }

    #[test]
    fn t10_weak_or_malformed_key_files_are_refused() {
        assert!(KeyFile::parse(&format!("{HEX}\n")).is_ok());
        assert!(matches!(
            KeyFile::parse(&"00".repeat(32)),
            Err(KeyFileError::Weak)
        ));
        for text in [
            "",
            "secret",
            HEX.get(..62).unwrap(),
            &format!("{HEX}00"),
            &"zz".repeat(32),
        ] {
            assert!(
                matches!(KeyFile::parse(text), Err(KeyFileError::Malformed)),
                "{text}"
            );
        }
        assert!(matches!(
            KeyFile::read(Path::new("/nonexistent/key")),
            Err(KeyFileError::Unreadable(_))
        ));
    }

    #[cfg(unix)]
    #[test]
    fn t10_a_key_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;

        let path = std::env::temp_dir().join(format!("lambda-sts-key-{}", std::process::id()));
        std::fs::write(&path, HEX).unwrap();
        let with_mode = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            KeyFile::read(&path)
        };
        assert!(matches!(with_mode(0o644), Err(KeyFileError::Permissions)));
        assert!(with_mode(0o600).is_ok());
        std::fs::remove_file(&path).unwrap();
    }
}
