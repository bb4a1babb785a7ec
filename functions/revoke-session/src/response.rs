//! The reply as XML.

use shared::clock::UnixTime;
use shared::wire::success_document;

use crate::NAME;

pub(crate) fn to_xml(revoked_at: UnixTime, request_id: &str) -> String {
    success_document(NAME, request_id, |result| {
        result.text("RevokedAt", &revoked_at.iso8601());
    })
}
