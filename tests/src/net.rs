//! HTTP/1.1 on loopback, for both ends of a test, and names that are not taken.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use shared::random::{OsRandom, Random};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A message body that is complete.
pub(crate) type Body = Full<Bytes>;

/// Listens on a free port of the loopback interface.
pub(crate) async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("a free loopback port");
    let address = listener.local_addr().expect("a bound socket");
    (listener, address)
}

/// Answers every request with `handle`, whose errors close the connection without a reply.
/// Dropping the future closes all connections.
pub(crate) async fn serve<H, F>(listener: TcpListener, handle: H)
where
    H: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = io::Result<Response<Body>>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.expect("a connection");
                connections.spawn(connection(stream, handle.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves one connection; how it ends is the peer's business. A reply has no `Date` but its own.
async fn connection<H, F>(stream: TcpStream, handle: H)
where
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output = io::Result<Response<Body>>>,
{
    let _ = stream.set_nodelay(true);
    let _ = hyper::server::conn::http1::Builder::new()
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service_fn(handle))
        .await;
}

/// A client that keeps its connections open.
pub(crate) fn client() -> Client<HttpConnector, Body> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new()).build(connector)
}

/// A reply of JSON.
pub(crate) fn json(status: StatusCode, content_type: &str, body: &Value) -> Response<Body> {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, content_type)
        .body(Body::from(body.to_string()))
        .expect("a valid reply")
}

/// `N` random bytes in hexadecimal.
pub(crate) fn random_hex<const N: usize>() -> String {
    let mut bytes = [0; N];
    OsRandom.fill(&mut bytes).expect("random bytes");
    hex::encode(bytes)
}
