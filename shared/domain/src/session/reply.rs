//! How credentials stand in a reply.

use store::SessionRequest;

use super::Credentials;
use crate::wire::Element;

impl Credentials {
    /// Writes the `Credentials` element: all four children, always.
    pub fn write(&self, result: &mut Element<'_>) {
        result.child("Credentials", |credentials| {
            credentials.text("AccessKeyId", self.access_key_id.as_str());
            credentials.text("SecretAccessKey", self.secret_access_key.expose());
            credentials.text("SessionToken", self.session_token.expose());
            credentials.text("Expiration", &self.expiration.iso8601());
        });
    }

    /// Writes how much of the room for policies and tags is used, if policies narrow the session.
    pub fn write_size(&self, result: &mut Element<'_>, asked: &SessionRequest) {
        if asked.has_policies() {
            let size = self.packed_policy_size().to_string();
            result.text("PackedPolicySize", &size);
        }
    }
}
