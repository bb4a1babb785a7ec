//! How long a session lasts that somebody asks for who does not sign.

use model::SessionDuration;
use store::LongDurations;

use super::{FederatedRequest, Validity};
use crate::session::{clamp_duration, longest_of, parse_duration};
use crate::wire::ValidationError;

/// What is asked for, within the action's, the service's and the provider's limit, and not longer
/// than the proof is good for.
pub(super) fn of(
    asked: &FederatedRequest,
    action: u32,
    service: Option<u32>,
    provider: Validity,
) -> Result<SessionDuration, ValidationError> {
    let limit = longest_of(action, [service, provider.longest]);
    let duration = match provider.above {
        LongDurations::Refuse => parse_duration(asked.duration(), limit)?,
        LongDurations::Clamp => clamp_duration(asked.duration(), limit)?,
    };
    let at_most = provider.at_most.map(SessionDuration::from_secs);
    Ok(at_most.map_or(duration, |at_most| duration.min(at_most)))
}
