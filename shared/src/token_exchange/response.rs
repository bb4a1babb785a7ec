//! The reply as XML.

use super::Names;
use crate::jwt::IdentityClaims;
use crate::model::{RoleArn, RoleSessionName};
use crate::session::{AssumedRole, Credentials};
use crate::wire::success_document;

#[derive(Debug)]
pub(super) struct TokenExchangeResponse {
    pub(super) credentials: Credentials,
    pub(super) claims: IdentityClaims,
    pub(super) issuer: String,
    pub(super) parent: String,
    pub(super) session_name: Option<RoleSessionName>,
    pub(super) arn: Option<RoleArn>,
    pub(super) with_policy: bool,
}

impl TokenExchangeResponse {
    pub(super) fn to_xml(&self, names: &Names, request_id: &str) -> String {
        success_document(names.action, request_id, |result| {
            let role = AssumedRole {
                parent: &self.parent,
                role_arn: self.arn.as_ref(),
                session_name: self.session_name.as_ref(),
            };
            role.write(result);
            self.credentials.write(result);
            result.text(names.subject, &self.claims.subject);
            result.text("Audience", &self.claims.audience);
            result.text("Provider", &self.issuer);
            if self.with_policy {
                result.text(
                    "PackedPolicySize",
                    &self.credentials.packed_policy_size().to_string(),
                );
            }
        })
    }
}
