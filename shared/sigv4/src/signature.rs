//! A signature on its way from claimed to proven.

use std::borrow::Cow;
use std::fmt;

use clock::UnixTime;
use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq as _;

use super::ALGORITHM;
use super::credential::{Credential, Scope};
use super::error::Error;
use super::headers::{CONTENT_SHA256, Headers, SignedHeaders};
use super::key::SigningKey;
use super::parameters::Form;
use super::path::PathStyle;
use super::payload::{Payload, SignedPayload};
use super::query::Query;
use super::validity::Validity;

/// A signature whose form, signed headers, time and scope are in order.
///
/// Until [`verify`](Self::verify) has succeeded, every value is only what the client claims.
pub struct UnverifiedSignature<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) paths: PathStyle,
    pub(super) query: Query<'a>,
    pub(super) headers: Headers<'a>,
    pub(super) form: Form,
    pub(super) credential: Credential<'a>,
    pub(super) signed_headers: SignedHeaders<'a>,
    pub(super) date: Cow<'a, str>,
    pub(super) validity: Validity,
    pub(super) session_token: Option<Cow<'a, str>>,
    pub(super) signature: Cow<'a, str>,
}

impl UnverifiedSignature<'_> {
    /// The id of the key that the client claims to have signed with.
    pub fn unverified_access_key(&self) -> &str {
        self.credential.access_key()
    }

    /// The session token that the client sent, covered by the signature.
    pub fn unverified_session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// What the signing key has to be derived for.
    pub fn scope(&self) -> Scope<'_> {
        self.credential.scope()
    }

    /// Whether the signature stands in the header or in the query.
    pub fn form(&self) -> Form {
        self.form
    }

    /// The time of signing.
    pub fn signed_at(&self) -> UnixTime {
        self.validity.signed_at
    }

    /// The last moment at which [`parse`](super::parse) accepts the signature.
    pub fn expires_at(&self) -> UnixTime {
        self.validity.expires_at
    }

    /// The lower-case names of the signed headers, in ascending order.
    pub fn signed_headers(&self) -> impl Iterator<Item = &str> {
        self.signed_headers.names()
    }

    /// Proves that the holder of the key signed this request with this body.
    ///
    /// A request that differs in anything that is signed is refused with
    /// [`Error::SignatureDoesNotMatch`]; so is a signed header that did not arrive, an
    /// `x-amz-content-sha256` that is not the body's, and [`Payload::Declared`] outside S3.
    pub fn verify(
        &self,
        key: &SigningKey,
        payload: Payload<'_>,
    ) -> Result<SignedPayload<'_>, Error> {
        let signed_payload = self.signed_payload(payload)?;
        let canonical = self.canonical_request(&signed_payload, payload.length())?;
        let expected = key.sign(&self.string_to_sign(&canonical));
        if expected.as_bytes().ct_eq(self.signature.as_bytes()).into() {
            Ok(signed_payload)
        } else {
            Err(Error::SignatureDoesNotMatch)
        }
    }

    /// What the signature says of the body, after a declared hash was compared with `payload`.
    ///
    /// A presigned S3 URL says nothing, unless the header is sent too.
    pub(super) fn signed_payload(&self, payload: Payload<'_>) -> Result<SignedPayload<'_>, Error> {
        let declared = self.headers.value(CONTENT_SHA256);
        let is_s3 = self.scope().service == "s3";
        match (payload.sha256(), declared) {
            (_, None) if is_s3 && self.form == Form::Query => Some(SignedPayload::Unsigned),
            (Some(hash), None) => Some(SignedPayload::Sha256(hash)),
            (Some(hash), Some(declared)) => {
                SignedPayload::parse(declared).filter(|p| *p == SignedPayload::Sha256(hash))
            }
            (None, Some(declared)) if is_s3 => SignedPayload::parse(declared),
            (None, _) => None,
        }
        .ok_or(Error::SignatureDoesNotMatch)
    }

    /// The canonical request; a body's length stands in for a `Content-Length` that was lost.
    pub(super) fn canonical_request(
        &self,
        payload: &SignedPayload<'_>,
        body_length: Option<usize>,
    ) -> Result<Vec<u8>, Error> {
        let path = self.paths.canonical(self.path);
        let path = path.ok_or(Error::SignatureDoesNotMatch)?;
        let mut out = Vec::with_capacity(1024);
        out.extend_from_slice(self.method.as_bytes());
        out.push(b'\n');
        out.extend_from_slice(path.as_bytes());
        out.push(b'\n');
        self.query.write(&mut out);
        out.push(b'\n');
        self.signed_headers
            .write(&self.headers, body_length, &mut out)?;
        out.extend_from_slice(self.signed_headers.as_str().as_bytes());
        out.push(b'\n');
        out.extend_from_slice(payload.canonical().as_bytes());
        Ok(out)
    }

    /// The string to sign over a canonical request.
    pub(super) fn string_to_sign(&self, canonical_request: &[u8]) -> String {
        format!(
            "{ALGORITHM}\n{}\n{}\n{}",
            self.date,
            self.scope().parts().join("/"),
            hex::encode(digest(&SHA256, canonical_request))
        )
    }
}

impl fmt::Debug for UnverifiedSignature<'_> {
    /// Shows neither signature nor session token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedSignature")
            .field("access_key", &self.unverified_access_key())
            .field("scope", &self.scope())
            .field("signed_at", &self.signed_at())
            .field("form", &self.form)
            .finish_non_exhaustive()
    }
}
