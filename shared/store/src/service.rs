//! What the whole service shares: the key ring and the settings, read in one call.

use std::future::Future;

use super::{KeyEntry, Settings, StoreError};

/// What the whole service shares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceRecord {
    /// The key ring; empty before `sts-admin init`.
    pub keys: Vec<KeyEntry>,
    /// The operator's settings.
    pub settings: Settings,
}

/// Reads what the whole service shares.
pub trait ReadService: Sync {
    /// The key ring's entries and the settings, read consistently in one call.
    fn service_record(&self) -> impl Future<Output = Result<ServiceRecord, StoreError>> + Send;
}
