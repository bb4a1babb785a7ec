//! Wrapping: how a master key lies in the table, and what may open it.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use model::random::Random;

use super::{MasterKey, SealError};

/// What wrapped a master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrappedBy {
    /// A key file.
    File,
    /// AWS Key Management Service.
    Kms,
}

impl WrappedBy {
    /// The name in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Kms => "kms",
        }
    }

    /// What has that name in the table.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::File, Self::Kms]
            .into_iter()
            .find(|by| by.as_str() == text)
    }
}

/// A master key as it lies in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// What wrapped it.
    pub by: WrappedBy,
    /// The ciphertext; empty once the key is retired.
    pub bytes: Vec<u8>,
}

/// What a wrapped master key is bound to: it opens only as this key of this table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding<'a> {
    /// The table's name.
    pub table: &'a str,
    /// The key's id.
    pub kid: &'a str,
}

/// A master key cannot be wrapped or unwrapped. All but [`Self::Unavailable`] and
/// [`Self::Failed`] stay so until somebody changes something.
#[derive(Debug, thiserror::Error)]
pub enum WrapError {
    /// The caller may not use the KMS key.
    #[error("KMS denies the use of its key")]
    AccessDenied(#[source] Box<dyn Error + Send + Sync>),
    /// The ciphertext was changed, is bound to something else, or something else wrapped it.
    #[error(
        "the wrapped key was changed, belongs to another key or table, or was not wrapped by this {}",
        wrapper(*.0)
    )]
    Broken(WrappedBy),
    /// The KMS key is disabled or about to be deleted.
    #[error("the KMS key is disabled or about to be deleted")]
    Disabled(#[source] Box<dyn Error + Send + Sync>),
    /// Random bytes or cryptography failed.
    #[error("a master key could not be wrapped")]
    Failed,
    /// There is no such KMS key.
    #[error("the KMS key does not exist")]
    NotFound(#[source] Box<dyn Error + Send + Sync>),
    /// The key needs the other form.
    #[error("the wrapped key needs a {}", wrapper(*.0))]
    OtherForm(WrappedBy),
    /// KMS cannot be reached, throttles, or failed.
    #[error("KMS cannot be used")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

impl WrapError {
    /// Whether the same may work a moment later.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Failed | Self::Unavailable(_))
    }
}

impl From<SealError> for WrapError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Broken | SealError::UnknownKey => Self::Broken(WrappedBy::File),
            SealError::Failed => Self::Failed,
        }
    }
}

const fn wrapper(by: WrappedBy) -> &'static str {
    match by {
        WrappedBy::File => "key file",
        WrappedBy::Kms => "KMS key",
    }
}

/// What wrapping and unwrapping resolve to; both may ask another service.
pub type Wrapping<'a, T> = Pin<Box<dyn Future<Output = Result<T, WrapError>> + Send + 'a>>;

/// Opens wrapped master keys.
pub trait UnwrapKeys: fmt::Debug + Send + Sync {
    /// Unwraps a master key that was wrapped for `binding`.
    fn unwrap_key<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        binding: Binding<'a>,
    ) -> Wrapping<'a, MasterKey>;
}

/// Makes wrapped master keys, which is for operators: functions only open them.
pub trait GenerateKeys: UnwrapKeys {
    /// Makes a master key and wraps it for `binding`. Where the wrapper does not bring its
    /// own, randomness comes from `random`.
    fn generate_key<'a>(
        &'a self,
        binding: Binding<'a>,
        random: &'a dyn Random,
    ) -> Wrapping<'a, WrappedKey>;
}
