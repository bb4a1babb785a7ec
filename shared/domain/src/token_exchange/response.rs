//! The reply as XML.

use store::SessionDetails;

use super::Names;
use crate::jwt::IdentityClaims;
use crate::session::{AssumedRole, Credentials};
use crate::wire::ActionResult;

#[derive(Debug)]
pub(super) struct TokenExchangeResponse {
    pub(super) credentials: Credentials,
    pub(super) claims: IdentityClaims,
    pub(super) issuer: String,
    pub(super) parent: String,
    pub(super) details: SessionDetails,
}

impl TokenExchangeResponse {
    pub(super) fn into_result(self, names: &Names) -> ActionResult {
        ActionResult::new(|result| {
            let role = AssumedRole {
                parent: &self.parent,
                role_arn: self.details.role_arn.as_ref(),
                session_name: self.details.role_session_name.as_ref(),
            };
            role.write(result);
            self.credentials.write(result);
            result.text(names.subject, &self.claims.subject);
            result.text("Audience", &self.claims.audience);
            result.text("Provider", &self.issuer);
            if self.details.session_policy.is_some() || !self.details.policy_arns.is_empty() {
                result.text(
                    "PackedPolicySize",
                    &self.credentials.packed_policy_size().to_string(),
                );
            }
        })
    }
}
