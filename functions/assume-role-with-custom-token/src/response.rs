//! The reply as XML.

use shared::session::Credentials;
use shared::wire::ActionResult;

#[derive(Debug)]
pub(crate) struct CustomTokenResponse {
    pub(crate) credentials: Credentials,
    /// `custom:<user>`.
    pub(crate) assumed_user: String,
}

impl CustomTokenResponse {
    pub(crate) fn into_result(self) -> ActionResult {
        ActionResult::new(|result| {
            self.credentials.write(result);
            result.text("AssumedUser", &self.assumed_user);
        })
    }
}
