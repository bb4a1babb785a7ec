//! One pooled HTTP client per process and reach.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::task::{self, Poll};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT,
};
use hyper::{Method, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower_service::Service;
use url::{Host, Url};
use zeroize::Zeroizing;

use super::Reach;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(5);
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);

/// How this service names itself to whom it calls: gateways refuse requests without a name.
const AGENT: &str = concat!("lambda-sts/", env!("CARGO_PKG_VERSION"));

/// The form of every reply that is read.
const JSON: &str = "application/json";

/// How many ended calls are kept for the metrics; more than one call of ours ever makes.
const MAX_CALLS: usize = 32;

/// A request to a provider. Its URL may hold a token, so `Debug` does not show it.
pub struct OutboundRequest {
    /// Where to.
    pub url: Url,
    /// How far the request may reach.
    pub reach: Reach,
    /// Whether plain HTTP is fine for hosts that are not this machine.
    pub allow_http: bool,
    /// What is sent with `POST`; `None` for `GET`.
    pub content: Option<Content>,
    /// The value of the `Authorization` header, as it is.
    pub authorization: Option<Zeroizing<String>>,
    /// The largest reply that is read, in bytes.
    pub max_reply: usize,
}

/// The body of a request. It may hold a token, so `Debug` does not show it.
pub enum Content {
    /// A form; an empty one is sent as no body at all.
    Form(Zeroizing<String>),
    /// JSON.
    Json(Zeroizing<String>),
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Content(<redacted>)")
    }
}

impl fmt::Debug for OutboundRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutboundRequest(to {:?})", self.url.host_str())
    }
}

/// A provider's reply, whatever its status.
pub struct OutboundReply {
    /// The HTTP status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body; it may hold claims about people.
    pub body: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for OutboundReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "OutboundReply({}, {} bytes)",
            self.status,
            self.body.len()
        )
    }
}

/// A provider gave no usable reply. The texts name no URL, token or body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// The address may not be contacted.
    #[error("the provider's address may not be contacted")]
    Address,
    /// Plain HTTP to another machine, or no HTTP at all.
    #[error("the provider's URL is not HTTPS")]
    Insecure,
    /// The reply is larger than allowed.
    #[error("the provider's reply is too large")]
    TooLarge,
    /// The reply did not come in time.
    #[error("the provider did not answer in time")]
    TimedOut,
    /// No connection, or it broke.
    #[error("the provider cannot be reached")]
    Unreachable,
}

impl OutboundError {
    /// Whether the provider is in trouble, and not just with this one request.
    pub const fn is_outage(self) -> bool {
        !matches!(self, Self::TooLarge)
    }
}

/// Whether a server that answers with this status is in trouble, and not just with this one
/// request.
pub const fn is_outage(status: u16) -> bool {
    status >= 500 || status == StatusCode::TOO_MANY_REQUESTS.as_u16()
}

/// How a call to a provider went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutboundCall {
    /// How long it took, in milliseconds.
    pub millis: f64,
    /// Whether there was no reply, or an error of the provider's.
    pub failed: bool,
}

type HttpsClient = Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>;

/// The clients, made when they are first needed: the trust store takes milliseconds to load.
#[derive(Default)]
pub struct Outbound {
    configured: OnceLock<HttpsClient>,
    learned: OnceLock<HttpsClient>,
    calls: Mutex<Vec<OutboundCall>>,
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outbound")
    }
}

impl Outbound {
    /// Sends a request and reads the whole reply, in five seconds at most.
    pub async fn send(&self, request: OutboundRequest) -> Result<OutboundReply, OutboundError> {
        self.send_within(TOTAL_TIMEOUT, request).await
    }

    /// Sends a request and reads the whole reply within `limit`.
    pub async fn send_within(
        &self,
        limit: Duration,
        request: OutboundRequest,
    ) -> Result<OutboundReply, OutboundError> {
        check_url(&request)?;
        let started = Instant::now();
        let result = tokio::time::timeout(limit, self.exchange(request))
            .await
            .unwrap_or(Err(OutboundError::TimedOut));
        let failed = result
            .as_ref()
            .map_or(true, |reply| reply.status.is_server_error());
        self.note(OutboundCall {
            millis: started.elapsed().as_secs_f64() * 1000.0,
            failed,
        });
        result
    }

    /// The calls that have ended since they were last taken.
    pub fn take_calls(&self) -> Vec<OutboundCall> {
        std::mem::take(&mut self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, call: OutboundCall) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() < MAX_CALLS {
            calls.push(call);
        }
    }

