//! A small S3 server over a directory, guarded by this service's credentials.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;

use aws::dynamodb::DynamoStore;
use clock::SystemClock;
use config::Config;
use domain::verify::Guard;
use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use s3::Object;
use s3_guard::{Connection, KeyStyle, ObjectTags, S3Guard};
use s3s::service::S3ServiceBuilder;
use s3s::{Body, S3ErrorCode};
use tokio::net::{TcpListener, TcpStream};

use crate::s3_store::Store;
use crate::{Error, server};

/// The server and its guard.
pub type Gateway = S3Guard<DynamoStore>;

/// Opens the directory whose directories are the buckets. Users, sessions and policies come
/// from where the environment says, as for the functions, and are remembered for
/// `cache_seconds`.
pub fn open(root: &Path, cache_seconds: u16) -> Result<Gateway, Error> {
    let config = Config::from_env()?;
    let store = Store::open(root, Arc::new(SystemClock))?;
    let guard = Guard::new(config.deps(cache_seconds.into())?);
    let tags = Arc::new(store.clone());
    let s3 = S3ServiceBuilder::new(store);
    Ok(S3Guard::new(Arc::new(guard), s3, KeyStyle::Exact).with_tags(tags))
}

#[async_trait::async_trait]
impl ObjectTags for Store {
    async fn of(&self, object: &Object) -> Option<Vec<(String, String)>> {
        match self.tags(&object.bucket, &object.key).await {
            Ok(tags) => Some(tags),
            Err(error) => match error.code() {
                S3ErrorCode::NoSuchBucket | S3ErrorCode::NoSuchKey => Some(Vec::new()),
                _ => None,
            },
        }
    }
}

/// Serves HTTP/1.1 on `listener` until `shutdown` resolves. One line a request goes to
/// standard error: method, path and status, never the query.
pub async fn serve(listener: TcpListener, gateway: Gateway, shutdown: impl Future<Output = ()>) {
    let gateway = Arc::new(gateway);
    server::accept(listener, shutdown, |stream, peer, connections| {
        let connection = Connection {
            peer: Some(peer.ip()),
            is_tls: false,
        };
        spawn(stream, Arc::clone(&gateway), connection, connections);
    })
    .await;
}

fn spawn(
    stream: TcpStream,
    gateway: Arc<Gateway>,
    connection: Connection,
    connections: &GracefulShutdown,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let gateway = Arc::clone(&gateway);
        async move {
            let line = format!("{} {}", request.method(), request.uri().path());
            let waits = request.headers().contains_key(header::EXPECT);
            let response = gateway.call(request.map(Body::from), connection).await;
            let response = finished(response, waits);
            eprintln!("{line} {}", response.status().as_u16());
            Ok::<_, Infallible>(response)
        }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    // A connection that breaks is the client's affair.
    tokio::spawn(connections.watch(serving));
}

/// What s3s leaves to its server: a `HEAD` of some bytes is answered like a `GET` of them, and a
/// client that waits for leave to send its body is told that the connection ends without it.
fn finished(mut response: Response<Body>, waits: bool) -> Response<Body> {
    let has_range = response.headers().contains_key(header::CONTENT_RANGE);
    if response.status() == StatusCode::OK && has_range {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    if waits && !response.status().is_success() {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}
