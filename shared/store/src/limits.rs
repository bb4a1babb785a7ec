//! How much may be issued, and how often an attempt may fail.

use std::future::Future;

use clock::UnixTime;
use serde::{Deserialize, Serialize};

use super::StoreError;
use super::item_key::digest_of;

/// How much may be issued to a user, or by a role or provider; `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssueLimits {
    /// How many sessions a minute, in all.
    pub issue_per_minute: Option<u32>,
    /// How many sessions that have not expired one user or subject may have.
    pub max_live_sessions: Option<u32>,
}

impl IssueLimits {
    /// The most that `max_live_sessions` may be: the ends of all stand in one item.
    pub const MAX_LIVE: u32 = 1000;
}

/// How often somebody without credentials may fail in a minute; `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttemptLimits {
    /// From one address.
    pub per_source: Option<u32>,
    /// For one subject: what a token says of itself, proven or not.
    pub per_subject: Option<u32>,
}

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
