//! The head of a request, as the verifier reads it.

use http::Request;
use s3s::Body;

use crate::denied::Denied;

/// Method, URI and headers as received.
pub(crate) struct Head<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    headers: Vec<sigv4::Header<'a>>,
}

impl<'a> Head<'a> {
    /// Refuses repeated headers that decide: readers differ in which of them counts.
    pub(crate) fn of(request: &'a Request<Body>) -> Result<Self, Denied> {
        let headers = request.headers();
        let is_repeated = |name: &&http::HeaderName| headers.get_all(*name).iter().count() > 1;
        if headers.keys().filter(is_repeated).any(decides) {
            return Err(Denied::from(s3::OperationError::Ambiguous));
        }
        Ok(Self {
            method: request.method().as_str(),
            path: request.uri().path(),
            query: request.uri().query().unwrap_or_default(),
            headers: headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_bytes()))
                .collect(),
        })
    }

    pub(crate) fn signed(&self) -> sigv4::Request<'_> {
        sigv4::Request {
            method: self.method,
            path: self.path,
            query: self.query,
            headers: &self.headers,
        }
    }

    /// Whether the request carries a signature of Version 2, in its header or its query.
    pub(crate) fn has_signature_version_2(&self) -> bool {
        let scheme = self
            .get("authorization")
            .and_then(|value| value.split(' ').next());
        let mut names = self
            .query
            .split('&')
            .filter_map(|pair| pair.split('=').next());
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("AWS"))
            || names.any(|name| name == "AWSAccessKeyId")
    }

    /// A header's value. One that is not UTF-8 reads as present and empty.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.headers.iter().find(|(n, _)| *n == name)?;
        Some(str::from_utf8(value).unwrap_or_default())
    }
}

fn decides(name: &http::HeaderName) -> bool {
    let name = name.as_str();
    let is_free = name.starts_with("x-amz-meta-") || sigv4::is_of_proxies(name);
    name.starts_with("x-amz-") && !is_free || matches!(name, "authorization" | "content-type")
}
