//! A demo identity plugin: the service that says whose a token is.
//!
//! It speaks the protocol of MinIO's identity management plugin. `POST` with the token in the
//! query (or in a form body) is answered with the user, or with 403 and a reason.

use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use hyper::body::Bytes;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use crate::server::{Handler, json, parameter};

/// Longest validity that the plugin vouches for, in seconds.
const MAX_VALIDITY: u32 = 3600;

/// The identity plugin with its fixed users.
#[derive(Debug, Default)]
pub struct Plugin {
    authorization: Option<Secret>,
}

/// The value that the `Authorization` header must have.
struct Secret(String);

impl Plugin {
    /// A plugin that answers only callers whose `Authorization` header is exactly
    /// `authorization`, if given.
    pub fn new(authorization: Option<String>) -> Self {
        Self {
            authorization: authorization.map(Secret),
        }
    }

    fn admits(&self, headers: &HeaderMap) -> bool {
        self.authorization.as_ref().is_none_or(|expected| {
            headers
                .get(header::AUTHORIZATION)
                .is_some_and(|sent| sent.as_bytes().ct_eq(expected.0.as_bytes()).into())
        })
    }
}

impl Handler for Plugin {
    fn handle(&self, request: &Request<Bytes>) -> Response<String> {
        match *request.method() {
            // MinIO asks for the health this way.
            Method::HEAD => Response::default(),
            Method::POST if !self.admits(request.headers()) => {
                refuse(StatusCode::UNAUTHORIZED, "wrong Authorization header")
            }
            Method::POST => match identify(parameter(request, "token").as_deref()) {
                Some(identity) => json(StatusCode::OK, &identity),
                None => refuse(StatusCode::FORBIDDEN, "the token is not known"),
            },
            _ => refuse(StatusCode::METHOD_NOT_ALLOWED, "POST a token"),
        }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

fn identify(token: Option<&str>) -> Option<Value> {
    let (user, group) = match token? {
        "aaa" => ("Alice", "data-science"),
        "bbb" => ("Bob", "operations"),
        _ => return None,
    };
    Some(json!({
        "user": user,
        "maxValiditySeconds": MAX_VALIDITY,
        "claims": {"groups": [group]},
    }))
}

fn refuse(status: StatusCode, reason: &str) -> Response<String> {
    json(status, &json!({"reason": reason}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(plugin: &Plugin, uri: &str, body: &str) -> (u16, Value) {
        let request = Request::post(uri)
            .header(header::AUTHORIZATION, "Bearer s3")
            .body(Bytes::from(body.to_owned()))
            .unwrap();
        let response = plugin.handle(&request);
        let body = serde_json::from_str(response.body()).unwrap();
        (response.status().as_u16(), body)
    }

    #[test]
    fn known_tokens_name_their_user() {
        let alice = json!({
            "user": "Alice",
            "maxValiditySeconds": 3600,
            "claims": {"groups": ["data-science"]},
        });
        let plugin = Plugin::default();
        assert_eq!(ask(&plugin, "/?token=aaa", ""), (200, alice.clone()));
        assert_eq!(ask(&plugin, "/", "token=aaa"), (200, alice));
        let (status, bob) = ask(&plugin, "/any/path?x=1&token=bbb", "");
        assert_eq!((status, &bob["user"]), (200, &json!("Bob")));
    }

    #[test]
    fn anything_else_is_refused_with_a_reason() {
        for uri in ["/", "/?token=", "/?token=AAA", "/?token=aaa%20"] {
            let (status, body) = ask(&Plugin::default(), uri, "");
            assert_eq!(
                (status, &body["reason"]),
                (403, &json!("the token is not known"))
            );
        }
    }

    #[test]
    fn the_authorization_header_must_match_exactly() {
        for (expected, status) in [("Bearer s3", 200), ("Bearer s", 401), ("s3", 401)] {
            let plugin = Plugin::new(Some(expected.to_owned()));
            assert_eq!(ask(&plugin, "/?token=aaa", "").0, status, "{expected}");
        }
    }

    #[test]
    fn other_methods_tell_the_health_or_nothing() {
        for (method, status) in [(Method::HEAD, 200), (Method::GET, 405), (Method::PUT, 405)] {
            let request = Request::builder()
                .method(&method)
                .uri("/?token=aaa")
                .body(Bytes::new())
                .unwrap();
            let response = Plugin::default().handle(&request);
            assert_eq!(response.status().as_u16(), status, "{method}");
        }
    }

    #[test]
    fn the_authorization_does_not_show_in_debug() {
        let plugin = Plugin::new(Some("Bearer s3".to_owned()));
        assert!(!format!("{plugin:?}").contains("s3"));
    }
}
