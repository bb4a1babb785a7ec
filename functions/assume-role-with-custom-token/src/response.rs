//! The reply as XML.

use shared::session::Credentials;
use shared::wire::success_document;

use crate::NAME;

#[derive(Debug)]
pub(crate) struct CustomTokenResponse {
    pub(crate) credentials: Credentials,
    /// `custom:<user>`.
    pub(crate) assumed_user: String,
}

impl CustomTokenResponse {
    pub(crate) fn to_xml(&self, request_id: &str) -> String {
        success_document(NAME, request_id, |result| {
            self.credentials.write(result);
            result.text("AssumedUser", &self.assumed_user);
        })
    }
}
