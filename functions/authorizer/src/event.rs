//! The event of a Lambda authorizer (type `REQUEST`, payload format 2.0).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use shared::http::{RequestError, read_event};
use shared::request::Request;
use shared::s3::{self, Operation, OperationError};
use shared::sigv4::Payload;

const CONTENT_SHA256: &str = "x-amz-content-sha256";

/// What SDKs encode in a path: all but the unreserved characters of RFC 3986 and slashes.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// What other clients encode: only what RFC 3986 does not let a path contain.
const LENIENT: &AsciiSet = &STRICT
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// A request that somebody wants to send to an API; its body stays with the gateway.
#[derive(Debug)]
pub struct AuthorizerEvent {
    /// The request, without its body.
    pub request: Request,
    /// The ARN of the route that the gateway has chosen.
    pub route_arn: String,
}

impl AuthorizerEvent {
    /// Reads an event. `id` is the invocation's request id.
    pub fn parse(event: &str, id: &str) -> Result<Self, RequestError> {
        let head: Head = serde_json::from_str(event).map_err(|_| RequestError::Event)?;
        let route_arn = head.route_arn.filter(|arn| !arn.is_empty());
        Ok(Self {
            request: read_event(event, id)?,
            route_arn: route_arn.ok_or(RequestError::Event)?,
        })
    }

    /// The paths that the client may have sent: the gateway hands the decoded one on. Both
    /// decode to the one that the API behind gets to see.
    pub(crate) fn paths(&self) -> [String; 2] {
        [STRICT, LENIENT].map(|set| utf8_percent_encode(&self.request.path, set).to_string())
    }

    /// The operation of an object store that the request describes.
    pub(crate) fn operation(&self) -> Result<Operation, OperationError> {
        let [path, _] = self.paths();
        let Request { method, query, .. } = &self.request;
        s3::operation(method, &path, query, |name| self.request.header(name))
    }

    /// What is known of the body: its hash, if the client declares it, which the signature
    /// covers; else it must be empty. S3's signers always declare, and not always a hash.
    pub(crate) fn payload(&self, is_s3: bool) -> Payload<'static> {
        if is_s3 {
            return Payload::Declared;
        }
        let declared = self.request.header(CONTENT_SHA256).unwrap_or_default();
        let mut hash = [0; 32];
        match hex::decode_to_slice(declared, &mut hash) {
            Ok(()) => Payload::Sha256(hash),
            // The verifier refuses anything else that is declared.
            Err(_) => Payload::Bytes(b""),
        }
    }
}

/// What the event has besides the request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    route_arn: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:abcdef/$default/GET/items";

    fn event(change: impl FnOnce(&mut Value)) -> Result<AuthorizerEvent, RequestError> {
        let mut event = json!({
            "version": "2.0", "type": "REQUEST", "routeArn": ARN, "identitySource": null,
            "rawPath": "/items/a b:c%", "rawQueryString": "", "headers": {"Host": "api.example.com"},
            "requestContext": {"http": {"method": "GET", "sourceIp": "192.0.2.1"}},
        });
        change(&mut event);
        AuthorizerEvent::parse(&event.to_string(), "id-1")
    }

    #[test]
    fn the_route_and_the_request_are_read() {
        let event = event(|_| ()).unwrap();
        assert_eq!(event.route_arn, ARN);
        assert_eq!(event.request.header("host"), Some("api.example.com"));
        assert_eq!(event.paths(), ["/items/a%20b%3Ac%25", "/items/a%20b:c%25"]);
    }

    #[test]
    fn what_is_no_such_event_is_refused() {
        for change in [
            |e: &mut Value| e["routeArn"] = json!(""),
            |e: &mut Value| e["routeArn"] = json!(null),
            |e: &mut Value| e["routeArn"] = json!(1),
            |e: &mut Value| e["requestContext"] = json!({}),
            |e: &mut Value| *e = json!([]),
        ] {
            assert_eq!(event(change).unwrap_err(), RequestError::Event);
        }
    }

    #[test]
    fn only_a_hash_is_taken_for_the_bodys() {
        let payload = |value: &str, is_s3| {
            let event = event(|e| e["headers"]["x-amz-content-sha256"] = json!(value)).unwrap();
            event.payload(is_s3)
        };
        assert!(
            matches!(payload(&"0".repeat(64), false), Payload::Sha256(hash) if hash == [0; 32])
        );
        for other in ["", "UNSIGNED-PAYLOAD", "00"] {
            assert!(
                matches!(payload(other, false), Payload::Bytes(b"")),
                "{other}"
            );
        }
        assert!(matches!(
            payload("UNSIGNED-PAYLOAD", true),
            Payload::Declared
        ));
    }
}
