//! Decisions that Open Policy Agent takes part in.

use serde_json::{Value, json};
use tests::plugin::{Answer, Plugin};

use super::{CONFIG, Setup, about, and};

#[tokio::test]
async fn a_decision_names_the_agent_that_took_part() {
    let opa = Plugin::start(Answer::text(200, "")).await;
    let config = format!("settings: {{opa: {{url: '{}'}}}}\n{CONFIG}", opa.url);
    let it = Setup::with(&config, &[]).await;
    let session = it.sts.session().await;
    let object = "arn:aws:s3:::reports/2026/a.txt";
    let question = |action: &str| json!({"action": action, "resource": object});
    let read = and(about(&session), &question("s3:GetObject"));
    for (body, allowed, reason) in [
        (
            r#"{"result":true}"#,
            true,
            "policy readonly (identity policies) and by Open Policy Agent",
        ),
        (
            r#"{"result":false}"#,
            false,
            "not allowed by Open Policy Agent",
        ),
        (
            "{",
            false,
            "Open Policy Agent gave no answer: the reply has no valid result",
        ),
    ] {
        opa.answer(Answer::text(200, body));
        let decision = &it.ask(&read).await["decision"];
        assert_eq!(decision["allowed"], allowed, "{decision}");
        let text = decision["reason"].as_str().unwrap();
        assert!(text.ends_with(reason), "{text}");
    }
    let asked: Value = serde_json::from_str(&opa.requests()[0].body).unwrap();
    let input = &asked["input"];
    assert_eq!(
        (&input["bucket"], &input["object"], &input["action"]),
        (
            &json!("reports"),
            &json!("2026/a.txt"),
            &json!("s3:GetObject")
        )
    );
    opa.answer(Answer::text(200, r#"{"result":true}"#));
    let write = and(about(&session), &question("s3:PutObject"));
    assert_eq!(it.ask(&write).await["decision"]["allowed"], false);
    assert_eq!(opa.requests().len(), 3, "what is refused is not asked");
}
