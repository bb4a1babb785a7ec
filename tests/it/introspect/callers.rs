//! Who may ask, and how.

use hyper::header::HeaderValue;
use serde_json::{Value, json};
use tests::client::Signer;
use tests::sts::{USER, user};

use super::{SERVICE, SERVICE_SECRET, Setup, about, and, refusal};

/// Whoever asks needs a policy for it, and other policies for users than for sessions.
#[tokio::test]
async fn t51_only_those_may_ask_whom_a_policy_lets() {
    let it = Setup::start().await;
    let session = it.sts.session().await;
    let of_session = about(&session);
    let of_user = json!({"access_key_id": USER});
    let missing = json!({"access_key_id": "nobody-at-all"});
    let callers = [
        (
            SERVICE,
            Signer::new(SERVICE, SERVICE_SECRET, None),
            [true, false, false],
        ),
        (
            "wide",
            Signer::new("wide", "wide-secret", None),
            [true, true, true],
        ),
        (
            "wrong action",
            Signer::new("other", "other-secret", None),
            [false; 3],
        ),
        ("low privilege", user(), [false; 3]),
        ("itself", session.signer(), [false; 3]),
    ];
    for (name, signer, expected) in callers {
        for (body, allowed) in [&of_session, &of_user, &missing].into_iter().zip(expected) {
            let reply = it.ask_as(&signer, body).await;
            if allowed {
                assert_eq!(reply.status, 200, "{name}: {}", reply.text());
            } else {
                assert_eq!(refusal(&reply), (403, "AccessDenied".to_owned()), "{name}");
            }
        }
    }
    let anonymous = it.client.send(it.request(&of_session)).await;
    let unsigned = (403, "MissingAuthenticationToken".to_owned());
    assert_eq!(refusal(&anonymous), unsigned);
    let wide = Signer::new("wide", "wide-secret", None);
    let user: Value = serde_json::from_str(it.ask_as(&wide, &of_user).await.text()).unwrap();
    let expected = json!({"active": true, "sub": "user/foobar", "username": "foobar", "access_key_id": "foobar"});
    assert_eq!(user, expected);
    let gone: Value = serde_json::from_str(it.ask_as(&wide, &missing).await.text()).unwrap();
    assert_eq!(gone, json!({"active": false}));
    let a_sessions_key = json!({"access_key_id": session.access_key});
    let reply = it.ask_as(&wide, &a_sessions_key).await;
    assert_eq!(reply.text(), "{\"active\":false}", "T-08: no token");
}

/// A CDN in front of the service adds one to every request.
#[tokio::test]
async fn headers_that_nobody_reads_need_not_be_signed() {
    let it = Setup::start().await;
    let session = it.sts.session().await;
    let signer = Signer::new(SERVICE, SERVICE_SECRET, None);
    let mut request = signer.sign(it.request(&about(&session)));
    let value = HeaderValue::from_static("added");
    request.headers_mut().insert("x-amz-cf-id", value);
    let reply = it.client.send(request).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[tokio::test]
async fn other_requests_are_refused_as_json() {
    let it = Setup::start().await;
    let signer = Signer::new(SERVICE, SERVICE_SECRET, None);
    let session = it.sts.session().await;
    let body = about(&session);
    for (method, path) in [
        ("GET", "/introspect"),
        ("POST", "/"),
        ("POST", "/introspect/"),
    ] {
        let mut request = it.client.request(method, path);
        *request.body_mut() = body.to_string().into();
        let reply = it.client.send(signer.sign(request)).await;
        assert_eq!(
            refusal(&reply),
            (400, "InvalidAction".to_owned()),
            "{method} {path}"
        );
    }
    for body in [
        json!([]),
        json!({}),
        and(body.clone(), &json!({"contxt": {}})),
        and(
            body.clone(),
            &json!({"action": "s3:GetObject", "context": {"aws:username": "root"}}),
        ),
    ] {
        let reply = it.ask_as(&signer, &body).await;
        assert_eq!(
            refusal(&reply),
            (400, "ValidationError".to_owned()),
            "{body}"
        );
    }
    let text = it.lambda.logs().join("\n");
    for secret in [&session.token, &session.secret, SERVICE_SECRET] {
        assert!(!text.contains(secret), "{text}");
    }
    assert_eq!(it.lambda.restarts(), 0);
}
