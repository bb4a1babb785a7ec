//! The body's part in a signature.

use std::borrow::Cow;
use std::fmt;

use ring::digest::{SHA256, digest};

const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
const STREAMING_PREFIX: &str = "STREAMING-";

/// What the verifier knows of the body.
#[derive(Clone, Copy)]
pub enum Payload<'a> {
    /// The body, exactly as received.
    Bytes(&'a [u8]),
    /// The body's SHA-256, computed by the caller.
    Sha256([u8; 32]),
    /// Nothing yet: what `x-amz-content-sha256` declares is handed on, for the caller to hold
    /// the body to. For S3 only.
    Declared,
}

impl fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bytes(_) => "Bytes(..)",
            Self::Sha256(_) => "Sha256(..)",
            Self::Declared => "Declared",
        })
    }
}

impl Payload<'_> {
    /// The body's length in bytes, where it is known.
    pub(super) fn length(&self) -> Option<usize> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len()),
            Self::Sha256(_) | Self::Declared => None,
        }
    }

    /// The body's SHA-256, where the verifier need not trust the client for it.
    pub(super) fn sha256(&self) -> Option<[u8; 32]> {
        match self {
            Self::Bytes(bytes) => digest(&SHA256, bytes).as_ref().try_into().ok(),
            Self::Sha256(hash) => Some(*hash),
            Self::Declared => None,
        }
    }
}

/// What a verified signature says of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedPayload<'a> {
    /// The body has this SHA-256. With [`Payload::Declared`], the caller still has to check.
    Sha256([u8; 32]),
    /// Nothing: `UNSIGNED-PAYLOAD`.
    Unsigned,
    /// The body comes in chunks; the full name of the scheme, which starts with `STREAMING-`.
    Streaming(Cow<'a, str>),
}

impl<'a> SignedPayload<'a> {
    /// The same, independent of the request it was read from.
    pub fn into_owned(self) -> SignedPayload<'static> {
        match self {
            Self::Sha256(hash) => SignedPayload::Sha256(hash),
            Self::Unsigned => SignedPayload::Unsigned,
            Self::Streaming(scheme) => SignedPayload::Streaming(Cow::Owned(scheme.into_owned())),
        }
    }

    /// Reads the value of `x-amz-content-sha256`.
    pub(super) fn parse(declared: Cow<'a, str>) -> Option<Self> {
        if declared == UNSIGNED {
            return Some(Self::Unsigned);
        }
        if declared.starts_with(STREAMING_PREFIX) {
            return Some(Self::Streaming(declared));
        }
        let mut hash = [0; 32];
        hex::decode_to_slice(declared.as_bytes(), &mut hash).ok()?;
        // Upper-case digits would not survive the way back to text.
        Some(Self::Sha256(hash)).filter(|payload| payload.canonical() == declared)
    }

    /// The last line of the canonical request.
    pub(super) fn canonical(&self) -> Cow<'_, str> {
        match self {
            Self::Sha256(hash) => hex::encode(hash).into(),
            Self::Unsigned => UNSIGNED.into(),
            Self::Streaming(scheme) => scheme.as_ref().into(),
        }
    }
}
