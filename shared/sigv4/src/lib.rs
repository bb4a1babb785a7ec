#![doc = include_str!("../README.md")]

mod credential;
mod encoding;
mod error;
mod headers;
mod key;
mod parameters;
mod path;
mod payload;
mod query;
mod signature;
#[cfg(test)]
mod tests;
mod validity;

use std::borrow::Cow;
use std::fmt;

use credential::Credential;
use headers::{Headers, SignedHeaders};
use parameters::Parameters;
use query::Query;
use validity::Validity;

pub use clock::UnixTime;
pub use credential::Scope;
pub use error::{Echo, Error, Window};
pub use headers::{MustSign, is_of_proxies};
pub use key::SigningKey;
pub use parameters::Form;
pub use path::PathStyle;
pub use payload::{Payload, SignedPayload};
pub use signature::UnverifiedSignature;

/// The only signing algorithm that is accepted.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The header that tells when a request was signed.
const DATE_HEADER: &str = "x-amz-date";

/// The header that holds the token of temporary credentials.
const SECURITY_TOKEN_HEADER: &str = "x-amz-security-token";

/// A header field as received: lower-case name, value.
pub type Header<'a> = (&'a str, &'a [u8]);

/// The parts of an HTTP request that a signature covers, exactly as received.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, not decoded.
    pub path: &'a str,
    /// The query without `?`, not decoded; empty when there is none.
    pub query: &'a str,
    /// Every header field in order of arrival. Names are lower-case, as `http` and HTTP/2
    /// have them; a repeated field is several entries.
    pub headers: &'a [Header<'a>],
}

impl fmt::Debug for Request<'_> {
    /// Shows neither query nor header values: they hold tokens and signatures.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// What a service accepts.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The service that a signature must be scoped to.
    pub service: Cow<'static, str>,
    /// The regions that a signature may be scoped to.
    pub regions: Regions,
    /// How paths were canonicalized by the signer.
    pub paths: PathStyle,
    /// Which of the `x-amz-*` headers that arrived must be signed.
    pub must_sign: MustSign,
    /// How far the time of signing may lie from the verifier's, in seconds.
    pub max_skew_seconds: i64,
}

impl Rules {
    /// The 15 minutes that AWS STS grants.
    pub const MAX_SKEW_SECONDS: i64 = 900;

    /// The rules of a security token service.
    pub const fn sts(regions: Regions) -> Self {
        Self {
            service: Cow::Borrowed("sts"),
            regions,
            paths: PathStyle::Normalized,
            must_sign: MustSign::ItsOwn,
            max_skew_seconds: Self::MAX_SKEW_SECONDS,
        }
    }

    /// The rules of a service of that name: those of an object store for `s3`, else those that
    /// all other services share.
    pub fn of_service(service: impl Into<Cow<'static, str>>, regions: Regions) -> Self {
        let service = service.into();
        match service.as_ref() {
            "s3" => Self::s3(regions),
            _ => Self {
                service,
                ..Self::sts(regions)
            },
        }
    }

    /// The rules of an object store.
    pub const fn s3(regions: Regions) -> Self {
        Self {
            service: Cow::Borrowed("s3"),
            regions,
            paths: PathStyle::AsIs,
            must_sign: MustSign::All,
            max_skew_seconds: Self::MAX_SKEW_SECONDS,
        }
    }
}

/// The regions that a signature may be scoped to.
#[derive(Debug, Clone)]
pub enum Regions {
    /// Any, also the empty one that `MinIO`'s clients use by default.
    Any,
    /// Exactly these; the empty region must be listed to be accepted.
    OneOf(Vec<String>),
}

impl Regions {
    fn accept(&self, region: &str) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(regions) => regions.iter().any(|r| r == region),
        }
    }
}

/// Checks the form, signed headers, time and scope of a request's signature.
///
/// Nothing in the result is proven before [`UnverifiedSignature::verify`] has succeeded.
pub fn parse<'a>(
    request: &Request<'a>,
    rules: &Rules,
    now: UnixTime,
) -> Result<UnverifiedSignature<'a>, Error> {
    let mut query = Query::parse(request.query)?;
    let headers = Headers::new(request.headers);
    let parameters = Parameters::extract(&headers, &mut query)?;
    query.sort();
    let signed_headers = SignedHeaders::check(
        parameters.signed_headers,
        parameters.date_header,
        rules.must_sign,
        &headers,
    )?;
    let validity = Validity::check(
        &parameters.date,
        parameters.expires.as_deref(),
        rules.max_skew_seconds,
        now,
    )?;
    let credential = Credential::parse(parameters.credential)?;
    credential.check_scope(rules, &parameters.date)?;
    Ok(UnverifiedSignature {
        method: request.method,
        path: request.path,
        paths: rules.paths,
        query,
        headers,
        form: parameters.form,
        credential,
        signed_headers,
        date: parameters.date,
        validity,
        session_token: parameters.session_token,
        signature: parameters.signature,
    })
}
