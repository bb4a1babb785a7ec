//! Copies of providers' keys.

use clock::UnixTime;

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
