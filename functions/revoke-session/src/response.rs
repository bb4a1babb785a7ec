//! The reply's result.

use shared::clock::UnixTime;
use shared::wire::ActionResult;

pub(crate) fn result(revoked_at: UnixTime) -> ActionResult {
    ActionResult::new(|result| {
        result.text("RevokedAt", &revoked_at.iso8601());
    })
}
