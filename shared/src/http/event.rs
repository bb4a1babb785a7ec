//! The event of an HTTP API (payload format 2.0) as a request, byte for byte.
//!
//! `lambda_http` turns an event into an `http::Request` by way of a parsed URI. That changes
//! what was signed (dot segments, stage prefixes) and panics on hostile input (bad base64, a
//! space in the query, an odd `Host`). So its runtime is used here with an event type of our
//! own that keeps every part as received and refuses what it cannot read.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::fault::Fault;
use domain::request::Request;
use model::error::ErrorCode;
use serde::Deserialize;
use zeroize::Zeroizing;

/// The largest body that any action needs, in bytes, with room to spare.
const MAX_BODY: usize = 256 * 1024;

/// An event is no request that this service can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The body is said to be base64 and is not.
    #[error("The request body could not be decoded.")]
    Body,
    /// The body is larger than any action needs.
    #[error("The request body is too large.")]
    BodyTooLarge,
    /// The event is not that of an HTTP API.
    #[error("The request could not be read.")]
    Event,
}

impl From<RequestError> for Fault {
    fn from(error: RequestError) -> Self {
        Self::new(ErrorCode::ValidationError, error.to_string())
    }
}

/// Reads an event. `id` is the invocation's request id.
pub fn read_event(event: &str, id: &str) -> Result<Request, RequestError> {
    let event: Event<'_> = serde_json::from_str(event).map_err(|_| RequestError::Event)?;
    let http = event
        .request_context
        .and_then(|c| c.http)
        .ok_or(RequestError::Event)?;
    let body = event.body.unwrap_or_default();
    let body = if event.is_base64_encoded.unwrap_or_default() {
        decode_body(&body)?
    } else {
        Zeroizing::new(body.into_owned().into_bytes())
    };
    if body.len() > MAX_BODY {
        return Err(RequestError::BodyTooLarge);
    }
    let headers = event.headers.unwrap_or_default();
    Ok(Request {
        id: id.to_owned(),
        method: http.method,
        path: event.raw_path.or(http.path).unwrap_or_default(),
        query: event.raw_query_string.unwrap_or_default(),
        body,
        source_ip: http.source_ip,
        headers: headers
            .into_iter()
            .filter_map(|(k, v)| Some((k.to_ascii_lowercase(), v?)))
            .collect(),
    })
}

fn decode_body(body: &str) -> Result<Zeroizing<Vec<u8>>, RequestError> {
    if body.len() > MAX_BODY.div_ceil(3) * 4 {
        return Err(RequestError::BodyTooLarge);
    }
    STANDARD
        .decode(body)
        .map(Zeroizing::new)
        .map_err(|_| RequestError::Body)
}

/// The parts of the event that are used. Everything is optional, because local tools leave
/// out or null what the real gateway sends.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    raw_path: Option<String>,
    raw_query_string: Option<String>,
    headers: Option<BTreeMap<String, Option<String>>>,
    #[serde(borrow)]
    body: Option<Cow<'a, str>>,
    is_base64_encoded: Option<bool>,
    request_context: Option<RequestContext>,
}

#[derive(Deserialize)]
struct RequestContext {
    http: Option<Http>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http {
    method: String,
    path: Option<String>,
    source_ip: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(change: impl FnOnce(&mut serde_json::Value)) -> Result<Request, RequestError> {
        let mut event = json!({
            "version": "2.0", "rawPath": "/a/../b//c%2Fd", "rawQueryString": "b=2&a=%41&x=a b",
            "headers": {"Host": "[", "x-dup": "1,2"}, "isBase64Encoded": true, "body": "QWN0aW9uPUE=",
            "requestContext": {"http": {"method": "POST", "path": "/x", "sourceIp": "192.0.2.1"}},
        });
        change(&mut event);
        read_event(&event.to_string(), "id-1")
    }

    #[test]
    fn every_part_is_kept_as_received() {
        let request = request(|_| ()).unwrap();
        assert_eq!(request.path, "/a/../b//c%2Fd");
        assert_eq!(request.query, "b=2&a=%41&x=a b");
        assert_eq!(request.body.as_slice(), b"Action=A");
        assert_eq!(request.header("host"), Some("["));
        assert_eq!(request.source_ip.as_deref(), Some("192.0.2.1"));
    }

    #[test]
    fn bodies_may_be_plain_or_missing() {
        let plain = request(|e| {
            e["isBase64Encoded"] = json!(false);
            e["body"] = json!("a=\u{fffd}\n");
        });
        assert_eq!(plain.unwrap().body.as_slice(), "a=\u{fffd}\n".as_bytes());
        assert!(
            request(|e| e["body"] = json!(null))
                .unwrap()
                .body
                .is_empty()
        );
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        assert_eq!(
            request(|e| e["body"] = json!("%%%")).unwrap_err(),
            RequestError::Body
        );
        assert_eq!(
            request(|e| e["body"] = json!("A".repeat(6_000_000))).unwrap_err(),
            RequestError::BodyTooLarge
        );
        assert_eq!(
            request(|e| e["requestContext"] = json!(null)).unwrap_err(),
            RequestError::Event
        );
        assert_eq!(
            request(|e| e["headers"] = json!([1])).unwrap_err(),
            RequestError::Event
        );
        assert_eq!(read_event("[]", "id").unwrap_err(), RequestError::Event);
        assert_eq!(read_event("\u{0}", "id").unwrap_err(), RequestError::Event);
    }
}
