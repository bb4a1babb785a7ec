//! Conformance, captures, refusals and properties of the verifier.

mod acceptance;
mod captures;
mod errors;
mod hostile;
mod properties;
mod refusals;
mod samples;
mod signed_headers;
mod suite;

use clock::UnixTime;

use super::{
    Error, Form, PathStyle, Payload, Regions, Request, Rules, SignedPayload, SigningKey,
    UnverifiedSignature, parse,
};

/// The secret of AWS's documentation, which signed every capture.
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// 2015-08-30T12:36:00Z, the date of AWS's documentation.
const NOW: UnixTime = UnixTime::from_secs(1_440_938_160);
const DATE: &str = "20150830T123600Z";

/// A request that owns its parts.
#[derive(Debug, Clone, PartialEq)]
struct Message {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Message {
    /// `POST /` with form body, host and date, not signed.
    fn sts(body: &str) -> Self {
        let mut message = Self {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            query: String::new(),
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        };
        message.set("content-type", "application/x-www-form-urlencoded");
        message.set("host", "sts.example.com");
        message.set("x-amz-date", DATE);
        message
    }

    /// Reads the text form of a request; bare line feeds, folded headers and raw spaces in
    /// the target are taken as they come.
    fn from_http(text: &str) -> Self {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let request_line = lines.next().unwrap();
        let (method, target) = request_line.split_once(' ').unwrap();
        let target = target.strip_suffix(" HTTP/1.1").unwrap_or(target);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in lines {
            if line.starts_with(' ') {
                let value = &mut headers.last_mut().unwrap().1;
                value.push('\n');
                value.push_str(line);
            } else {
                let (name, value) = line.split_once(':').unwrap();
                headers.push((name.to_ascii_lowercase(), value.to_owned()));
            }
        }
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: body.as_bytes().to_vec(),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(n, _)| n == name)?;
        Some(value.trim())
    }

    fn add(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    fn remove(&mut self, name: &str) {
        self.headers.retain(|(n, _)| n != name);
    }

    fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.add(name, value);
    }

    /// Runs `use_request` on the borrowed form of the request.
    fn with<T>(&self, use_request: impl FnOnce(&Request<'_>) -> T) -> T {
        let headers: Vec<_> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect();
        use_request(&Request {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &headers,
        })
    }

    /// Parses, derives the key from `secret` and verifies with the body.
    fn verify(&self, secret: &str, rules: &Rules, now: UnixTime) -> Result<(), Error> {
        self.verify_payload(secret, rules, now, Payload::Bytes(&self.body))
            .map(|_| ())
    }

    fn verify_payload(
        &self,
        secret: &str,
        rules: &Rules,
        now: UnixTime,
        payload: Payload<'_>,
    ) -> Result<SignedPayload<'static>, Error> {
        self.with(|request| {
            let signature = parse(request, rules, now)?;
            let key = SigningKey::derive(secret, &signature.scope());
            Ok(match signature.verify(&key, payload)? {
                SignedPayload::Sha256(hash) => SignedPayload::Sha256(hash),
                SignedPayload::Unsigned => SignedPayload::Unsigned,
                SignedPayload::Streaming(s) => SignedPayload::Streaming(s.into_owned().into()),
            })
        })
    }

    /// The error of a request that must not even parse.
    fn parse_error(&self, rules: &Rules) -> Error {
        self.with(|request| parse(request, rules, NOW).unwrap_err())
    }
}

fn sts() -> Rules {
    Rules::sts(Regions::Any)
}

/// The canonical request as text.
fn canonical_request(signature: &UnverifiedSignature<'_>, payload: Payload<'_>) -> String {
    let signed_payload = signature.signed_payload(payload).unwrap();
    let canonical = signature.canonical_request(&signed_payload, payload.length());
    String::from_utf8(canonical.unwrap()).unwrap()
}

/// A change to a correctly signed request, and its name.
type Attack = (&'static str, fn(&mut Message));

#[track_caller]
fn refused(message: &Message, rules: &Rules, case: &str) -> Error {
    match message.verify(SECRET, rules, NOW) {
        Err(error) => error,
        Ok(()) => panic!("accepted: {case}"),
    }
}
