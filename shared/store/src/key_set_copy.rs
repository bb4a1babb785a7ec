//! Copies of providers' keys.

use std::future::Future;

use clock::UnixTime;

use super::StoreError;

/// A copy of a provider's keys, for functions that have just started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySetCopy {
    /// The [`OpenIdProvider::key_source_digest`](super::OpenIdProvider::key_source_digest) of the settings under which it was fetched.
    pub source: String,
    /// The key set as the provider served it.
    pub document: String,
    /// When it was fetched.
    pub fetched_at: UnixTime,
    /// Until when it need not be fetched again.
    pub fresh_until: UnixTime,
}

impl KeySetCopy {
    /// The key of a provider's item.
    pub fn item_key(provider: &str) -> String {
        format!("JWKS#{provider}")
    }
}

/// Keeps copies of providers' keys.
pub trait KeySetCopies: Sync {
    /// The copy of a provider's keys, however old and wherever they came from.
    fn key_set_copy(
        &self,
        provider: &str,
    ) -> impl Future<Output = Result<Option<KeySetCopy>, StoreError>> + Send;

    /// Replaces the copy of a provider's keys.
    fn put_key_set_copy(
        &self,
        provider: &str,
        copy: &KeySetCopy,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}
