//! What goes back to the client.

use domain::fault::Fault;
use serde::Serialize;
use serde::ser::{SerializeMap as _, SerializeStruct as _, Serializer};

const XML: &str = "application/xml";
const JSON: &str = "application/json";

/// A reply: status, document, and the request id under which it is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The document.
    pub body: String,
    /// The document's media type.
    pub content_type: &'static str,
    /// The value of the request id headers, equal to the one in the body.
    pub request_id: String,
}

impl Reply {
    /// A successful reply of XML.
    pub fn success(body: String, request_id: &str) -> Self {
        Self {
            status: 200,
            body,
            content_type: XML,
            request_id: request_id.to_owned(),
        }
    }

    /// An error reply of XML.
    pub fn failure(fault: &Fault, body: String, request_id: &str) -> Self {
        Self {
            status: fault.code.status(),
            body,
            content_type: XML,
            request_id: request_id.to_owned(),
        }
    }

    /// A reply of JSON.
    pub fn json(status: u16, body: &serde_json::Value, request_id: &str) -> Self {
        Self {
            status,
            body: body.to_string(),
            content_type: JSON,
            request_id: request_id.to_owned(),
        }
    }

    fn headers(&self) -> [(&'static str, &str); 4] {
        [
            ("content-type", self.content_type),
            ("cache-control", "no-store"),
            // boto3 reads the id from the body, the other SDKs from one of these.
            ("x-amzn-requestid", &self.request_id),
            ("x-amz-request-id", &self.request_id),
        ]
    }
}

/// Written as the reply of a function behind an HTTP API (payload format 2.0). Local tools
/// insist on the members that real gateways let a function leave out.
impl Serialize for Reply {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut reply = serializer.serialize_struct("Reply", 6)?;
        reply.serialize_field("statusCode", &self.status)?;
        reply.serialize_field("headers", &Headers(self.headers()))?;
        reply.serialize_field("multiValueHeaders", &Headers([]))?;
        reply.serialize_field("cookies", &[""; 0])?;
        reply.serialize_field("isBase64Encoded", &false)?;
        reply.serialize_field("body", &self.body)?;
        reply.end()
    }
}

struct Headers<'a, const N: usize>([(&'static str, &'a str); N]);

impl<const N: usize> Serialize for Headers<'_, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(N))?;
        for (name, value) in self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_has_the_members_that_gateways_read() {
        let json = serde_json::to_value(Reply::success("<x/>".to_owned(), "id-1")).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "statusCode": 200,
                "headers": {
                    "content-type": "application/xml", "cache-control": "no-store",
                    "x-amzn-requestid": "id-1", "x-amz-request-id": "id-1",
                },
                "multiValueHeaders": {}, "cookies": [], "isBase64Encoded": false, "body": "<x/>",
            })
        );
    }
}
