//! A client of the service that sends exactly what it is given.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use http_body_util::BodyExt;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap};
use hyper::{Request, StatusCode};
use hyper_util::client::legacy::connect::HttpConnector;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quick_xml::Reader;
use quick_xml::events::Event;
use shared::clock::{Clock, SystemClock, UnixTime};

use crate::net::{self, Body};

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Sends requests to one endpoint, over connections that stay open.
#[derive(Debug, Clone)]
pub struct Client {
    url: String,
    http: hyper_util::client::legacy::Client<HttpConnector, Body>,
}

impl Client {
    /// A client of the endpoint `url`, such as `http://127.0.0.1:9000`, without a path.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            http: net::client(),
        }
    }

    /// The request for a path and query, which are sent as they stand, with an empty body.
    ///
    /// # Panics
    ///
    /// When no HTTP client could send the target.
    pub fn request(&self, method: &str, target: &str) -> Request<Bytes> {
        Request::builder()
            .method(method)
            .uri(format!("{}{target}", self.url))
            .body(Bytes::new())
            .expect("a request that can be sent")
    }

    /// A `POST` of form parameters, as the SDKs send them.
    ///
    /// # Panics
    ///
    /// When no HTTP client could send the path.
    pub fn form(&self, path: &str, parameters: &[(&str, &str)]) -> Request<Bytes> {
        let mut request = self.request("POST", path);
        let content_type = FORM.parse().expect("printable text");
        request.headers_mut().insert(CONTENT_TYPE, content_type);
        *request.body_mut() = encode(parameters).into();
        request
    }

    /// Sends a request and waits for the whole reply.
    ///
    /// # Panics
    ///
    /// When there is no reply.
    pub async fn send(&self, request: Request<Bytes>) -> Reply {
        let reply = self.http.request(request.map(Body::from)).await;
        let (parts, body) = reply.expect("a reply").into_parts();
        let body = body.collect().await.expect("a whole reply");
        Reply {
            status: parts.status,
            headers: parts.headers,
            body: body.to_bytes(),
        }
    }
}

/// Parameters in form or query encoding, spaces as `%20`.
pub fn encode(parameters: &[(&str, &str)]) -> String {
    let encode = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    let pair = |(name, value): &(&str, &str)| format!("{}={}", encode(name), encode(value));
    parameters.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// What the service answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as it came.
    pub body: Bytes,
}

impl Reply {
    /// The body as text.
    ///
    /// # Panics
    ///
    /// When it is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a reply of text")
    }

    /// A header's only value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?.to_str().ok();
        value.filter(|_| values.next().is_none())
    }

    /// The text of the first XML element with this name, entities resolved.
    ///
    /// # Panics
    ///
    /// When the reply is not well-formed XML as far as it is read.
    pub fn field(&self, name: &str) -> Option<String> {
        let mut reader = Reader::from_str(self.text());
        loop {
            match reader.read_event().expect("a reply of XML") {
                Event::Start(start) if start.local_name().as_ref() == name => {
                    let text = reader.read_text(start.name()).expect("a closed element");
                    let text = quick_xml::escape::unescape(&text).expect("known entities");
                    return Some(text.into_owned());
                }
                Event::Empty(start) if start.local_name().as_ref() == name => {
                    return Some(String::new());
                }
                Event::Eof => return None,
                _ => {}
            }
        }
    }

    /// Every XML element that has no children, in order: its path, such as
    /// `ErrorResponse/Error/Code`, and its text.
    ///
    /// # Panics
    ///
    /// When the reply is not well-formed XML.
    pub fn leaves(&self) -> Vec<(String, String)> {
        let mut reader = Reader::from_str(self.text());
        let (mut path, mut leaves) = (Vec::new(), Vec::new());
        // The text of the innermost element, as long as it has no child.
        let mut leaf = None;
        loop {
            match reader.read_event().expect("a reply of XML") {
                Event::Start(start) => {
                    path.push(start.name().as_ref().to_owned());
                    leaf = Some(String::new());
                }
                Event::Text(part) => leaf = leaf.map(|text| text + &part),
                Event::GeneralRef(name) => leaf = leaf.map(|text| text + "&" + &name + ";"),
                Event::End(_) => {
                    if let Some(text) = leaf.take() {
                        let text = quick_xml::escape::unescape(&text).expect("known entities");
                        leaves.push((path.join("/"), text.into_owned()));
                    }
                    path.pop();
                }
                Event::Eof => return leaves,
                other => assert!(matches!(other, Event::Decl(_)), "{other:?} in a reply"),
            }
        }
    }
}

/// Signs requests with Signature Version 4, by the SDK's own signer.
#[derive(Debug, Clone)]
pub struct Signer {
    /// The credentials.
    pub credentials: Credentials,
    /// The region of the credential scope.
    pub region: String,
    /// The service of the credential scope.
    pub service: String,
    /// The date of the signature.
    pub time: UnixTime,
}

impl Signer {
    /// A signer for `sts` in `us-east-1`, now. Temporary credentials have a session token.
    pub fn new(access_key: &str, secret_key: &str, session_token: Option<&str>) -> Self {
        let token = session_token.map(str::to_owned);
        Self {
            credentials: Credentials::new(access_key, secret_key, token, None, "tests"),
            region: "us-east-1".to_owned(),
            service: "sts".to_owned(),
            time: SystemClock.now(),
        }
    }

    /// The request with an `Authorization` header. Every header it has so far is signed, but for
    /// the few that proxies change.
    pub fn sign(&self, request: Request<Bytes>) -> Request<Bytes> {
        self.apply(request, SigningSettings::default())
    }

    /// The request with the signature in its query, valid for `expires_in`.
    pub fn presign(&self, request: Request<Bytes>, expires_in: Duration) -> Request<Bytes> {
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(expires_in);
        self.apply(request, settings)
    }

    fn apply(&self, mut request: Request<Bytes>, settings: SigningSettings) -> Request<Bytes> {
        // A presigned URL of an object store says nothing of the body.
        let is_unsigned = self.service == "s3"
            && matches!(settings.signature_location, SignatureLocation::QueryParams);
        let seconds = u64::try_from(self.time.secs()).expect("a time after 1970");
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(&self.service)
            .time(UNIX_EPOCH + Duration::from_secs(seconds))
            .settings(settings)
            .build()
            .expect("all parameters");
        let headers = request.headers().iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.to_str().expect("text")));
        let signable = SignableRequest::new(
            request.method().as_str(),
            request.uri().to_string(),
            headers,
            if is_unsigned {
                SignableBody::UnsignedPayload
            } else {
                SignableBody::Bytes(request.body())
            },
        );
        let signed = sign(signable.expect("a signable request"), &params.into());
        let (instructions, _signature) = signed.expect("a signature").into_parts();
        instructions.apply_to_request_http1x(&mut request);
        request
    }
}
