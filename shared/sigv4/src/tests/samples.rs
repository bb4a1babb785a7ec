//! Signs requests: with the AWS SDK's signer, and by hand where a signer would refuse.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use ring::digest::{SHA256, digest};

use super::*;
use crate::Scope;

pub(super) const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";

/// How the SDK's signer is set up.
#[derive(Debug, Clone)]
pub(super) struct Signer {
    pub(super) secret: String,
    pub(super) token: Option<String>,
    pub(super) service: &'static str,
    pub(super) region: String,
    pub(super) paths: PathStyle,
    pub(super) time: UnixTime,
    pub(super) unsigned: &'static [&'static str],
    /// What to declare of the body instead of its hash.
    pub(super) payload: Option<String>,
}

impl Default for Signer {
    fn default() -> Self {
        Self {
            secret: SECRET.to_owned(),
            token: None,
            service: "sts",
            region: "us-east-1".to_owned(),
            paths: PathStyle::Normalized,
            time: NOW,
            unsigned: &["authorization"],
            payload: None,
        }
    }
}

impl Signer {
    /// Signs as S3 wants it, with what is declared of the body, if anything.
    pub(super) fn s3(payload: Option<&str>) -> Self {
        Self {
            service: "s3",
            paths: PathStyle::AsIs,
            payload: payload.map(str::to_owned),
            ..Self::default()
        }
    }

    /// Adds the signature to the headers.
    pub(super) fn sign(&self, message: &mut Message) {
        self.apply(message, SignatureLocation::Headers, None);
    }

    /// Adds the signature to the query, valid for `expires` seconds.
    pub(super) fn presign(&self, message: &mut Message, expires: u64) {
        message.remove("x-amz-date");
        self.apply(message, SignatureLocation::QueryParams, Some(expires));
    }

    fn apply(&self, message: &mut Message, location: SignatureLocation, expires: Option<u64>) {
        let mut settings = SigningSettings::default();
        settings.signature_location = location;
        settings.expires_in = expires.map(Duration::from_secs);
        settings.excluded_headers = Some(self.unsigned.iter().map(|&h| h.into()).collect());
        if self.paths == PathStyle::AsIs {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        }
        let credentials = Credentials::new(ACCESS_KEY, &self.secret, self.token.clone(), None, "");
        let identity = credentials.into();
        let seconds = u64::try_from(self.time.secs()).unwrap();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let uri = format!("https://host.invalid{}?{}", message.path, message.query);
        let before = message.clone();
        let headers = before.headers.iter().map(|(n, v)| (n.as_str(), v.as_str()));
        let body = match &self.payload {
            Some(declared) => SignableBody::Precomputed(declared.clone()),
            None => SignableBody::Bytes(&before.body),
        };
        let request = SignableRequest::new(&before.method, uri, headers, body).unwrap();
        let (instructions, _) = sign(request, &params).unwrap().into_parts();
        let (headers, parameters) = instructions.into_parts();
        for header in headers {
            message.set(header.name(), header.value());
        }
        for (name, value) in parameters {
            if !message.query.is_empty() {
                message.query.push('&');
            }
            message.query.push_str(name);
            message.query.push('=');
            message.query.push_str(&escape(&value));
        }
    }
}

/// Percent-encodes everything but unreserved characters.
pub(super) fn escape(text: &str) -> String {
    let byte = |b: u8| match b {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(b).to_string()
        }
        _ => format!("%{b:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// A signed `GetCallerIdentity` as boto3 sends it.
pub(super) fn signed() -> Message {
    let mut message = Message::sts("Action=GetCallerIdentity&Version=2011-06-15");
    Signer::default().sign(&mut message);
    message
}

/// A presigned `GetCallerIdentity` that is good for an hour.
pub(super) fn presigned() -> Message {
    let mut message = Message::sts("");
    message.method = "GET".to_owned();
    message.query = "Action=GetCallerIdentity&Version=2011-06-15".to_owned();
    message.remove("content-type");
    Signer::default().presign(&mut message, 3600);
    message
}

/// What an `Authorization` header is made of.
pub(super) fn authorization(credential: &str, signed_headers: &str, signature: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed_headers}, Signature={signature}"
    )
}

/// Signs `POST /` without query by hand, over the header lines as given.
pub(super) fn sign_by_hand(message: &mut Message, signed_headers: &str, lines: &str) {
    let hash = hex::encode(digest(&SHA256, &message.body));
    let canonical = format!("POST\n/\n\n{lines}\n\n{signed_headers}\n{hash}");
    let scope = Scope {
        date: "20150830",
        region: "us-east-1",
        service: "sts",
    };
    let string_to_sign = format!(
        "AWS4-HMAC-SHA256\n{DATE}\n20150830/us-east-1/sts/aws4_request\n{}",
        hex::encode(digest(&SHA256, canonical.as_bytes()))
    );
    let signature = SigningKey::derive(SECRET, &scope).sign(&string_to_sign);
    let credential = format!("{ACCESS_KEY}/20150830/us-east-1/sts/aws4_request");
    message.set(
        "authorization",
        &authorization(&credential, signed_headers, &signature),
    );
}
