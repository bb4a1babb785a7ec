//! The HTTP API: routes, limits, and the way back from a function's reply to HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::environment::Function;
use super::{event, now};
use crate::net::{self, Body};

/// API Gateway's limits of a request, in bytes: request line and headers; body.
const MAX_HEAD: usize = 10_240;
const MAX_BODY: usize = 10 * 1024 * 1024;
/// Lambda's limit of an event, in bytes.
const MAX_EVENT: usize = 6 * 1024 * 1024 + 100;

/// One route and the function behind it.
#[derive(Debug)]
pub(super) struct Route {
    key: String,
    function: Arc<Function>,
}

impl Route {
    pub(super) fn new(key: String, function: Arc<Function>) -> Self {
        Self { key, function }
    }

    /// How well the route fits a request: the higher the better, `None` for not at all.
    fn rank(&self, method: &Method, path: &str) -> Option<u8> {
        match self.key.split_once(' ') {
            None if self.key == "$default" => Some(0),
            Some(("ANY", own)) if own == path => Some(1),
            Some((verb, own)) if verb == method && own == path => Some(2),
            _ => None,
        }
    }
}

/// The gateway of one API.
#[derive(Debug)]
pub(super) struct Gateway {
    routes: Vec<Route>,
}

impl Gateway {
    pub(super) fn new(routes: Vec<Route>) -> Self {
        Self { routes }
    }

    /// Answers one request, by a function or with an error of its own.
    pub(super) async fn handle(&self, request: Request<Incoming>) -> Response<Body> {
        let mut response = match self.integrate(request).await {
            Ok(response) => response,
            Err(error) => error.into_response(),
        };
        let id = net::random_hex::<8>().parse().expect("printable text");
        response.headers_mut().insert("apigw-requestid", id);
        response
    }

    async fn integrate(&self, request: Request<Incoming>) -> Result<Response<Body>, GatewayError> {
        let (parts, body) = request.into_parts();
        if head_size(&parts) > MAX_HEAD {
            return Err(GatewayError::HeadTooLarge);
        }
        let body = Limited::new(body, MAX_BODY).collect().await;
        let body = body.map_err(|_| GatewayError::TooLong)?.to_bytes();
        let route = self.route(&parts).ok_or(GatewayError::NotFound)?;
        let event = event::build(&parts, &body, &route.key, now()).to_string();
        if event.len() > MAX_EVENT {
            return Err(GatewayError::TooLong);
        }
        let reply = route.function.invoke(event.into()).await;
        reply
            .ok()
            .and_then(|reply| to_http(&reply))
            .ok_or(GatewayError::Internal)
    }

    fn route(&self, parts: &Parts) -> Option<&Route> {
        let rank = |route: &&Route| route.rank(&parts.method, parts.uri.path());
        let fitting = self.routes.iter().filter(|route| rank(route).is_some());
        fitting.max_by_key(rank)
    }
}

/// What the gateway says itself.
#[derive(Debug, Clone, Copy)]
enum GatewayError {
    NotFound,
    TooLong,
    HeadTooLarge,
    Internal,
}

impl GatewayError {
    fn into_response(self) -> Response<Body> {
        let (status, message) = match self {
            Self::NotFound => (404, "Not Found"),
            Self::TooLong => (413, "Request Too Long"),
            Self::HeadTooLarge => (431, "Request Header Fields Too Large"),
            Self::Internal => (500, "Internal Server Error"),
        };
        let status = StatusCode::from_u16(status).expect("a valid status");
        net::json(status, "application/json", &json!({ "message": message }))
    }
}

/// Bytes of the request line and of the headers, with their separators.
fn head_size(parts: &Parts) -> usize {
    let line = parts.method.as_str().len() + parts.uri.to_string().len() + " HTTP/1.1 \r\n".len();
    let headers = parts.headers.iter();
    let headers = headers.map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    line + headers.sum::<usize>()
}

/// A reply in payload format 2.0. `multiValueHeaders` belongs to format 1.0 and is ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    status_code: u16,
    #[serde(default)]
    headers: BTreeMap<String, Value>,
    #[serde(default)]
    cookies: Vec<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// What the client gets; `None` when the function's reply makes no sense.
fn to_http(reply: &Bytes) -> Option<Response<Body>> {
    let value: Value = serde_json::from_slice(reply).ok()?;
    if value.get("statusCode").is_none() {
        return Some(net::json(StatusCode::OK, "application/json", &value));
    }
    let reply: Reply = serde_json::from_value(value).ok()?;
    let body = reply.body.unwrap_or_default();
    let body = if reply.is_base64_encoded {
        BASE64_STANDARD.decode(body).ok()?
    } else {
        body.into_bytes()
    };
    let mut response = Response::builder().status(reply.status_code);
    for (name, value) in &reply.headers {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        response = response.header(name, text);
    }
    for cookie in reply.cookies {
        response = response.header(header::SET_COOKIE, cookie);
    }
    response.body(body.into()).ok()
}
