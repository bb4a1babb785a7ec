//! What a plugin may answer, and what comes of it.

use std::time::Duration;

use serde_json::{Value, json};
use tests::plugin::{Answer, Plugin};
use tests::sts::TestSts;

use super::{Setup, TOKEN, text};
use crate::check::Outcome::{self, Refused};
use crate::check::{outcome, refusal, success};

const FAILED: Outcome = Refused(400, "IDPCommunicationError");
/// Stands in every body that is no good.
const MARKER: &str = "body-marker";

/// The answer that Alice's credentials need, changed.
fn vouch(change: impl FnOnce(&mut Value)) -> Answer {
    let mut body = json!({"user": "Alice", "maxValiditySeconds": 3600, "marker": MARKER});
    change(&mut body);
    Answer::json(200, &body)
}

fn with(name: &str, value: impl Into<Value>) -> Answer {
    vouch(|body| body[name] = value.into())
}

/// Bodies of another shape.
fn wrong_shapes() -> Vec<Answer> {
    let broken = [
        "",
        "null",
        "[]",
        "{}",
        "\"x\"",
        "1",
        "{",
        "\u{0}",
        "<user>body-marker</user>",
    ];
    let mut answers: Vec<_> = broken.map(|body| Answer::text(200, body)).into();
    for name in ["user", "maxValiditySeconds"] {
        answers.push(vouch(|body| {
            body.as_object_mut().unwrap().remove(name);
        }));
        for value in [
            json!(null),
            json!([]),
            json!({}),
            json!(true),
            json!(-1),
            json!(0),
            json!(""),
        ] {
            answers.push(with(name, value));
        }
    }
    for seconds in [
        json!(899),
        json!(31_536_001_u64),
        json!(1e99),
        json!(900.5),
        json!("3600"),
        json!(u64::MAX),
    ] {
        answers.push(with("maxValiditySeconds", seconds));
    }
    for claims in [json!([]), json!("x"), json!(1)] {
        answers.push(with("claims", claims));
    }
    answers.push(with("user", "x".repeat(257)));
    answers.push(with("user", "a\nb"));
    answers.push(with("user", "a\u{202e}b"));
    answers.push(with("user", "a\u{200b}b"));
    answers.push(Answer::text(
        200,
        &format!("{}{}", "[".repeat(30_000), "]".repeat(30_000)),
    ));
    answers
}

/// Replies that are not the plugin's to make.
fn wrong_replies(elsewhere: &str) -> Vec<Answer> {
    let mut answers: Vec<_> = [201, 204, 304, 400, 401, 404, 429, 500, 503]
        .map(|status| Answer::json(status, &json!({"user": MARKER, "reason": MARKER})))
        .into();
    for status in [301, 302, 303, 307, 308] {
        let head =
            format!("HTTP/1.1 {status} x\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\n\r\n");
        answers.push(Answer::bytes(head));
    }
    let large = |size: usize| with("claims", json!({"x": MARKER.repeat(size / MARKER.len())}));
    answers.extend([large(64 * 1024), large(10 * 1024 * 1024)]);
    for bytes in [
        "",
        "body-marker",
        "HTTP/1.1 200 x\r\n",
        "HTTP/1.1 200 x\r\ncontent-length: 100\r\n\r\n{\"user\":\"body-marker",
        "HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\nfff\r\nbody-marker",
        "HTTP/1.1 200 x\r\ncontent-length: -1\r\n\r\n{}",
        "HTTP/9.9 200 x\r\n\r\n{}",
        "SSH-2.0-body-marker\r\n",
    ] {
        answers.push(Answer::bytes(bytes));
    }
    answers
}

