//! Events of API Gateway for Lambda authorizers.

use std::collections::BTreeMap;

use hyper::Request;
use hyper::body::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

/// The event of a request (type `REQUEST`, payload format 2.0), without its body; `stage` is
/// the ARN of the API's stage.
///
/// # Panics
///
/// When the request has no host, or a header is no text.
pub fn event(request: &Request<Bytes>, stage: &str) -> Value {
    let path = percent_decode_str(request.uri().path()).decode_utf8_lossy();
    let method = request.method().as_str();
    let headers = request.headers().iter();
    let mut headers: BTreeMap<_, _> = headers
        .map(|(name, value)| (name.as_str(), value.to_str().expect("text")))
        .collect();
    headers.insert("host", request.uri().authority().expect("a host").as_str());
    headers.insert("x-forwarded-for", "203.0.113.9");
    json!({
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": format!("{stage}/{method}{path}"),
        "identitySource": [headers.get("authorization")],
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.uri().query().unwrap_or_default(),
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012", "apiId": "abcdef", "domainName": "api.example.com",
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1", "userAgent": "tests",
            },
            "requestId": "r", "routeKey": "$default", "stage": "$default",
        },
    })
}
