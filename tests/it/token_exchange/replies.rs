//! Who shows a good token gets credentials, however it is sent.

use hyper::body::Bytes;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use shared::clock::{Clock, SystemClock};
use shared::jwt;
use shared::model::{AccessKeyId, SessionToken};
use shared::store::Parent;
use tests::client::encode as form;
use tests::provider::{SigningKey, encode};
use tests::sts::action;

use super::{ACTIONS, GRANTS, Setup};
use crate::check::Outcome::{Refused, Success};
use crate::check::{INVALID, NOT_BELIEVED, outcome, success};

/// MinIO's rule for the parent of a session.
fn parent(it: &Setup) -> String {
    let identity = format!("openid:alice:{}", it.idp.issuer);
    encode(digest(&SHA256, identity.as_bytes()).as_ref())
}

#[tokio::test]
async fn a_reply_has_credentials_and_says_whose_the_token_is() {
    let it = Setup::start().await;
    let parent = parent(&it);
    for action in ACTIONS {
        let reply = it.call(action, &it.token(&json!({})), &[]).await;
        let credentials = success(&reply);
        let leaves = reply.leaves();
        let response = format!("{0}Response/{0}Result/", action.name);
        let result: Vec<_> = (leaves.iter())
            .filter_map(|(path, value)| Some((path.strip_prefix(&response)?, value.as_str())))
            .collect();
        let arn = format!("arn:aws:sts::000000000000:assumed-role/{parent}/{parent}");
        let id = format!("{parent}:{parent}");
        let expected = [
            ("AssumedRoleUser/Arn", arn.as_str()),
            ("AssumedRoleUser/AssumedRoleId", &id),
            ("AssumedRoleUser/AssumeRoleId", &id),
            ("Credentials/AccessKeyId", &credentials.access_key),
            ("Credentials/SecretAccessKey", &credentials.secret),
            ("Credentials/SessionToken", &credentials.token),
            ("Credentials/Expiration", &credentials.expiration.iso8601()),
            (action.subject, "alice"),
            ("Audience", "app"),
            ("Provider", &it.idp.issuer),
        ];
        assert_eq!(result, expected);
    }
}

#[tokio::test]
async fn the_session_is_that_of_the_tokens_subject() {
    let it = Setup::start().await;
    let parent = parent(&it);
    let keys = it.sts.keys().await;
    let name = ("RoleSessionName", "batch-7");
    for action in ACTIONS {
        let token = it.token(&json!({"email": "alice@example.com", "more": "x"}));
        let reply = it.call(action, &token, &[name]).await;
        let credentials = success(&reply);
        assert_eq!(
            reply.field("AssumedRoleId"),
            Some(format!("{parent}:batch-7"))
        );
        let token = SessionToken::new(credentials.token).unwrap();
        let access_key = AccessKeyId::parse(credentials.access_key.clone()).unwrap();
        let verified = jwt::verify(&token, &access_key, &keys, SystemClock.now()).unwrap();
        let stored = it.sts.stored(&credentials.access_key).await.unwrap();
        let expected = json!({
            "accessKey": credentials.access_key, "exp": credentials.expiration.secs(),
            "iat": stored.issued_at.secs(), "parent": parent, "sub": parent,
            "iss": it.idp.issuer, "aud": "app", "email": "alice@example.com",
        });
        assert_eq!(serde_json::to_value(verified).unwrap(), expected);
        assert_eq!(stored.parent, Parent::Federated(parent.clone()));
        assert_eq!(stored.asked.role_session_name.unwrap().as_str(), "batch-7");
        let kept = json!({
            "sub": "alice", "iss": it.idp.issuer, "aud": "app", "email": "alice@example.com",
        });
        assert_eq!(Value::Object(stored.claims.values), kept);
    }
}

#[tokio::test]
async fn tokens_of_every_algorithm_are_believed() {
    let it = Setup::start().await;
    let algorithms = [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA",
    ];
    let kid = |algorithm: &str| match algorithm {
        "ES256" | "ES384" | "EdDSA" => algorithm.to_owned(),
        _ => "RSA".to_owned(),
    };
    let keys = algorithms.map(|algorithm| SigningKey::new(algorithm, &kid(algorithm)));
    it.idp.publish(&[&keys[0], &keys[6], &keys[7], &keys[8]]);
    for key in &keys {
        let claims = it.claims(&json!({}));
        it.check(key.algorithm, &key.token(&claims), Success).await;
        // One key fits each algorithm, so that the token need not name it.
        let header = json!({"alg": key.algorithm, "typ": "at+jwt"});
        let token = key.token_with(&header, &claims);
        it.check(key.algorithm, &token, Success).await;
    }
}

