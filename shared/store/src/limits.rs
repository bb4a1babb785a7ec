//! How much may be issued.

use serde::Deserialize;

/// How much may be issued to a user, or by a role or provider; `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
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
