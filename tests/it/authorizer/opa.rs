//! Open Policy Agent beside the policies.

use std::time::Duration;

use serde_json::{Value, json};
use tests::client::Signer;
use tests::plugin::{Answer, Plugin};

use super::{ARN, CONFIG, Gate, api, event, get, user, verdict};
use crate::check::assert_introduced;

const TOKEN: &str = "Bearer opa-marker";

fn result(value: &Value) -> Answer {
    Answer::json(200, &json!({"result": value}))
}

/// An agent at `url`.
fn config(url: &str) -> String {
    let opa = format!("{{url: '{url}', auth_token: {TOKEN}}}");
    let group = "groups: [{name: team}]\n";
    let users = CONFIG.replace("policies: [items]", "policies: [items]\n    groups: [team]");
    format!("settings: {{opa: {opa}}}\n{group}{users}")
}

async fn start(answer: Answer) -> (Gate, Plugin) {
    let opa = Plugin::start(answer).await;
    let variables = [("STS_CACHE_SECONDS", "0"), ("STS_LOG", "trace")];
    (Gate::of(&config(&opa.url), &variables).await, opa)
}

fn reason(reply: &Value) -> &str {
    reply["context"]["reason"].as_str().expect("a reason")
}

#[tokio::test]
async fn policies_and_agent_must_both_allow() {
    let (gate, opa) = start(result(&json!(true))).await;
    let allowed =
        "allowed by statement Items of policy items (identity policies) and by Open Policy Agent";
    for (answer, expected, text) in [
        (result(&json!(true)), "allowed", allowed),
        (result(&json!({"allow": true})), "allowed", allowed),
        (
            result(&json!(false)),
            "AccessDenied",
            "not allowed by Open Policy Agent",
        ),
        (
            result(&json!({"allow": false})),
            "AccessDenied",
            "not allowed by Open Policy Agent",
        ),
        (
            Answer::text(200, "{}"),
            "AccessDenied",
            "not allowed by Open Policy Agent",
        ),
    ] {
        opa.answer(answer);
        let reply = gate.items(&user()).await;
        assert_eq!((verdict(&reply), reason(&reply)), (expected, text));
    }
    assert_eq!(opa.connections(), 1, "connections are kept");
}

#[tokio::test]
async fn an_agent_never_widens_what_policies_allow() {
    let (gate, opa) = start(result(&json!(true))).await;
    let poor = api(Signer::new("poor", "poor-secret", None));
    let reply = gate.items(&poor).await;
    assert_eq!(verdict(&reply), "AccessDenied");
    assert_eq!(
        reason(&reply),
        "no statement of the identity policies allows it"
    );
    let reply = gate.ask(&event(&user().sign(get("/other")))).await;
    assert_eq!(verdict(&reply), "AccessDenied");
    assert!(opa.requests().is_empty(), "what is refused is not asked");
}

#[tokio::test]
async fn the_question_names_caller_request_and_conditions() {
    let (gate, opa) = start(result(&json!(true))).await;
    let session = gate.sts.session().await;
    let reply = gate.items(&api(session.signer())).await;
    assert_eq!(verdict(&reply), "allowed");
    let request = &opa.requests()[0];
    assert_eq!(request.line, "POST /plugin?site=eu HTTP/1.1");
    assert_eq!(request.header("authorization"), Some(TOKEN));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_introduced(request);
    let mut question: Value = serde_json::from_str(&request.body).unwrap();
    let conditions = question["input"]["conditions"].take();
    assert_eq!(conditions["aws:sourceip"], json!(["192.0.2.1"]));
    assert_eq!(conditions["aws:username"], json!(["foobar"]));
    assert_eq!(
        question,
        json!({"input": {
            "account": session.access_key, "groups": ["team"], "owner": false,
            "claims": {
                "accessKey": session.access_key, "parent": "foobar",
                "exp": session.expiration.secs(),
            },
            "action": "execute-api:Invoke", "bucket": "", "object": "",
            "resource": format!("{ARN}/GET/items"), "conditions": null,
        }})
    );
}

