//! A small HTTP server for the demo services.

use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

/// The largest request body, in bytes: room for any token, and little else.
const MAX_BODY: usize = 64 * 1024;

/// How long requests under way may take once the server was told to stop.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// How long to wait after a connection could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What a demo service does with a request.
pub trait Handler: fmt::Debug + Send + Sync + 'static {
    /// Answers one request.
    fn handle(&self, request: &Request<Bytes>) -> Response<String>;
}

/// Serves HTTP/1.1 on `listener` until `shutdown` resolves. One line a request goes to
/// standard error: method, path and status, never the query.
pub async fn serve(
    listener: TcpListener,
    handler: Arc<dyn Handler>,
    shutdown: impl Future<Output = ()>,
) {
    accept(listener, shutdown, |stream, _, connections| {
        spawn(stream, Arc::clone(&handler), connections);
    })
    .await;
}

/// Hands every connection to `spawn` until `shutdown` resolves.
pub(crate) async fn accept(
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
    spawn: impl Fn(TcpStream, SocketAddr, &GracefulShutdown),
) {
    let connections = GracefulShutdown::new();
    let accept = async {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => spawn(stream, peer, &connections),
                // Out of file descriptors, say: until some are free again.
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    };
    tokio::select! {
        () = accept => {}
        () = shutdown => {}
    }
    let _ = tokio::time::timeout(SHUTDOWN_GRACE, connections.shutdown()).await;
}

/// A JSON reply that no cache keeps.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response<String> {
    let mut response = Response::new(body.to_string());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-store"),
    );
    response
}

/// The value of `name` in the query, or else in the form body.
pub(crate) fn parameter(request: &Request<Bytes>, name: &str) -> Option<String> {
    let find = |form: &[u8]| {
        form_urlencoded::parse(form)
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let query = request.uri().query().unwrap_or_default();
    find(query.as_bytes()).or_else(|| find(request.body()))
}

/// Serves one connection in a task of its own.
fn spawn(stream: TcpStream, handler: Arc<dyn Handler>, connections: &GracefulShutdown) {
    let service = service_fn(move |request| {
        let handler = Arc::clone(&handler);
        async move { Ok::<_, Infallible>(answer(request, handler.as_ref()).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    // A connection that breaks is the client's affair.
    tokio::spawn(connections.watch(connection));
}

async fn answer(request: Request<Incoming>, handler: &dyn Handler) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let line = format!("{} {}", head.method, head.uri.path());
    let response = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => handler.handle(&Request::from_parts(head, body.to_bytes())),
        Err(_) => json(
            StatusCode::PAYLOAD_TOO_LARGE,
            &json!({"error": "the body is too large or broke off"}),
        ),
    };
    eprintln!("{line} {}", response.status().as_u16());
    response.map(|body| Full::new(Bytes::from(body)))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;

    use super::*;

    /// Answers with the parameter `token`.
    #[derive(Debug)]
    struct Echo;

    impl Handler for Echo {
        fn handle(&self, request: &Request<Bytes>) -> Response<String> {
            Response::new(parameter(request, "token").unwrap_or_default())
        }
    }

    async fn exchange(address: SocketAddr, request: &[u8]) -> String {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test]
    async fn requests_are_answered_until_the_shutdown() {
        let listener = crate::net::listen(0).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(serve(listener, Arc::new(Echo), async {
            let _ = stopped.await;
        }));

        let small = b"POST /?token=a%20b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        assert!(exchange(address, small).await.ends_with("\r\n\r\na b"));
        let body = "x".repeat(MAX_BODY + 1);
        let huge = format!(
            "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let refused = exchange(address, huge.as_bytes()).await;
        assert!(refused.starts_with("HTTP/1.1 413"), "{refused}");

        stop.send(()).unwrap();
        server.await.unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }

    #[test]
    fn a_parameter_comes_from_the_query_or_the_form() {
        for (uri, body, expected) in [
            ("/?a=1&token=x%2By", "", Some("x+y")),
            ("/", "token=a+b", Some("a b")),
            ("/?token=query", "token=form", Some("query")),
            ("/?tokens=x", "Token=y", None),
        ] {
            let request = Request::post(uri).body(Bytes::from(body)).unwrap();
            assert_eq!(
                parameter(&request, "token").as_deref(),
                expected,
                "{uri} {body}"
            );
        }
    }
}
