//! A proxy in front of a DynamoDB or KMS endpoint that records operations and injects faults.
//!
//! Each function has an endpoint of its own, at which it may do what its role in
//! `template.yaml` allows and nothing else.
//!
//! The proxy shows the code under test what no engine on this machine does: throttling,
//! transaction conflicts, errors before and after a write took effect, lost and late replies,
//! disabled keys, and an endpoint that is not there.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::http::request::Parts;
use hyper::http::uri::PathAndQuery;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use shared::clock::{Clock, SystemClock};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::iam::{self, Permission};
use crate::net::{self, Body};
use crate::template::Template;

/// The date of a reply (RFC 9110 section 5.6.7).
const HTTP_DATE: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// What happens to an operation instead of a plain answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `ProvisionedThroughputExceededException`, 400; the engine sees nothing.
    ThroughputExceeded,
    /// An error of that code, 400; the engine sees nothing.
    Refusal(&'static str),
    /// `ThrottlingException`, 400; the engine sees nothing.
    Throttling,
    /// `TransactionCanceledException` with one reason, `TransactionConflict`, 400; the engine
    /// sees nothing.
    TransactionConflict,
    /// `InternalServerError`, 500; the engine sees nothing.
    InternalError,
    /// `InternalServerError`, 500, after the engine has done the operation.
    InternalErrorAfter,
    /// The engine does the operation, then the connection closes without a reply.
    LostReply,
    /// The engine gets the operation this much later.
    Delay(Duration),
    /// The reply's `Date` is this many seconds off; `None` is a reply without one.
    Clock(Option<i64>),
}

/// Which operations a fault applies to.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    operation: Option<&'static str>,
    nth: Option<usize>,
}

impl Rule {
    /// Every operation.
    pub const ALL: Self = Self {
        operation: None,
        nth: None,
    };

    /// Every call of one operation, such as `PutItem`.
    pub const fn every(operation: &'static str) -> Self {
        Self {
            operation: Some(operation),
            nth: None,
        }
    }

    /// Only the `nth` call of what the rule means, counted from 1 and from its injection.
    #[must_use]
    pub const fn nth(self, nth: usize) -> Self {
        Self {
            nth: Some(nth),
            ..self
        }
    }
}

/// An operation that arrived at the proxy.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Its name, such as `PutItem`.
    pub name: String,
    /// The first table that it names.
    pub table: Option<String>,
    /// Its parameters.
    pub body: Value,
    /// The function that sent it, if that has an endpoint of its own.
    pub function: Option<String>,
    /// What IAM asks for.
    pub needs: Vec<Permission>,
}

impl Operation {
    /// Whether the role of the function that sent it does not allow it.
    fn is_denied(&self) -> bool {
        let functions = Template::get().functions();
        let may = |name| functions.get(name).is_some_and(|it| it.may(&self.needs));
        self.function.as_deref().is_some_and(|name| !may(name))
    }
}

/// A proxy that runs until it is dropped.
#[derive(Debug)]
pub struct FaultProxy {
    url: String,
    address: SocketAddr,
    upstream: Arc<Upstream>,
    server: Option<JoinHandle<()>>,
}

impl FaultProxy {
    /// A proxy for the endpoint `upstream`, without faults.
    ///
    /// # Panics
    ///
    /// When `upstream` is not a URL.
    pub async fn start(upstream: &str) -> Self {
        let (listener, address) = net::listen().await;
        let upstream = Arc::new(Upstream {
            uri: upstream.parse().expect("a URL"),
            http: net::client(),
            state: Mutex::default(),
        });
        Self {
            url: format!("http://{address}"),
            address,
            server: Some(serve(listener, &upstream)),
            upstream,
        }
    }

    /// The endpoint that the code under test is given.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The endpoint of a function of `template.yaml`. What its role does not allow is refused
    /// with `AccessDeniedException`, as DynamoDB does.
    pub fn url_of(&self, function: &str) -> String {
        format!("{}/{function}", self.url)
    }

    /// The operations that arrived since the start or the last [`Self::clear`].
    pub fn operations(&self) -> Vec<Operation> {
        self.upstream.state().operations.clone()
    }

    /// Forgets the recorded operations and the injected faults.
    pub fn clear(&self) {
        *self.upstream.state() = State::default();
    }

    /// Lets `fault` happen to the operations that `rule` names. Of several the first applies.
    pub fn inject(&self, fault: Fault, rule: Rule) {
        let calls = 0;
        let injected = Injected { fault, rule, calls };
        self.upstream.state().injected.push(injected);
    }

    /// Closes all connections and refuses new ones.
    pub async fn refuse_connections(&mut self) {
        if let Some(server) = self.server.take() {
            server.abort();
            let _ = server.await;
        }
    }

