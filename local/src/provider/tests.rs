use clock::UnixTime;
use model::random::OsRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use tempfile::TempDir;

use super::*;

const NOW: i64 = 1_800_000_000;
const GRANT: &str = "grant_type=client_credentials";

fn provider() -> (TempDir, Provider<UnixTime, OsRandom>) {
    let directory = tempfile::tempdir().unwrap();
    let keys = directory.path().join("keys");
    let clock = UnixTime::from_secs(NOW);
    let issuer = "http://localhost:8082".to_owned();
    let provider = Provider::new(issuer, &keys, clock, OsRandom).unwrap();
    (directory, provider)
}

fn send(provider: &impl Handler, request: http::request::Builder, body: &str) -> (u16, Value) {
    let request = request.body(Bytes::from(body.to_owned())).unwrap();
    let response = provider.handle(&request);
    let body = serde_json::from_str(response.body()).unwrap();
    (response.status().as_u16(), body)
}

fn token(provider: &impl Handler) -> String {
    let basic = format!("Basic {}", STANDARD.encode("demo-app:demo-secret"));
    let request = Request::post("/token").header(header::AUTHORIZATION, basic);
    let (status, body) = send(provider, request, GRANT);
    assert_eq!((status, &body["token_type"]), (200, &json!("Bearer")));
    body["access_token"].as_str().unwrap().to_owned()
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// Verifies as a client of the provider does: with the published key that the token names.
fn verifies(provider: &impl Handler, token: &str) -> bool {
    let (_, jwks) = send(provider, Request::get("/jwks"), "");
    let kid = &part(token, 0)["kid"];
    let keys = jwks["keys"].as_array().unwrap();
    let Some(key) = keys.iter().find(|key| &key["kid"] == kid) else {
        return false;
    };
    let mut point = vec![4];
    for name in ["x", "y"] {
        point.extend(URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap());
    }
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(message.as_bytes(), &signature)
        .is_ok()
}

#[test]
fn a_token_verifies_against_the_published_keys_and_carries_its_claims() {
    let (_directory, provider) = provider();
    let token = token(&provider);
    assert!(verifies(&provider, &token));
    let mut claims = part(&token, 1);
    assert_eq!(claims["jti"].take().as_str().unwrap().len(), 32);
    let expected = json!({
        "iss": "http://localhost:8082",
        "sub": "demo-app",
        "aud": "demo-app",
        "azp": "demo-app",
        "client_id": "demo-app",
        "iat": NOW,
        "exp": NOW + 3600,
        "jti": null,
        "policy": "readonly",
    });
    assert_eq!(claims, expected);
    let header = part(&token, 0);
    assert_eq!(
        (&header["alg"], &header["typ"]),
        (&json!("ES256"), &json!("at+jwt"))
    );
}

#[test]
fn a_token_outlives_one_rotation_and_not_two() {
    let (_directory, provider) = provider();
    let old = token(&provider);
    assert_eq!(send(&provider, Request::post("/rotate"), "").0, 200);
    let new = token(&provider);
    assert_ne!(part(&old, 0)["kid"], part(&new, 0)["kid"]);
    assert!(verifies(&provider, &old) && verifies(&provider, &new));
    send(&provider, Request::post("/rotate"), "");
    assert!(!verifies(&provider, &old) && verifies(&provider, &new));
}

#[test]
fn discovery_names_the_endpoints() {
    let (_directory, provider) = provider();
    let path = "/.well-known/openid-configuration";
    let (status, document) = send(&provider, Request::get(path), "");
    assert_eq!(status, 200);
    assert_eq!(document["issuer"], "http://localhost:8082");
    assert_eq!(document["jwks_uri"], "http://localhost:8082/jwks");
    assert_eq!(document["token_endpoint"], "http://localhost:8082/token");
}

#[test]
fn only_the_client_gets_a_token_and_only_by_its_grant() {
    let (_directory, provider) = provider();
    let form = "client_id=demo-app&client_secret=demo-secret";
    for (credentials, body, status, error) in [
        ("demo%2Dapp:demo%2Dsecret", GRANT.to_owned(), 200, None),
        ("", format!("{GRANT}&{form}"), 200, None),
        ("", GRANT.to_owned(), 401, Some("invalid_client")),
        ("", format!("{GRANT}&{form}x"), 401, Some("invalid_client")),
        (
            "demo-app:wrong",
            GRANT.to_owned(),
            401,
            Some("invalid_client"),
        ),
        (
            "other:demo-secret",
            GRANT.to_owned(),
            401,
            Some("invalid_client"),
        ),
        ("demo-app", GRANT.to_owned(), 401, Some("invalid_client")),
        ("", form.to_owned(), 400, Some("unsupported_grant_type")),
        (
            "",
            format!("grant_type=password&{form}"),
            400,
            Some("unsupported_grant_type"),
        ),
    ] {
        let mut request = Request::post("/token");
        if !credentials.is_empty() {
            let basic = format!("basic {}", STANDARD.encode(credentials));
            request = request.header(header::AUTHORIZATION, basic);
        }
        let (got, answer) = send(&provider, request, &body);
        assert_eq!(
            (got, answer["error"].as_str()),
            (status, error),
            "{credentials} {body}"
        );
    }
}

#[test]
fn other_paths_and_methods_are_not_found() {
    let (_directory, provider) = provider();
    for request in [
        Request::get("/"),
        Request::get("/token"),
        Request::get("/rotate"),
        Request::post("/jwks"),
    ] {
        assert_eq!(send(&provider, request, "").0, 404);
    }
}
