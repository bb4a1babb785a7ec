//! Places for sessions that live at once.

use std::future::Future;

use clock::UnixTime;

use super::StoreError;

/// Keeps places for those who may have so many sessions at once.
pub trait TakePlaces: Sync {
    /// Takes one of `limit` places until `until`; whether one was free. A
    /// [`StoreError::Conflict`] means that somebody else took one at the same moment.
    fn take_place(
        &self,
        holder: &str,
        limit: u32,
        now: UnixTime,
        until: UnixTime,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}
