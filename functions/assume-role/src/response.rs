//! The reply as XML.

use shared::model::{RoleArn, RoleSessionName, SourceIdentity};
use shared::session::Credentials;
use shared::store::{Parent, SessionDetails};
use shared::wire::success_document;

use crate::NAME;

/// The account in ARNs where the request names none: this service has no accounts.
const NO_ACCOUNT: &str = "000000000000";

/// Credentials, and what the reply says about them.
#[derive(Debug)]
pub(crate) struct AssumeRoleResponse {
    pub(crate) credentials: Credentials,
    pub(crate) parent: Parent,
    pub(crate) details: SessionDetails,
}

impl AssumeRoleResponse {
    pub(crate) fn to_xml(&self, request_id: &str) -> String {
        success_document(NAME, request_id, |result| {
            result.child("AssumedRoleUser", |user| {
                let id = self.assumed_role_id();
                user.text("Arn", &self.assumed_role_arn());
                user.text("AssumedRoleId", &id);
                // The spelling of MinIO's clients.
                user.text("AssumeRoleId", &id);
            });
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

    fn session_name(&self) -> &str {
        self.details
            .role_session_name
            .as_ref()
            .map_or(self.parent.name(), RoleSessionName::as_str)
    }

    fn assumed_role_id(&self) -> String {
        format!("{}:{}", self.parent.name(), self.session_name())
    }

    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`, from whatever ARN was asked for.
    fn assumed_role_arn(&self) -> String {
        let arn = self.details.role_arn.as_ref().map_or("", RoleArn::as_str);
        let account = arn
            .split(':')
            .nth(4)
            .filter(|a| a.len() == 12 && a.bytes().all(|b| b.is_ascii_digit()));
        let role = arn
            .rsplit(['/', ':'])
            .next()
            .filter(|r| !r.is_empty())
            .unwrap_or(self.parent.name());
        format!(
            "arn:aws:sts::{}:assumed-role/{role}/{}",
            account.unwrap_or(NO_ACCOUNT),
            self.session_name()
        )
    }
}
