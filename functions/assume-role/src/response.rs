//! The reply as XML.

use shared::model::SourceIdentity;
use shared::session::{AssumedRole, Credentials};
use shared::store::{Parent, SessionDetails};
use shared::wire::ActionResult;

/// Credentials, and what the reply says about them.
#[derive(Debug)]
pub(crate) struct AssumeRoleResponse {
    pub(crate) credentials: Credentials,
    pub(crate) parent: Parent,
    pub(crate) details: SessionDetails,
}

impl AssumeRoleResponse {
    pub(crate) fn into_result(self) -> ActionResult {
        ActionResult::new(|result| {
            let role = AssumedRole {
                parent: self.parent.name(),
                // There is no role whose ARN the caller could have assumed.
                role_arn: None,
                session_name: self.details.role_session_name.as_ref(),
            };
            role.write(result);
            self.credentials.write(result);
            if self.details.session_policy.is_some() || !self.details.policy_arns.is_empty() {
                result.text(
                    "PackedPolicySize",
                    &self.credentials.packed_policy_size().to_string(),
                );
            }
            if let Some(identity) = &self.details.source_identity {
                result.text("SourceIdentity", SourceIdentity::as_str(identity));
            }
        })
    }
}
