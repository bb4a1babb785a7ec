//! The reply's result.

use shared::model::SourceIdentity;
use shared::session::{AssumedRole, Credentials};
use shared::store::{Parent, SessionRequest};
use shared::wire::ActionResult;

/// Credentials, and what the reply says about them.
#[derive(Debug)]
pub(crate) struct AssumeRoleResponse {
    pub(crate) credentials: Credentials,
    pub(crate) parent: Parent,
    pub(crate) asked: SessionRequest,
}

impl AssumeRoleResponse {
    pub(crate) fn into_result(self) -> ActionResult {
        ActionResult::new(|result| {
            let role = AssumedRole {
                parent: self.parent.name(),
                // There is no role whose ARN the caller could have assumed.
                role_arn: None,
                session_name: self.asked.role_session_name.as_ref(),
            };
            role.write(result);
            self.credentials.write(result);
            self.credentials.write_size(result, &self.asked);
            if let Some(identity) = &self.asked.source_identity {
                result.text("SourceIdentity", SourceIdentity::as_str(identity));
            }
        })
    }
}
