//! Master keys wrapped by AWS Key Management Service, the only user of its SDK.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html>
//!
//! The encryption context binds a wrapped key to its table and key id: `table` and `kid`.

use aws_sdk_kms::Client;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::primitives::Blob;
use keys::{
    Binding, GenerateKeys, MASTER_KEY_LENGTH, MasterKey, UnwrapKeys, WrapError, WrappedBy,
    WrappedKey, Wrapping,
};
use model::random::Random;
use zeroize::Zeroizing;

use crate::Connection;

/// A symmetric KMS key.
#[derive(Debug, Clone)]
pub struct Kms {
    client: Client,
    key: String,
}

impl Kms {
    /// The key with that ARN, id or alias ARN. Nothing is sent yet.
    pub fn new(connection: &Connection, key: impl Into<String>) -> Self {
        Self {
            client: Client::new(&connection.sdk_config()),
            key: key.into(),
        }
    }
}

impl UnwrapKeys for Kms {
    /// `Decrypt`. It names the key, so that no ciphertext of a stranger's key is accepted.
    fn unwrap_key<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        binding: Binding<'a>,
    ) -> Wrapping<'a, MasterKey> {
        Box::pin(async move {
            if wrapped.by != WrappedBy::Kms {
                return Err(WrapError::OtherForm(wrapped.by));
            }
            let request = self
                .client
                .decrypt()
                .key_id(&self.key)
                .ciphertext_blob(Blob::new(wrapped.bytes.clone()))
                .encryption_context("table", binding.table)
                .encryption_context("kid", binding.kid);
            let reply = request.send().await.map_err(wrap_error)?;
            master_key(reply.plaintext)
        })
    }
}

impl GenerateKeys for Kms {
    /// `GenerateDataKey`: the randomness is the service's.
    fn generate_key<'a>(
        &'a self,
        binding: Binding<'a>,
        _random: &'a dyn Random,
    ) -> Wrapping<'a, WrappedKey> {
        Box::pin(async move {
            let length = i32::try_from(MASTER_KEY_LENGTH).map_err(|_| WrapError::Failed)?;
            let request = self
                .client
                .generate_data_key()
                .key_id(&self.key)
                .number_of_bytes(length)
                .encryption_context("table", binding.table)
                .encryption_context("kid", binding.kid);
            let reply = request.send().await.map_err(wrap_error)?;
            master_key(reply.plaintext)?;
            let bytes = reply.ciphertext_blob.map(Blob::into_inner);
            Ok(WrappedKey {
                by: WrappedBy::Kms,
                bytes: bytes.ok_or(WrapError::Failed)?,
            })
        })
    }
}

/// Takes the plaintext out of a reply; nothing of it stays behind.
fn master_key(plaintext: Option<Blob>) -> Result<MasterKey, WrapError> {
    let bytes = Zeroizing::new(plaintext.map(Blob::into_inner).unwrap_or_default());
    MasterKey::from_bytes(&bytes).ok_or(WrapError::Broken(WrappedBy::Kms))
}

/// What an error of KMS means for a wrapped key. What is not known to last is temporary.
fn wrap_error<E, R>(error: SdkError<E, R>) -> WrapError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let code = error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code);
    match code {
        Some("AccessDeniedException") => WrapError::AccessDenied(Box::new(error)),
        Some("DisabledException" | "KMSInvalidStateException") => {
            WrapError::Disabled(Box::new(error))
        }
        Some("IncorrectKeyException" | "InvalidCiphertextException") => {
            WrapError::Broken(WrappedBy::Kms)
        }
        Some("NotFoundException") => WrapError::NotFound(Box::new(error)),
        _ => WrapError::Unavailable(Box::new(error)),
    }
}
