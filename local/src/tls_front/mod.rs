//! TLS in front of a service on the loopback interface that speaks plain HTTP/1.1.
//!
//! In front it speaks HTTP/1.1 and HTTP/2. What signatures cover goes through unchanged: method,
//! path and query byte for byte, host, headers, body. It adds no header of its own but a
//! `content-length` where the body's length was not known before.

mod authority;

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use clock::UnixTime;
use http::uri::{Authority as HostPort, PathAndQuery, Scheme};
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri, Version, header,
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::Watcher;
use rustls::ServerConfig;
use rustls::crypto::ring;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::{Error, server};

pub use authority::Authority;

/// The largest body of a request or a reply, in bytes: what API Gateway takes.
const MAX_BODY: usize = 10 * 1024 * 1024;

/// How long a client may take for the handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The protocols in front, the better one first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// What is said between two neighbours and no further (RFC 9110 section 7.6.1).
const HOP_BY_HOP: [HeaderName; 6] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// The front: a certificate, and where requests go.
pub struct TlsFront {
    acceptor: TlsAcceptor,
    client: Client<HttpConnector, Full<Bytes>>,
    upstream: HostPort,
}

impl fmt::Debug for TlsFront {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsFront")
            .field("upstream", &self.upstream)
            .finish_non_exhaustive()
    }
}

impl TlsFront {
    /// A front with a new certificate of `authority`, for the service on `upstream_port`.
    pub fn new(authority: &Authority, upstream_port: u16, now: UnixTime) -> Result<Self, Error> {
        let (certificate, key) = authority.issue(now)?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| {
                config
                    .with_no_client_auth()
                    .with_single_cert(vec![certificate], key)
            })
            .map_err(|_| Error::Key)?;
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        let upstream = HostPort::try_from(format!("127.0.0.1:{upstream_port}"));
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            client: Client::builder(TokioExecutor::new()).build_http(),
            upstream: upstream.map_err(|_| Error::Key)?,
        })
    }

    /// Answers one request with what the service answers.
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let line = format!("{} {}", request.method(), request.uri().path());
        let response = match self.exchange(request).await {
            Ok(response) => response,
            Err(status) => refusal(status),
        };
        eprintln!("{line} {}", response.status().as_u16());
        response
    }

    async fn exchange(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, StatusCode> {
        let (mut head, body) = request.into_parts();
        keep_host(&head.uri, head.version, &mut head.headers);
        if !head.headers.contains_key(header::HOST) {
            return Err(StatusCode::BAD_REQUEST);
        }
        let body = whole(body).await.ok_or(StatusCode::PAYLOAD_TOO_LARGE)?;
        head.uri = self.address(&head.uri).ok_or(StatusCode::BAD_REQUEST)?;
        head.version = Version::HTTP_11;
        remove_hop_by_hop(&mut head.headers);
        let request = Request::from_parts(head, Full::new(body));
        let reply = self.client.request(request).await;
        let (mut head, body) = reply.map_err(|_| StatusCode::BAD_GATEWAY)?.into_parts();
        let body = whole(body).await.ok_or(StatusCode::BAD_GATEWAY)?;
        remove_hop_by_hop(&mut head.headers);
        // Whatever the client speaks, not what the service does.
        head.version = Version::default();
        Ok(Response::from_parts(head, Full::new(body)))
    }

    /// The same path and query at the service.
    fn address(&self, uri: &Uri) -> Option<Uri> {
        let path = uri.path_and_query().cloned();
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(self.upstream.clone());
        parts.path_and_query = Some(path.unwrap_or(PathAndQuery::from_static("/")));
        Uri::from_parts(parts).ok()
    }
}

/// Serves HTTP/1.1 and HTTP/2 over TLS on `listener` until `shutdown` resolves. One line a
/// request goes to standard error: method, path and status, never the query.
pub async fn serve(listener: TcpListener, front: TlsFront, shutdown: impl Future<Output = ()>) {
    let front = Arc::new(front);
    server::accept(listener, shutdown, |stream, _, connections| {
        let serving = serve_connection(Arc::clone(&front), stream, connections.watcher());
        tokio::spawn(serving);
    })
    .await;
}

/// Serves one connection. One that breaks is the client's affair.
async fn serve_connection(front: Arc<TlsFront>, stream: TcpStream, watcher: Watcher) {
    let handshake = front.acceptor.accept(stream);
    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, handshake).await else {
        return;
    };
    let protocol = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
    let service = service_fn(move |request| {
        let front = Arc::clone(&front);
        async move { Ok::<_, Infallible>(front.answer(request).await) }
    });
    let stream = TokioIo::new(stream);
    if protocol.as_deref() == Some(b"h2") {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        let connection = builder.timer(TokioTimer::new());
        let _ = watcher
            .watch(connection.serve_connection(stream, service))
            .await;
    } else {
        let mut builder = http1::Builder::new();
        let connection = builder.timer(TokioTimer::new());
        let _ = watcher
            .watch(connection.serve_connection(stream, service))
            .await;
    }
}

/// HTTP/2 has the host in `:authority`, where HTTP/1.1 has it in a header; clients sign the same.
fn keep_host(uri: &Uri, version: Version, headers: &mut HeaderMap) {
    let authority = uri.authority().filter(|_| version == Version::HTTP_2);
    if let Some(host) = authority.and_then(|a| HeaderValue::from_str(a.as_str()).ok()) {
        headers.insert(header::HOST, host);
    }
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in HOP_BY_HOP.iter().chain(&named) {
        headers.remove(name);
    }
}

/// The whole body; `None` if it is too large or breaks off.
async fn whole<B: Body<Data = Bytes>>(body: B) -> Option<Bytes>
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let body = Limited::new(body, MAX_BODY).collect().await.ok()?;
    Some(body.to_bytes())
}

fn refusal(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(format!("tls-front: {status}\n")));
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests;
