//! Counters of a minute.

use std::future::Future;

use clock::UnixTime;

use super::StoreError;
use super::item_key::digest_of;

/// A counter that starts anew every minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    kind: &'static str,
    whose: String,
    minute: i64,
}

impl Counter {
    /// The counter of that kind, for somebody, in the minute of `now`. Who it is it does not
    /// keep.
    pub fn of(kind: &'static str, whose: &str, now: UnixTime) -> Self {
        Self {
            kind,
            whose: digest_of(whose),
            minute: now.secs().div_euclid(60),
        }
    }

    /// The key of the counter's item.
    pub fn item_key(&self) -> String {
        let Self {
            kind,
            whose,
            minute,
        } = self;
        format!("COUNT#{minute}#{kind}#{whose}")
    }

    /// When the counter means nothing any more.
    pub const fn ends_at(&self) -> UnixTime {
        UnixTime::from_secs((self.minute.saturating_add(1)).saturating_mul(60))
    }
}

/// Counts what happens within a minute.
pub trait Count: Sync {
    /// Adds one to a counter unless it has reached `limit`; whether it had not.
    fn count(
        &self,
        counter: &Counter,
        limit: u32,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Takes one back that [`Count::count`] has added. It is taken back once or, where the
    /// store fails, not at all: a counter never falls below what it counts.
    fn take_back(&self, counter: &Counter) -> impl Future<Output = Result<(), StoreError>> + Send;
}
