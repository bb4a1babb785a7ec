//! A demo OpenID provider: the service at which an application gets its token.
//!
//! Discovery, JWK Set and the client credentials grant (RFC 6749 section 4.4); access tokens
//! are JWTs (RFC 9068) signed with ES256. `POST /rotate` changes the signing key.

mod keys;

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use clock::Clock;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Bytes;
use model::random::Random;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use crate::Error;
use crate::server::{Handler, json, parameter};
use keys::KeyRing;

/// The one application that may ask for tokens, and its published secret.
const CLIENT_ID: &str = "demo-app";
const CLIENT_SECRET: &str = "demo-secret";

/// How long a token is valid, in seconds.
const TOKEN_LIFETIME: i64 = 3600;

/// The OpenID provider with its one client.
#[derive(Debug)]
pub struct Provider<C, R> {
    issuer: String,
    keys: Mutex<KeyRing>,
    clock: C,
    random: R,
}

impl<C: Clock, R: Random> Provider<C, R> {
    /// A provider at the URL `issuer`, whose signing keys are kept in the file at `keys`.
    pub fn new(issuer: String, keys: &Path, clock: C, random: R) -> Result<Self, Error> {
        Ok(Self {
            issuer,
            keys: Mutex::new(KeyRing::open(keys)?),
            clock,
            random,
        })
    }

    /// OpenID Connect Discovery 1.0 section 3.
    fn discovery(&self) -> Value {
        let issuer = &self.issuer;
        json!({
            "issuer": issuer,
            "jwks_uri": format!("{issuer}/jwks"),
            "token_endpoint": format!("{issuer}/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": [],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        })
    }

    fn token(&self, request: &Request<Bytes>) -> Result<Response<String>, Error> {
        if !authenticated(request) {
            return Ok(unauthorized());
        }
        if parameter(request, "grant_type").as_deref() != Some("client_credentials") {
            let body = json!({"error": "unsupported_grant_type"});
            return Ok(json(StatusCode::BAD_REQUEST, &body));
        }
        let body = json!({
            "access_token": self.access_token()?,
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFETIME,
        });
        Ok(json(StatusCode::OK, &body))
    }

    /// A JWT access token (RFC 9068 section 2) for the client.
    fn access_token(&self) -> Result<String, Error> {
        let mut id = [0; 16];
        self.random.fill(&mut id).map_err(|_| Error::Key)?;
        let now = self.clock.now();
        let claims = json!({
            "iss": self.issuer,
            "sub": CLIENT_ID,
            "aud": CLIENT_ID,
            "azp": CLIENT_ID,
            "client_id": CLIENT_ID,
            "iat": now.secs(),
            "exp": now.plus(TOKEN_LIFETIME).secs(),
            "jti": hex::encode(id),
            "policy": "readonly",
        });
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let header = json!({"alg": "ES256", "typ": "at+jwt", "kid": keys.kid()});
        let message = format!("{}.{}", encode(&header), encode(&claims));
        let signature = URL_SAFE_NO_PAD.encode(keys.sign(message.as_bytes())?);
        Ok(format!("{message}.{signature}"))
    }

    fn jwks(&self) -> Value {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.jwks()
    }

    fn rotate(&self) -> Result<Response<String>, Error> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.rotate()?;
        Ok(json(StatusCode::OK, &json!({"kid": keys.kid()})))
    }
}

impl<C: Clock + 'static, R: Random + 'static> Handler for Provider<C, R> {
    fn handle(&self, request: &Request<Bytes>) -> Response<String> {
        let response = match (request.method(), request.uri().path()) {
            (&Method::GET, "/.well-known/openid-configuration") => {
                Ok(json(StatusCode::OK, &self.discovery()))
            }
            (&Method::GET, "/jwks") => Ok(json(StatusCode::OK, &self.jwks())),
            (&Method::POST, "/token") => self.token(request),
            (&Method::POST, "/rotate") => self.rotate(),
            _ => Ok(json(StatusCode::NOT_FOUND, &json!({"error": "not_found"}))),
        };
        response.unwrap_or_else(|error| {
            let body = json!({"error": "server_error", "error_description": error.to_string()});
            json(StatusCode::INTERNAL_SERVER_ERROR, &body)
        })
    }
}

/// Whether the client proved itself, by Basic authentication or in the form (RFC 6749
/// section 2.3.1).
fn authenticated(request: &Request<Bytes>) -> bool {
    let credentials = basic(request.headers()).or_else(|| {
        let id = parameter(request, "client_id")?;
        Some((id, parameter(request, "client_secret")?))
    });
    credentials.is_some_and(|(id, secret)| {
        let right = id.as_bytes().ct_eq(CLIENT_ID.as_bytes())
            & secret.as_bytes().ct_eq(CLIENT_SECRET.as_bytes());
        right.into()
    })
}

/// Client id and secret from `Authorization: Basic`. Both are form-encoded within it.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decode(id), form_decode(secret)))
}

fn form_decode(text: &str) -> String {
    form_urlencoded::parse(text.as_bytes())
        .map(|(key, _)| key.into_owned())
        .collect()
}

/// RFC 6749 section 5.2, `invalid_client`.
fn unauthorized() -> Response<String> {
    let mut response = json(
        StatusCode::UNAUTHORIZED,
        &json!({"error": "invalid_client"}),
    );
    let challenge = HeaderValue::from_static("Basic realm=\"demo\"");
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, challenge);
    response
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

#[cfg(test)]
mod tests;