/// minio-py and the Rust `object_store` send all in the query of a `POST` without a body.
#[tokio::test]
async fn parameters_may_stand_in_query_or_body_under_either_name() {
    let it = Setup::start().await;
    let token = it.token(&json!({}));
    for own in ACTIONS {
        for name in ["Token", "WebIdentityToken"] {
            let parameters = form(&action(own.name, &[(name, &token)]));
            for path in ["/", &format!("/{}", own.name)] {
                for (query, body) in [(parameters.as_str(), ""), ("", &parameters)] {
                    let mut request = it.sts.client.request("POST", &format!("{path}?{query}"));
                    *request.body_mut() = Bytes::copy_from_slice(body.as_bytes());
                    let reply = it.sts.client.send(request).await;
                    outcome((own.name, name, path, query.len()), &reply, Success);
                }
            }
        }
        let both = [("Token", &*token), ("WebIdentityToken", &*token)];
        let reply = it.sts.call(own.name, &both).await;
        outcome("both names", &reply, INVALID);
    }
}

#[tokio::test]
async fn what_clients_send_besides_is_understood() {
    let it = Setup::start().await;
    let arn = "arn:aws:iam::123456789012:role/demo";
    for parameters in [
        &[("RoleArn", arn), ("RoleSessionName", "name")][..],
        &[("RoleARN", arn)],
        &[("DurationSeconds", "0")],
        &[
            ("WebIdentityAccessToken", "x"),
            ("WebIdentityRefreshToken", "y"),
        ],
    ] {
        let token = it.token(&json!({}));
        it.check_with(parameters, &token, parameters, Success).await;
    }
    let reply = it
        .call(&GRANTS, &it.token(&json!({})), &[("RoleArn", arn)])
        .await;
    let user = format!(
        "arn:aws:sts::000000000000:assumed-role/{0}/{0}",
        parent(&it)
    );
    assert_eq!(reply.field("Arn"), Some(user));
}

/// The proof is the token: who signs the request does not matter, not even wrongly.
#[tokio::test]
async fn a_signature_makes_no_difference() {
    let it = Setup::start().await;
    let signer = tests::client::Signer::new("nobody", "any-secret", None);
    for own in ACTIONS {
        let parameters = [(own.token, &*it.token(&json!({})))];
        let request = it.sts.client.form("/", &action(own.name, &parameters));
        success(&it.sts.client.send(signer.sign(request)).await);
    }
}

#[tokio::test]
async fn credentials_are_good_for_signed_calls() {
    let it = Setup::start().await;
    for own in ACTIONS {
        let credentials = success(&it.call(own, &it.token(&json!({})), &[]).await);
        let request = it.sts.client.form("/", &action("GetCallerIdentity", &[]));
        let reply = it.sts.client.send(credentials.signer().sign(request)).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let request = it.sts.client.form("/", &action("AssumeRole", &[]));
        let reply = it.sts.client.send(credentials.signer().sign(request)).await;
        outcome("a session opens none", &reply, Refused(403, "AccessDenied"));
    }
}

#[tokio::test]
async fn a_call_costs_one_read_and_one_write() {
    let it = Setup::start().await;
    let token = it.token(&json!({}));
    success(&it.call(&GRANTS, &token, &[]).await);
    assert_eq!(
        it.sts.take_operations(),
        [
            "BatchGetItem",
            "GetItem",
            "GetItem",
            "PutItem",
            "BatchGetItem",
            "BatchGetItem",
            "PutItem"
        ],
        "keys and settings, provider, copy of its keys, policies of the claim, session"
    );
    success(&it.call(&GRANTS, &token, &[]).await);
    assert_eq!(it.sts.take_operations(), ["BatchGetItem", "PutItem"]);
    assert_eq!(it.idp.requests().len(), 2, "{:?}", it.idp.requests());
    assert_eq!(it.idp.connections(), 1);
}

/// A token's file ends like any other, and SDKs send it as it is.
#[tokio::test]
async fn white_space_around_a_token_is_no_part_of_it() {
    let clients = [("app", ""), ("once", "single_use: true")];
    let it = Setup::of(&clients).await;
    let token = it.token(&json!({}));
    for (before, after) in [("", "\n"), ("", "\r\n"), (" ", ""), ("\n\t", " \r\n\n")] {
        let sent = format!("{before}{token}{after}");
        it.check((before, after), &sent, Success).await;
    }
    it.check("within", &token.replacen('.', ".\n", 1), NOT_BELIEVED)
        .await;
    for nothing in [" ", "\n\n\n\n\n", "abc\n"] {
        for action in ACTIONS {
            let reply = it.call(action, nothing, &[]).await;
            outcome(nothing, &reply, INVALID);
        }
    }
    // White space makes no other token of one that was used.
    let once = it.token(&json!({"aud": "once", "jti": "1"}));
    success(&it.call(&GRANTS, &once, &[]).await);
    it.check("again", &format!("{once}\n"), NOT_BELIEVED).await;
}