    /// Listens again, at the same address.
    ///
    /// # Panics
    ///
    /// When another process has taken the port.
    pub async fn accept_connections(&mut self) {
        self.refuse_connections().await;
        let listener = TcpListener::bind(self.address).await.expect("the port");
        self.server = Some(serve(listener, &self.upstream));
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

fn serve(listener: TcpListener, upstream: &Arc<Upstream>) -> JoinHandle<()> {
    let upstream = Arc::clone(upstream);
    tokio::spawn(net::serve(listener, move |request| {
        let upstream = Arc::clone(&upstream);
        async move { upstream.handle(request).await }
    }))
}

#[derive(Debug)]
struct Upstream {
    uri: Uri,
    http: Client<HttpConnector, Body>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    operations: Vec<Operation>,
    injected: Vec<Injected>,
}

#[derive(Debug)]
struct Injected {
    fault: Fault,
    rule: Rule,
    calls: usize,
}

impl Injected {
    /// Counts a call of the operation and tells whether the fault happens to it.
    fn hits(&mut self, operation: &str) -> bool {
        if self.rule.operation.is_some_and(|own| own != operation) {
            return false;
        }
        self.calls += 1;
        self.rule.nth.is_none_or(|nth| nth == self.calls)
    }
}

impl State {
    fn record(&mut self, operation: Operation) -> Option<Fault> {
        let mut hit = None;
        for injected in &mut self.injected {
            if injected.hits(&operation.name) {
                hit = hit.or(Some(injected.fault));
            }
        }
        self.operations.push(operation);
        hit
    }
}

impl Upstream {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while it was locked")
    }

    async fn handle(&self, request: Request<Incoming>) -> io::Result<Response<Body>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let operation = operation(&parts, &body);
        let denied = operation.is_denied();
        let fault = self.state().record(operation);
        match fault {
            _ if denied => Ok(error(Fault::Refusal("AccessDeniedException"))),
            None => self.forward(parts, body).await,
            Some(Fault::Delay(delay)) => {
                tokio::time::sleep(delay).await;
                self.forward(parts, body).await
            }
            Some(Fault::Clock(offset)) => {
                let mut reply = self.forward(parts, body).await?;
                set_date(&mut reply, offset);
                Ok(reply)
            }
            Some(Fault::LostReply) => {
                self.forward(parts, body).await?;
                Err(io::Error::other("the reply is to be lost"))
            }
            Some(Fault::InternalErrorAfter) => {
                self.forward(parts, body).await?;
                Ok(error(Fault::InternalError))
            }
            Some(refusal) => Ok(error(refusal)),
        }
    }

    async fn forward(&self, mut parts: Parts, body: Bytes) -> io::Result<Response<Body>> {
        let mut uri = self.uri.clone().into_parts();
        uri.path_and_query = Some(PathAndQuery::from_static("/"));
        parts.uri = Uri::from_parts(uri).expect("a URL with another path");
        let request = Request::from_parts(parts, body.into());
        let reply = self.http.request(request).await.map_err(io::Error::other)?;
        let (parts, body) = reply.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        Ok(Response::from_parts(parts, body.into()))
    }
}

/// Gives a reply the time of a clock that is so many seconds off, or none.
fn set_date(reply: &mut Response<Body>, offset: Option<i64>) {
    reply.headers_mut().remove(header::DATE);
    if let Some(offset) = offset {
        let seconds = SystemClock.now().plus(offset).secs();
        let date = OffsetDateTime::from_unix_timestamp(seconds).expect("a date");
        let date = date.format(HTTP_DATE).expect("a date");
        let date = HeaderValue::from_str(&date).expect("a header");
        reply.headers_mut().insert(header::DATE, date);
    }
}

fn operation(parts: &Parts, body: &[u8]) -> Operation {
    let target = parts.headers.get("x-amz-target");
    let target = target
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let body = serde_json::from_slice(body).unwrap_or_default();
    let function = parts.uri.path().trim_matches('/');
    Operation {
        name: target.rsplit('.').next().unwrap_or_default().to_owned(),
        table: table(&body),
        function: (!function.is_empty()).then(|| function.to_owned()),
        needs: iam::needed(target, &body),
        body,
    }
}

/// The first table name, wherever the operation keeps it.
fn table(body: &Value) -> Option<String> {
    match body {
        Value::Array(values) => values.iter().find_map(table),
        Value::Object(fields) => match (fields.get("TableName"), fields.get("RequestItems")) {
            (Some(name), _) => name.as_str().map(str::to_owned),
            (_, Some(tables)) => tables.as_object()?.keys().next().cloned(),
            _ => fields.values().find_map(table),
        },
        _ => None,
    }
}

/// The reply that DynamoDB or KMS gives, for the faults that are replies.
fn error(fault: Fault) -> Response<Body> {
    let (status, code) = match fault {
        Fault::Refusal(code) => (400, code),
        Fault::ThroughputExceeded => (400, "ProvisionedThroughputExceededException"),
        Fault::Throttling => (400, "ThrottlingException"),
        Fault::TransactionConflict => (400, "TransactionCanceledException"),
        _ => (500, "InternalServerError"),
    };
    let body = json!({
        "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"),
        "message": "injected",
        // Only a cancelled transaction is read for reasons.
        "CancellationReasons": [{ "Code": "TransactionConflict" }],
    });
    let status = StatusCode::from_u16(status).expect("a valid status");
    net::json(status, "application/x-amz-json-1.0", &body)
}