    async fn exchange(&self, request: OutboundRequest) -> Result<OutboundReply, OutboundError> {
        let max_reply = request.max_reply;
        let client = self.client(request.reach)?;
        let reply = client
            .request(http_request(request)?)
            .await
            .map_err(|e| classify(&e))?;
        let (parts, body) = reply.into_parts();
        let body = Limited::new(body, max_reply)
            .collect()
            .await
            .map_err(|error| {
                if error.is::<http_body_util::LengthLimitError>() {
                    OutboundError::TooLarge
                } else {
                    OutboundError::Unreachable
                }
            })?;
        let body = Zeroizing::new(body.to_bytes().to_vec());
        Ok(OutboundReply {
            status: parts.status,
            headers: parts.headers,
            body,
        })
    }

    fn client(&self, reach: Reach) -> Result<&HttpsClient, OutboundError> {
        let slot = match reach {
            Reach::Configured => &self.configured,
            Reach::Learned => &self.learned,
        };
        if slot.get().is_none() {
            let _lost_race = slot.set(build_client(reach)?);
        }
        slot.get().ok_or(OutboundError::Unreachable)
    }
}

fn build_client(reach: Reach) -> Result<HttpsClient, OutboundError> {
    let mut connector = HttpConnector::new_with_resolver(Resolver {
        reach,
        inner: GaiResolver::new(),
    });
    connector.enforce_http(false);
    connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
    connector.set_nodelay(true);
    let https = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
        .map_err(|_| OutboundError::Unreachable)?
        .https_or_http()
        .enable_http1()
        .wrap_connector(connector);
    Ok(Client::builder(TokioExecutor::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_timer(TokioTimer::new())
        .build(https))
}

/// Scheme and literal addresses; names are checked by the [`Resolver`].
fn check_url(request: &OutboundRequest) -> Result<(), OutboundError> {
    let literal = match request.url.host() {
        Some(Host::Ipv4(v4)) => Some(v4.into()),
        Some(Host::Ipv6(v6)) => Some(v6.into()),
        Some(Host::Domain(_)) => None,
        None => return Err(OutboundError::Insecure),
    };
    if literal.is_some_and(|address| !request.reach.allows(address)) {
        return Err(OutboundError::Address);
    }
    match request.url.scheme() {
        "https" => Ok(()),
        "http" if request.allow_http || is_this_machine(&request.url) => Ok(()),
        _ => Err(OutboundError::Insecure),
    }
}

/// Whether plain HTTP to this URL stays on the machine.
pub(super) fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(v4)) => v4.is_loopback(),
        Some(Host::Ipv6(v6)) => v6.is_loopback(),
        None => false,
    }
}

fn http_request(request: OutboundRequest) -> Result<hyper::Request<Full<Bytes>>, OutboundError> {
    let uri: Uri = request
        .url
        .as_str()
        .parse()
        .map_err(|_| OutboundError::Insecure)?;
    let mut builder = hyper::Request::builder()
        .uri(uri)
        .header(USER_AGENT, AGENT)
        .header(ACCEPT, JSON)
        // Nothing is decompressed here.
        .header(ACCEPT_ENCODING, "identity");
    builder = match &request.content {
        None => builder.method(Method::GET),
        Some(Content::Form(form)) if form.is_empty() => builder.method(Method::POST),
        Some(Content::Form(_)) => builder
            .method(Method::POST)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded"),
        Some(Content::Json(_)) => builder.method(Method::POST).header(CONTENT_TYPE, JSON),
    };
    if let Some(authorization) = &request.authorization {
        let mut value =
            HeaderValue::from_str(authorization).map_err(|_| OutboundError::Unreachable)?;
        value.set_sensitive(true);
        builder = builder.header(AUTHORIZATION, value);
    }
    let body = match request.content {
        None => Bytes::new(),
        Some(Content::Form(text) | Content::Json(text)) => Bytes::copy_from_slice(text.as_bytes()),
    };
    builder
        .body(Full::new(body))
        .map_err(|_| OutboundError::Unreachable)
}

/// A refused address hides below the client's own error.
fn classify(error: &(dyn std::error::Error + 'static)) -> OutboundError {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            match io.kind() {
                std::io::ErrorKind::PermissionDenied => return OutboundError::Address,
                std::io::ErrorKind::TimedOut => return OutboundError::TimedOut,
                _ => {}
            }
        }
        cause = error.source();
    }
    OutboundError::Unreachable
}

/// Resolves names to the addresses that may be contacted.
#[derive(Clone)]
struct Resolver {
    reach: Reach,
    inner: GaiResolver,
}

type Addresses = std::vec::IntoIter<SocketAddr>;

impl Service<Name> for Resolver {
    type Response = Addresses;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Addresses, std::io::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut task::Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolving = self.inner.call(name);
        let reach = self.reach;
        Box::pin(async move {
            let allowed: Vec<SocketAddr> =
                resolving.await?.filter(|a| reach.allows(a.ip())).collect();
            if allowed.is_empty() {
                return Err(std::io::Error::from(std::io::ErrorKind::PermissionDenied));
            }
            Ok(allowed.into_iter())
        })
    }
}

#[cfg(test)]
mod tests;
