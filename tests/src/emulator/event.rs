//! The event of an HTTP API, payload format 2.0.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::{ACCOUNT, epoch_ms};
use crate::net;

/// Common Log Format, as in `requestContext.time`.
const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
const SOURCE_IP: &str = "127.0.0.1";

/// The event for one request which took the route `route_key`.
pub(super) fn build(parts: &Parts, body: &[u8], route_key: &str, now: OffsetDateTime) -> Value {
    let query = parts.uri.query().unwrap_or_default();
    let raw_path = percent_decode_str(parts.uri.path()).decode_utf8_lossy();
    let (text, is_base64) = encode_body(&parts.headers, body);
    let mut event = json!({
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": headers(parts, now),
        "requestContext": request_context(parts, &raw_path, route_key, now),
        "isBase64Encoded": is_base64,
    });
    if let Some(fields) = event.as_object_mut() {
        let mut add = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        if !query.is_empty() {
            add("queryStringParameters", query_parameters(query));
        }
        if parts.headers.contains_key(header::COOKIE) {
            add("cookies", cookies(&parts.headers));
        }
        if !body.is_empty() {
            add("body", text.into());
        }
    }
    event
}

/// The header with which X-Ray follows a request.
pub(super) fn trace_root(now: OffsetDateTime) -> String {
    format!(
        "Root=1-{:08x}-{}",
        now.unix_timestamp(),
        net::random_hex::<12>()
    )
}

fn request_context(parts: &Parts, path: &str, route_key: &str, now: OffsetDateTime) -> Value {
    let host = joined(&parts.headers, &header::HOST);
    let domain = host
        .rsplit_once(':')
        .map_or(&*host, |(domain, _port)| domain);
    json!({
        "accountId": ACCOUNT,
        "apiId": "emulator",
        "domainName": domain,
        "domainPrefix": domain.split('.').next(),
        "http": {
            "method": parts.method.as_str(),
            "path": path,
            "protocol": format!("{:?}", parts.version),
            "sourceIp": SOURCE_IP,
            "userAgent": joined(&parts.headers, &header::USER_AGENT),
        },
        "requestId": BASE64_STANDARD.encode(net::random_hex::<5>()),
        "routeKey": route_key,
        "stage": "$default",
        "time": now.format(TIME).expect("a date of four digits"),
        "timeEpoch": i64::try_from(epoch_ms(now)).expect("a time of this age"),
    })
}

/// The request's headers but for cookies, and what the gateway adds.
fn headers(parts: &Parts, now: OffsetDateTime) -> Value {
    let mut headers = parts.headers.clone();
    headers.remove(header::COOKIE);
    headers.remove(header::CONNECTION);
    let mut add = |name, value: &str| {
        headers.append(
            HeaderName::from_static(name),
            HeaderValue::from_str(value).expect("printable text"),
        )
    };
    add("x-amzn-trace-id", &trace_root(now));
    add("x-forwarded-for", SOURCE_IP);
    add("x-forwarded-port", "443");
    add("x-forwarded-proto", "https");
    let fields = headers
        .keys()
        .map(|name| (name.to_string(), joined(&headers, name).into()));
    Value::Object(fields.collect::<Map<_, _>>())
}

/// All values of a header, joined as the gateway does it.
fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    let values = headers.get_all(name).iter();
    let texts: Vec<_> = values
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    texts.join(",")
}

fn cookies(headers: &HeaderMap) -> Value {
    let all = joined(headers, &header::COOKIE).replace(',', ";");
    all.split(';').map(str::trim).collect()
}

/// The decoded parameters; values of the same name are joined.
fn query_parameters(query: &str) -> Value {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    let mut parameters = BTreeMap::<String, Vec<String>>::new();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        parameters
            .entry(decode(name))
            .or_default()
            .push(decode(value));
    }
    let fields = parameters.into_iter();
    let fields = fields.map(|(name, values)| (name, values.join(",").into()));
    Value::Object(fields.collect::<Map<_, _>>())
}

/// The body as text, or in base64 when its type is not one of text.
fn encode_body(headers: &HeaderMap, body: &[u8]) -> (String, bool) {
    let content_type = joined(headers, &header::CONTENT_TYPE);
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let is_text = media_type.starts_with("text/")
        || [
            "application/json",
            "application/xml",
            "application/javascript",
        ]
        .contains(&media_type);
    match std::str::from_utf8(body) {
        Ok(text) if is_text || body.is_empty() => (text.to_owned(), false),
        _ => (BASE64_STANDARD.encode(body), true),
    }
}
