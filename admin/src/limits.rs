//! Limits as operators write them down.

use shared::store::{AttemptLimits, IssueLimits};

use crate::error::AdminError;

/// Refuses limits that nothing could pass, or that are too large to be kept.
pub(crate) fn check_limits(whose: &str, limits: IssueLimits) -> Result<IssueLimits, AdminError> {
    check(whose, "issue_per_minute", limits.issue_per_minute, u32::MAX)?;
    let max = IssueLimits::MAX_LIVE;
    check(whose, "max_live_sessions", limits.max_live_sessions, max)?;
    Ok(limits)
}

/// Refuses limits that no attempt could pass.
pub(crate) fn check_attempts(limits: AttemptLimits) -> Result<AttemptLimits, AdminError> {
    check("failed_attempts", "per_source", limits.per_source, u32::MAX)?;
    check(
        "failed_attempts",
        "per_subject",
        limits.per_subject,
        u32::MAX,
    )?;
    Ok(limits)
}

fn check(whose: &str, name: &str, limit: Option<u32>, max: u32) -> Result<(), AdminError> {
    match limit {
        Some(limit) if !(1..=max).contains(&limit) => Err(AdminError::Refused(format!(
            "{whose}: {name} must be 1 to {max}"
        ))),
        _ => Ok(()),
    }
}
