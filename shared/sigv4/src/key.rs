//! The key that signs: derived from a secret for one scope.

use std::fmt;

use ring::hmac;
use zeroize::Zeroizing;

use super::credential::Scope;

/// A signing key: good for one secret and [`Scope`], and no way back to the secret.
#[derive(Clone)]
pub struct SigningKey(Zeroizing<[u8; 32]>);

impl SigningKey {
    /// Derives `AWS4` + secret, date, region, service, `aws4_request`.
    pub fn derive(secret: &str, scope: &Scope<'_>) -> Self {
        let mut start = Zeroizing::new(Vec::with_capacity(4 + secret.len()));
        start.extend_from_slice(b"AWS4");
        start.extend_from_slice(secret.as_bytes());
        let [date, rest @ ..] = scope.parts();
        let dated = hmac_sha256(&start, date.as_bytes());
        Self(
            rest.iter()
                .fold(dated, |key, part| hmac_sha256(&*key, part.as_bytes())),
        )
    }

    /// The key itself, for a service that verifies on its own. Every call is a place to look
    /// at in a review.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The signature of a string to sign, as 64 lower-case hex digits.
    pub(super) fn sign(&self, string_to_sign: &str) -> String {
        hex::encode(*hmac_sha256(&*self.0, string_to_sign.as_bytes()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(<redacted>)")
    }
}

fn hmac_sha256(key: &[u8], data: &[u8]) -> Zeroizing<[u8; 32]> {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data);
    let mut bytes = Zeroizing::new([0; 32]);
    bytes.copy_from_slice(tag.as_ref());
    bytes
}
