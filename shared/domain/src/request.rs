//! A request exactly as it was received, and what policies may know of it.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

/// An HTTP request, byte for byte: a signature covers what was sent.
pub struct Request {
    /// The id under which the call is logged, in the reply and in the audit trail.
    pub id: String,
    /// The method, in upper case.
    pub method: String,
    /// The path, not decoded.
    pub path: String,
    /// The query without `?`, not decoded.
    pub query: String,
    /// The body.
    pub body: Zeroizing<Vec<u8>>,
    /// The peer's address, from the gateway and never from a header.
    pub source_ip: Option<String>,
    /// The headers by name in lower case.
    pub headers: BTreeMap<String, String>,
}

/// What is known of a request besides who makes it.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestFacts<'a> {
    /// The peer's address as the gateway saw it.
    pub source_ip: Option<&'a str>,
    /// Whether the request came over TLS.
    pub secure_transport: bool,
    /// The `User-Agent` header.
    pub user_agent: Option<&'a str>,
    /// The `Referer` header.
    pub referer: Option<&'a str>,
}

impl Request {
    /// The value of a header; `name` is lower-case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// What policies may know of the request. Gateways serve nothing but TLS.
    pub fn facts(&self) -> RequestFacts<'_> {
        RequestFacts {
            source_ip: self.source_ip.as_deref(),
            secure_transport: true,
            user_agent: self.header("user-agent"),
            referer: self.header("referer"),
        }
    }

    /// The headers in the form that signatures are verified over.
    pub fn signed_parts<'a>(
        &'a self,
        headers: &'a mut Vec<sigv4::Header<'a>>,
    ) -> sigv4::Request<'a> {
        headers.extend(self.headers.iter().map(|(k, v)| (k.as_str(), v.as_bytes())));
        sigv4::Request {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers,
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("id", &self.id)
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
