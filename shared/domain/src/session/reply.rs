//! How credentials stand in a reply.

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
}
