//! An HTTP server that answers whatever it is told to, byte by byte if need be.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::net;

/// How a server answers a request.
#[derive(Debug, Clone)]
pub struct Answer {
    bytes: Vec<u8>,
    delay: Duration,
    pace: Option<Duration>,
    close: bool,
}

impl Answer {
    /// A reply of JSON on a connection that stays open.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, &body.to_string())
    }

    /// A reply with any body on a connection that stays open.
    pub fn text(status: u16, body: &str) -> Self {
        Self::reply(status, &[], body.as_bytes())
    }

    /// A reply with header lines and any body on a connection that stays open.
    pub fn reply(status: u16, headers: &[&str], body: &[u8]) -> Self {
        let headers: String = (headers.iter()).flat_map(|line| [*line, "\r\n"]).collect();
        let length = body.len();
        let head = format!("HTTP/1.1 {status} x\r\n{headers}content-length: {length}\r\n\r\n");
        Self {
            close: false,
            ..Self::bytes([head.as_bytes(), body].concat())
        }
    }

    /// A redirect to `location`.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::reply(status, &[&format!("location: {location}")], b"")
    }

    /// Exactly these bytes, behind which the connection is closed.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            delay: Duration::ZERO,
            pace: None,
            close: true,
        }
    }

    /// The same answer, but so much later.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// The same answer, with a pause before each of its bytes.
    #[must_use]
    pub fn dripping(self, pace: Duration) -> Self {
        Self {
            pace: Some(pace),
            ..self
        }
    }
}

/// A request that a server got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Method, target and version.
    pub line: String,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Received {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(own, _)| own == name)?;
        Some(value)
    }

    /// The path without its query.
    pub fn path(&self) -> &str {
        let target = self.line.split(' ').nth(1).unwrap_or_default();
        target.split('?').next().unwrap_or_default()
    }
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Responder {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
    _server: JoinSet<()>,
}

#[derive(Debug, Default)]
struct State {
    answers: HashMap<String, Answer>,
    requests: Vec<Received>,
    connections: usize,
}

impl Responder {
    /// A server that closes the connection on every request until it has an answer.
    pub(crate) async fn start() -> Self {
        let (listener, address) = net::listen().await;
        let state = Arc::new(Mutex::new(State::default()));
        let mut server = JoinSet::new();
        server.spawn(serve(listener, Arc::clone(&state)));
        Self {
            address,
            state,
            _server: server,
        }
    }

    /// Sets the answer to all further requests for `path`.
    pub(crate) fn answer(&self, path: &str, answer: Answer) {
        lock(&self.state).answers.insert(path.to_owned(), answer);
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Received> {
        lock(&self.state).requests.clone()
    }

    /// Forgets requests and connections.
    pub(crate) fn forget(&self) {
        let mut state = lock(&self.state);
        state.requests.clear();
        state.connections = 0;
    }

    /// How many connections were opened so far.
    pub(crate) fn connections(&self) -> usize {
        lock(&self.state).connections
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().expect("no panic while it was locked")
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        lock(&state).connections += 1;
        connections.spawn(connection(stream, Arc::clone(&state)));
    }
}

/// Answers requests until an answer closes the connection, or the peer does.
async fn connection(stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut stream = BufReader::new(stream);
    while let Ok(request) = read_request(&mut stream).await {
        let answer = {
            let mut state = lock(&state);
            let answer = state.answers.get(request.path()).cloned();
            state.requests.push(request);
            answer
        };
        let Some(answer) = answer else {
            return;
        };
        let written = write_answer(&mut stream, &answer).await;
        if answer.close || written.is_err() {
            return;
        }
    }
}

async fn read_request(stream: &mut BufReader<TcpStream>) -> io::Result<Received> {
    let line = read_line(stream).await?;
    let mut headers = Vec::new();
    loop {
        let header = read_line(stream).await?;
        let Some((name, value)) = header.split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().expect("a length"));
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Received {
        line,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

async fn write_answer(stream: &mut BufReader<TcpStream>, answer: &Answer) -> io::Result<()> {
    sleep(answer.delay).await;
    let Some(pace) = answer.pace else {
        return stream.write_all(&answer.bytes).await;
    };
    for byte in &answer.bytes {
        sleep(pace).await;
        stream.write_all(&[*byte]).await?;
    }
    Ok(())
}
