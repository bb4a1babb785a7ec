//! The key ring, one item.

use std::future::Future;

use clock::UnixTime;
use keys::{KeyState, WrappedKey};

use super::StoreError;

/// One entry of the key ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyEntry {
    /// The key's id.
    pub kid: String,
    /// What the key may still be used for.
    pub state: KeyState,
    /// The wrapped master key; without bytes once the key is retired.
    pub wrapped: WrappedKey,
    /// When the key was made.
    pub created_at: UnixTime,
    /// When the key stopped being the active one.
    pub rotated_at: Option<UnixTime>,
}

/// The key ring as it was read, to be replaced as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredKeys {
    /// The entries, the oldest first.
    pub entries: Vec<KeyEntry>,
    /// Grows with every replacement; 0 before the first.
    pub version: u64,
}

/// Reads and replaces the key ring.
pub trait ManageKeys: Sync {
    /// The key ring, read consistently; empty before `sts-admin init`.
    fn stored_keys(&self) -> impl Future<Output = Result<StoredKeys, StoreError>> + Send;

    /// Replaces the ring's entries in one write, only if the ring is still the one that was
    /// `read`.
    fn replace_keys(
        &self,
        read: &StoredKeys,
        entries: &[KeyEntry],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}