/// Every bad answer gives an error, and a good one after it credentials.
async fn refuse(it: &Setup, answers: Vec<Answer>) {
    success(&it.exchange(&[]).await);
    for answer in answers {
        let writes = it.sts.writes();
        it.plugin.answer(answer.clone());
        let reply = it.exchange(&[]).await;
        outcome(&answer, &reply, FAILED);
        assert_eq!(it.sts.writes(), writes, "{answer:?}");
        assert_nothing_told(it, reply.text());
        it.plugin.answer(Answer::vouch("Alice", 900));
        success(&it.exchange(&[]).await);
    }
    assert_nothing_told(it, &it.sts.emulator.logs().join("\n"));
    assert_eq!(it.sts.emulator.restarts(), 0);
}

/// Neither token nor URL nor body.
#[track_caller]
fn assert_nothing_told(it: &Setup, told: &str) {
    let address = it.plugin.url.split('/').nth(2).unwrap();
    let port = address.rsplit(':').next().unwrap();
    for text in [
        TOKEN,
        "tok-marker",
        MARKER,
        address,
        &format!(":{port}"),
        "site=eu",
    ] {
        assert!(!told.contains(text), "{text} in {told}");
    }
}

async fn traced() -> Setup {
    Setup::with(TestSts::builder().env("STS_LOG", "trace")).await
}

#[tokio::test]
async fn t49_t47_wrong_shapes_give_no_credentials() {
    refuse(&traced().await, wrong_shapes()).await;
}