/// Replies that are no answer.
fn oddities(elsewhere: &str) -> Vec<Answer> {
    let redirect = format!("HTTP/1.1 307 x\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\n\r\n");
    let large = json!({"result": true, "padding": "x".repeat(64 * 1024)});
    vec![
        Answer::text(200, ""),
        Answer::text(200, "true"),
        result(&json!("true")),
        result(&json!([true])),
        result(&json!({})),
        result(&json!({"allow": 1})),
        Answer::json(500, &json!({"result": true})),
        Answer::json(201, &json!({"result": true})),
        Answer::bytes(redirect),
        Answer::json(200, &large),
        Answer::bytes(""),
        Answer::bytes("HTTP/1.1 200 x\r\ncontent-length: 100\r\n\r\n{\"result\":true}"),
        result(&json!(true)).after(Duration::from_secs(4)),
    ]
}

#[tokio::test]
async fn t55_an_agent_without_a_clear_answer_lets_nobody_through() {
    let elsewhere = Plugin::start(result(&json!(true))).await;
    let (gate, opa) = start(result(&json!(true))).await;
    for answer in oddities(&elsewhere.url) {
        opa.answer(answer.clone());
        let reply = gate.items(&user()).await;
        assert_eq!(verdict(&reply), "AccessDenied", "{answer:?}");
        let told = reason(&reply);
        assert!(told.contains("Open Policy Agent gave no answer"), "{told}");
        opa.answer(result(&json!(true)));
        assert_eq!(verdict(&gate.items(&user()).await), "allowed");
    }
    assert_eq!(elsewhere.connections(), 0, "redirects are not followed");
    let logs = gate.lambda.logs().join("\n");
    assert!(!logs.contains("opa-marker"), "{logs}");
}

#[tokio::test]
async fn an_agent_that_fails_again_and_again_is_left_alone() {
    let (gate, opa) = start(Answer::text(500, "")).await;
    for asked in [1, 2, 3, 4, 5, 5, 5] {
        assert_eq!(verdict(&gate.items(&user()).await), "AccessDenied");
        assert_eq!(opa.requests().len(), asked);
    }
    opa.answer(result(&json!(true)));
    let reply = gate.items(&user()).await;
    assert!(reason(&reply).ends_with("left alone for a while"));
    assert_eq!(opa.requests().len(), 5);
}

/// What is wrong with one question must not shut everybody out.
#[tokio::test]
async fn an_agent_that_refuses_questions_is_still_asked() {
    let (gate, opa) = start(Answer::text(400, "")).await;
    for status in [400, 404, 413, 414, 431] {
        opa.answer(Answer::text(status, ""));
        for _ in 0..7 {
            assert_eq!(
                verdict(&gate.items(&user()).await),
                "AccessDenied",
                "{status}"
            );
        }
        opa.answer(result(&json!(true)));
        assert_eq!(verdict(&gate.items(&user()).await), "allowed", "{status}");
    }
}

/// A server may break off a question that is too long, as if there were no agent.
#[tokio::test]
async fn a_question_that_is_too_long_is_not_asked() {
    let (gate, opa) = start(result(&json!(true))).await;
    let mut event = event(&user().sign(get("/items")));
    let agent = "x".repeat(300 * 1024);
    event["requestContext"]["http"]["userAgent"] = agent.as_str().into();
    event["headers"]["user-agent"] = agent.into();
    for _ in 0..7 {
        let reply = gate.ask(&event).await;
        assert_eq!(verdict(&reply), "AccessDenied");
        assert!(
            reason(&reply).ends_with("the question is too long"),
            "{reply}"
        );
    }
    assert!(opa.requests().is_empty());
    assert_eq!(verdict(&gate.items(&user()).await), "allowed");
}

#[tokio::test]
async fn an_agent_that_has_too_much_to_do_is_left_alone() {
    let (gate, opa) = start(Answer::text(429, "")).await;
    for asked in [1, 2, 3, 4, 5, 5, 5] {
        assert_eq!(verdict(&gate.items(&user()).await), "AccessDenied");
        assert_eq!(opa.requests().len(), asked);
    }
}

#[tokio::test]
async fn t55_an_agent_that_is_gone_lets_nobody_through() {
    // Port 1 is nobody's.
    let gate = Gate::of(&config("http://127.0.0.1:1/v1/data"), &[]).await;
    let reply = gate.items(&user()).await;
    assert_eq!(verdict(&reply), "AccessDenied", "{reply}");
    assert!(reason(&reply).ends_with("cannot be reached"), "{reply}");
}
