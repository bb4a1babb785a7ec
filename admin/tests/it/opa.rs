//! Open Policy Agent: its settings, its secret, and its part in `explain`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use serde_json::{Value, json};
use shared::store::{ReadService as _, Settings};

use crate::operator::Operator;

const URL: &str = "https://opa.example.com/v1/data/allow";

fn settings(opa: &str) -> String {
    format!("settings: {{opa: {opa}}}\n")
}

/// What is sealed for the agent, opened as a guard would open it.
async fn authorization(operator: &Operator) -> Option<String> {
    let settings = operator.store.service_record().await.unwrap().settings;
    let sealed = settings.opa.unwrap().authorization?;
    let opened = operator.keys().await.open(Settings::ITEM_KEY, &sealed);
    Some(String::from_utf8(opened.unwrap().to_vec()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_declared_as_a_whole_and_its_secret_stays_hidden() {
    let operator = Operator::ready().await;
    operator.write("token", "Bearer hush-hush\n");
    let mut outputs = String::new();
    for (opa, line) in [
        (
            format!("{{url: '{URL}?key=hush', auth_token: Bearer hush-hush}}"),
            format!("~ settings: opa none -> {URL}?...\n"),
        ),
        (
            format!("{{url: '{URL}?key=hush', auth_token_file: token}}"),
            "= settings\n".to_owned(),
        ),
        (
            format!("{{url: '{URL}?key=hush2', auth_token_file: token}}"),
            "~ settings: opa changed\n".to_owned(),
        ),
        (
            format!("{{url: '{URL}', auth_token: other-hush}}"),
            format!("~ settings: opa {URL}?... -> {URL}, opa auth_token changed\n"),
        ),
        (
            format!("{{url: '{URL}', auth_token: other-hush, allow_http: true}}"),
            "~ settings: opa changed\n".to_owned(),
        ),
    ] {
        operator.write("opa.yaml", &settings(&opa));
        let output = operator.ok("apply -f opa.yaml");
        assert!(output.starts_with(&line), "{opa}: {output}");
        outputs += &output;
    }
    assert_eq!(
        authorization(&operator).await.as_deref(),
        Some("other-hush")
    );
    operator.write("opa.yaml", &settings(&format!("{{url: '{URL}'}}")));
    outputs += &operator.ok("apply -f opa.yaml");
    assert_eq!(authorization(&operator).await, None);
    operator.write("opa.yaml", "settings: {regions: [eu-1]}\n");
    outputs += &operator.ok("apply -f opa.yaml");
    assert_eq!(authorization(&operator).await, None, "it stays");
    operator.write("opa.yaml", &settings("null"));
    outputs += &operator.ok("apply -f opa.yaml");
    let stored = operator.store.service_record().await.unwrap().settings;
    assert_eq!(stored.opa, None);
    assert!(!outputs.contains("hush"), "{outputs}");
}

#[tokio::test(flavor = "multi_thread")]
async fn t25_an_agent_that_cannot_be_is_refused() {
    let operator = Operator::ready().await;
    for (opa, reason) in [
        ("{url: 'http://opa.example.com/'}", "it must be HTTPS"),
        (
            "{url: 'https://169.254.169.254/', allow_http: true}",
            "its address may not be contacted",
        ),
        ("{url: 'https://u:hush@opa.example.com/'}", "user name"),
        ("{url: 'https://opa.example.com/#hush'}", "fragment"),
        (
            "{url: 'https://opa.example.com/', auth_token: hush, auth_token_env: HUSH}",
            "may have one of auth_token",
        ),
        (
            "{url: 'https://opa.example.com/', auth_token: ''}",
            "1 to 4096 printable",
        ),
        ("{auth_token: hush}", "missing field `url`"),
        (
            "{url: 'https://opa.example.com/', token: hush}",
            "unknown key token",
        ),
    ] {
        operator.write("opa.yaml", &settings(opa));
        let refusal = operator.refused("apply -f opa.yaml");
        assert!(refusal.contains(reason), "{opa}: {refusal}");
        assert!(!refusal.contains("hush"), "{refusal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_secret_survives_the_retirement_of_its_key() {
    let operator = Operator::ready().await;
    let old = operator.keys().await.active_kid().to_owned();
    let opa = format!("{{url: '{URL}', auth_token: hush-hush}}");
    operator.write("opa.yaml", &settings(&opa));
    operator.ok("apply -f opa.yaml");
    operator.ok("key rotate");
    assert_eq!(
        operator.ok(&format!("key retire {old} --force")),
        format!("key {old} is retired; 1 secrets were sealed anew\n")
    );
    assert_eq!(authorization(&operator).await.as_deref(), Some("hush-hush"));
}

/// An agent that gives one answer after the other, each on a connection of its own; joining
/// it returns the requests, heads and bodies.
fn agent(answers: [&'static str; 2]) -> (String, thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/data/allow", listener.local_addr().unwrap());
    let serve = move |answer: &str| {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            reader.read_line(&mut head).unwrap();
        }
        let head = head.to_ascii_lowercase();
        let (_, rest) = head.split_once("content-length: ").unwrap();
        let length = rest.split("\r\n").next().unwrap().parse().unwrap();
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let length = answer.len();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{answer}"
        )
        .unwrap();
        head + &String::from_utf8(body).unwrap()
    };
    let serving = thread::spawn(move || answers.into_iter().map(serve).collect());
    (url, serving)
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_asks_the_agent_and_names_it() {
    let operator = Operator::ready().await;
    let (url, serving) = agent([r#"{"result":{"allow":true}}"#, r#"{"result":false}"#]);
    let users = "users: [{access_key: alice, secret: alice-secret, policies: [readonly]}]\n";
    let opa = format!("{{url: '{url}', auth_token: hush-hush}}");
    operator.write("opa.yaml", &format!("{}{users}", settings(&opa)));
    operator.ok("apply -f opa.yaml");
    let ask = "explain --user alice --resource arn:aws:s3:::reports/a --action";
    assert_eq!(
        operator.ok(&format!("{ask} s3:GetObject")),
        format!(
            "allow: allowed by statement 0 of policy readonly (identity policies) and by Open Policy Agent\n\
             looked at readonly (identity policies)\nlooked at {url} (Open Policy Agent)\n"
        )
    );
    assert_eq!(
        operator.json(&format!("{ask} s3:GetObject")),
        json!({
            "parent": "user/alice", "access_key": "alice", "decision": "deny",
            "reason": "not allowed by Open Policy Agent",
            "policies": [
                {"layer": "identity policies", "policy": "readonly"},
                {"layer": "Open Policy Agent", "policy": url},
            ],
        })
    );
    let requests = serving.join().unwrap();
    assert!(requests[0].contains("\r\nauthorization: hush-hush\r\n"));
    let (_, body) = requests[0].split_once("\r\n\r\n").unwrap();
    let question: Value = serde_json::from_str(body).unwrap();
    assert_eq!(question["input"]["account"], "alice");
    // Now it is gone; and what policies do not allow it would not have been asked.
    let gone = operator.ok(&format!("{ask} s3:GetObject"));
    assert!(gone.contains("Open Policy Agent gave no answer"), "{gone}");
    let denied = operator.ok(&format!("{ask} s3:PutObject"));
    assert!(!denied.contains("Open Policy Agent"), "{denied}");
}