#[tokio::test]
async fn t49_t47_wrong_replies_give_no_credentials_and_redirects_are_not_followed() {
    let elsewhere = Plugin::start(Answer::vouch("Mallory", 3600)).await;
    refuse(&traced().await, wrong_replies(&elsewhere.url)).await;
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn t26_reserved_claims_give_no_credentials() {
    let names = [
        "exp",
        "iat",
        "parent",
        "sub",
        "accessKey",
        "roleArn",
        "sessionPolicy",
        "sa-policy",
        "policy",
        "username",
        "userid",
        "tokenRevokeType",
        "sourceIdentity",
        "aws:userid",
        "aws:PrincipalArn",
        "aws:PrincipalTag/x",
        "jwt:sub",
        "a:b",
        "EXP",
        "AccessKey",
    ];
    let claim = |name: &str| with("claims", json!({ name: MARKER }));
    refuse(&traced().await, names.map(claim).into()).await;
}

/// What does not collide stays a claim of the plugin's and becomes nothing else.
#[tokio::test]
async fn t26_other_claims_are_kept_as_they_are() {
    let it = Setup::start().await;
    let claims =
        json!({"is_admin": true, "aud": "x", "iss": "y", "nbf": 1, "jti": null, "groups": ["a"]});
    it.plugin.answer(with("claims", claims.clone()));
    let credentials = success(&it.exchange(&[]).await);
    let stored = it.sts.stored(&credentials.access_key).await.unwrap();
    assert_eq!(Value::Object(stored.claims.values), claims);
    assert_eq!(stored.parent.name(), "custom:Alice");
}

#[tokio::test]
async fn t49_slow_plugins_are_given_up() {
    let (never, dripping) = tokio::join!(traced(), traced());
    let whole = Answer::vouch("Alice", 900);
    never
        .plugin
        .answer(whole.clone().after(Duration::from_hours(1)));
    dripping
        .plugin
        .answer(whole.dripping(Duration::from_millis(200)));
    let (late, slow) = tokio::join!(never.exchange(&[]), dripping.exchange(&[]));
    for (it, reply) in [(never, late), (dripping, slow)] {
        outcome("slow", &reply, FAILED);
        assert_eq!(it.sts.writes(), 0);
        let logs = it.sts.emulator.logs().join("\n");
        assert!(logs.contains("did not answer in time"), "{logs}");
        assert_nothing_told(&it, &(reply.text().to_owned() + &logs));
    }
}

#[tokio::test]
async fn a_plugin_that_is_gone_gives_no_credentials() {
    let it = traced().await;
    let gone = "arn:minio:iam:::role/gone";
    // Port 1 is nobody's.
    it.put_role(gone, &[("url", text("http://127.0.0.1:1/?site=eu"))])
        .await;
    let reply = it.exchange_for(gone, &[]).await;
    outcome("gone", &reply, FAILED);
    assert_eq!(it.sts.writes(), 0);
    assert_nothing_told(&it, reply.text());
}

#[tokio::test]
async fn a_refusal_is_passed_on_with_its_reason() {
    let it = Setup::start().await;
    let said = "The identity provider refused the token: ";
    for (body, reason) in [
        (
            json!({"reason": "unknown <user> & co."}).to_string(),
            "unknown <user> & co.".to_owned(),
        ),
        (
            json!({"reason": "a\u{7}b\r\nc"}).to_string(),
            "abc".to_owned(),
        ),
        (
            json!({"reason": "\u{e9}".repeat(1000)}).to_string(),
            "\u{e9}".repeat(256),
        ),
        (
            json!({"reason": 1}).to_string(),
            "the token was not accepted".to_owned(),
        ),
        (String::new(), "the token was not accepted".to_owned()),
        (
            "not JSON".to_owned(),
            "the token was not accepted".to_owned(),
        ),
    ] {
        it.plugin.answer(Answer::text(403, &body));
        let reply = it.exchange(&[]).await;
        assert_eq!(
            refusal(&reply, 403, "AccessDenied"),
            format!("{said}{reason}")
        );
    }
    assert_eq!(it.sts.writes(), 0);
    // A refusal is an answer: it does not open the circuit.
    it.plugin.answer(Answer::vouch("Alice", 900));
    success(&it.exchange(&[]).await);
}

#[tokio::test]
async fn a_plugin_that_fails_again_and_again_is_left_alone() {
    let it = Setup::start().await;
    let other = "arn:minio:iam:::role/other";
    let healthy = Plugin::start(Answer::vouch("Bob", 900)).await;
    it.put_role(other, &[("url", text(&healthy.url))]).await;
    it.plugin.answer(Answer::text(500, ""));
    for asked in [1, 2, 3, 4, 5, 5, 5] {
        outcome(asked, &it.exchange(&[]).await, FAILED);
        assert_eq!(it.plugin.requests().len(), asked);
    }
    it.plugin.answer(Answer::vouch("Alice", 900));
    outcome("open", &it.exchange(&[]).await, FAILED);
    assert_eq!(it.plugin.requests().len(), 5);
    success(&it.exchange_for(other, &[]).await);
}

/// What a server makes of one request says nothing of others: not of a plugin behind it that
/// takes no long URL, and not of one that knows no such token.
#[tokio::test]
async fn what_the_caller_causes_does_not_shut_others_out() {
    let it = Setup::start().await;
    for status in [400, 401, 403, 404, 408, 413, 414, 431, 499, 302, 201] {
        it.plugin.answer(Answer::text(status, ""));
        for turn in 1..=7 {
            let asked = it.plugin.requests().len();
            let expected = if status == 403 {
                Refused(403, "AccessDenied")
            } else {
                FAILED
            };
            outcome((status, turn), &it.exchange(&[]).await, expected);
            assert_eq!(it.plugin.requests().len(), asked + 1, "{status}");
        }
        it.plugin.answer(Answer::vouch("Alice", 900));
        success(&it.exchange(&[]).await);
    }
    // A user of whom the plugin says too much, or the wrong thing.
    for answer in [
        with("claims", json!({"sub": "x"})),
        with("user", "x".repeat(70_000)),
    ] {
        it.plugin.answer(answer);
        for turn in 1..=7 {
            outcome(turn, &it.exchange(&[]).await, FAILED);
        }
        it.plugin.answer(Answer::vouch("Alice", 900));
        success(&it.exchange(&[]).await);
    }
}

#[tokio::test]
async fn a_plugin_in_trouble_is_left_alone() {
    for status in [429, 500, 502, 503, 504] {
        let it = Setup::start().await;
        it.plugin.answer(Answer::text(status, ""));
        for asked in [1, 2, 3, 4, 5, 5, 5] {
            outcome(status, &it.exchange(&[]).await, FAILED);
            assert_eq!(it.plugin.requests().len(), asked, "{status}");
        }
    }
}
