use std::net::SocketAddr;

use clock::{Clock as _, SystemClock};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{mpsc, oneshot};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;

/// A front, and behind it a server that keeps what it receives.
struct Stage {
    address: SocketAddr,
    roots: RootCertStore,
    received: mpsc::UnboundedReceiver<String>,
    _running: oneshot::Sender<()>,
    _folder: TempDir,
}

const REPLY: &str =
    "HTTP/1.1 403 Forbidden\r\nx-amzn-requestid: 1\r\nkeep-alive: x\r\ncontent-length: 2\r\n\r\nno";

impl Stage {
    async fn set() -> Self {
        let upstream = crate::net::listen(0).await.unwrap();
        let port = upstream.local_addr().unwrap().port();
        let (sender, received) = mpsc::unbounded_channel();
        tokio::spawn(record(upstream, sender));
        Self::before(port, received).await
    }

    async fn before(port: u16, received: mpsc::UnboundedReceiver<String>) -> Self {
        let folder = TempDir::new().unwrap();
        let now = SystemClock.now();
        let authority = Authority::open(folder.path(), now).unwrap();
        let front = TlsFront::new(&authority, port, now).unwrap();
        let mut roots = RootCertStore::empty();
        let pem = folder.path().join("ca.pem");
        roots
            .add(CertificateDer::from_pem_file(pem).unwrap())
            .unwrap();
        let listener = crate::net::listen(0).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (running, stopped) = oneshot::channel::<()>();
        tokio::spawn(serve(listener, front, async {
            let _ = stopped.await;
        }));
        Self {
            address,
            roots,
            received,
            _running: running,
            _folder: folder,
        }
    }

    async fn connect(
        &self,
        name: &'static str,
        protocol: &[u8],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let provider = Arc::new(ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from(name).unwrap();
        TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
    }

    /// What comes back for these bytes over HTTP/1.1.
    async fn http1(&self, request: &str) -> String {
        let mut stream = self.connect("localhost", b"http/1.1").await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).await.unwrap();
        String::from_utf8(reply).unwrap()
    }

    /// Status and body of the reply over HTTP/2.
    async fn http2(&self, request: Request<Full<Bytes>>) -> (u16, Bytes) {
        let stream = self.connect("localhost", b"h2").await.unwrap();
        let executor = TokioExecutor::new();
        let connecting = hyper::client::conn::http2::handshake(executor, TokioIo::new(stream));
        let (mut sender, connection) = connecting.await.unwrap();
        tokio::spawn(connection);
        let reply = sender.send_request(request).await.unwrap();
        let status = reply.status().as_u16();
        (
            status,
            reply.into_body().collect().await.unwrap().to_bytes(),
        )
    }
}

/// Takes one request a connection, and answers each in the same way.
async fn record(listener: TcpListener, received: mpsc::UnboundedSender<String>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut request = String::new();
        while !complete(&request) {
            let mut buffer = [0; 4096];
            let read = stream.read(&mut buffer).await.unwrap();
            assert!(read > 0, "{request}");
            request.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        }
        received.send(request).unwrap();
        stream.write_all(REPLY.as_bytes()).await.unwrap();
    }
}

fn complete(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    length.is_none_or(|length| body.len() >= length.parse().unwrap())
}

const TARGET: &str = "/a%2fb/./%C3%bc//?Action=X&&x=%20+%7E'&y";

#[tokio::test]
async fn what_is_signed_goes_through_byte_for_byte() {
    let mut stage = Stage::set().await;
    let reply = stage
        .http1(&format!(
            "POST {TARGET} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: AWS4-HMAC-SHA256 x\r\n\
             X-Amz-Meta: a  b\r\nX-Amz-Meta: c\r\nContent-Length: 5\r\n\
             Connection: close, X-Hop\r\nX-Hop: 1\r\n\r\na=b&c"
        ))
        .await;
    assert_eq!(
        stage.received.recv().await.unwrap(),
        format!(
            "POST {TARGET} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: AWS4-HMAC-SHA256 x\r\n\
             x-amz-meta: a  b\r\nx-amz-meta: c\r\ncontent-length: 5\r\n\r\na=b&c"
        )
    );
    assert!(
        reply.starts_with("HTTP/1.1 403 Forbidden\r\nx-amzn-requestid: 1\r\n"),
        "{reply}"
    );
    assert!(
        reply.ends_with("\r\n\r\nno") && !reply.contains("keep-alive"),
        "{reply}"
    );
}

#[tokio::test]
async fn the_authority_of_http_2_is_the_host() {
    let mut stage = Stage::set().await;
    let request = Request::post(format!("https://localhost:9443{TARGET}"))
        .header("x-amz-date", "20150830T123600Z")
        .body(Full::from("a=b"))
        .unwrap();
    let (status, body) = stage.http2(request).await;
    assert_eq!((status, body.as_ref()), (403, b"no".as_slice()));
    let received = stage.received.recv().await.unwrap();
    assert!(
        received.starts_with(&format!("POST {TARGET} HTTP/1.1\r\n")),
        "{received}"
    );
    for line in [
        "host: localhost:9443",
        "x-amz-date: 20150830T123600Z",
        "content-length: 3",
    ] {
        assert!(received.contains(&format!("\r\n{line}\r\n")), "{received}");
    }
    assert!(!received.to_lowercase().contains("forwarded"), "{received}");
    assert!(received.ends_with("\r\n\r\na=b"), "{received}");
}

#[tokio::test]
async fn a_body_of_unknown_length_gets_one() {
    let mut stage = Stage::set().await;
    let chunked = "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n\
                   3\r\na=b\r\n0\r\n\r\n";
    stage.http1(chunked).await;
    let received = stage.received.recv().await.unwrap();
    assert_eq!(
        received,
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\na=b"
    );
}

#[tokio::test]
async fn what_cannot_be_passed_on_is_refused() {
    let stage = Stage::set().await;
    let reply = stage
        .http1("GET / HTTP/1.1\r\nconnection: close\r\n\r\n")
        .await;
    assert!(reply.starts_with("HTTP/1.1 400"), "{reply}");
    let body = "x".repeat(MAX_BODY + 1);
    let request = Request::post("https://localhost/").body(Full::from(body));
    assert_eq!(stage.http2(request.unwrap()).await.0, 413);
    // Nobody listens on a port that was free a moment ago.
    let port = crate::net::listen(0)
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let (_, nothing) = mpsc::unbounded_channel();
    let stage = Stage::before(port, nothing).await;
    let request = Request::post("https://localhost/").body(Full::default());
    assert_eq!(stage.http2(request.unwrap()).await.0, 502);
}

#[tokio::test]
async fn the_certificate_is_for_this_machine_only() {
    let stage = Stage::set().await;
    for name in ["localhost", "127.0.0.1"] {
        assert!(stage.connect(name, b"http/1.1").await.is_ok(), "{name}");
    }
    for name in ["example.com", "127.0.0.2"] {
        let error = stage
            .connect(name, b"http/1.1")
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("not valid for name"), "{error}");
    }
}
