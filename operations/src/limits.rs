//! Which limits operators may set.

use std::ops::RangeInclusive;

use model::SessionDuration;
use store::{AttemptLimits, Change, IssueLimits};

use crate::error::Error;

/// What a limit on the length of sessions may be, in seconds: from the shortest session to
/// the longest of any action.
pub const SESSION_SECONDS: RangeInclusive<i64> = 900..=SessionDuration::LONGEST.secs() as i64;

/// Refuses a limit on the length of sessions that no session could have.
pub(crate) fn check_seconds(
    whose: &str,
    seconds: Option<u32>,
    allowed: RangeInclusive<i64>,
) -> Result<(), Error> {
    match seconds {
        Some(seconds) if !allowed.contains(&i64::from(seconds)) => Err(Error::Invalid(format!(
            "{whose}: max_session_seconds must be {} to {}",
            allowed.start(),
            allowed.end()
        ))),
        _ => Ok(()),
    }
}

/// Refuses limits that nothing could pass, or that are too large to be kept.
pub(crate) fn check_issuing(whose: &str, limits: IssueLimits) -> Result<(), Error> {
    check(whose, "issue_per_minute", limits.issue_per_minute, u32::MAX)?;
    let max = IssueLimits::MAX_LIVE;
    check(whose, "max_live_sessions", limits.max_live_sessions, max)
}

/// Refuses limits that no attempt could pass.
pub(crate) fn check_attempts(limits: AttemptLimits) -> Result<(), Error> {
    let whose = "failed_attempts";
    check(whose, "per_source", limits.per_source, u32::MAX)?;
    check(whose, "per_subject", limits.per_subject, u32::MAX)
}

/// The number that is set, if one is.
pub(crate) const fn set(change: Change<u32>) -> Option<u32> {
    match change {
        Change::Set(number) => Some(number),
        Change::Keep | Change::Remove => None,
    }
}

fn check(whose: &str, name: &str, limit: Option<u32>, max: u32) -> Result<(), Error> {
    match limit {
        Some(limit) if !(1..=max).contains(&limit) => Err(Error::Invalid(format!(
            "{whose}: {name} must be 1 to {max}"
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_let_something_pass_and_are_told_apart() {
        let issuing = |issue_per_minute, max_live_sessions| {
            let limits = IssueLimits {
                issue_per_minute,
                max_live_sessions,
            };
            check_issuing("user x", limits).map_err(|error| error.to_string())
        };
        assert_eq!(issuing(None, None), Ok(()));
        assert_eq!(issuing(Some(1), Some(IssueLimits::MAX_LIVE)), Ok(()));
        let refusal = |text: &str| Err(text.to_owned());
        assert_eq!(
            issuing(Some(0), None),
            refusal("user x: issue_per_minute must be 1 to 4294967295")
        );
        assert_eq!(
            issuing(None, Some(1001)),
            refusal("user x: max_live_sessions must be 1 to 1000")
        );
    }
}
