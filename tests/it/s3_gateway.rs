//! The S3 gateway with Open Policy Agent beside the policies.

use std::process::Stdio;

use hyper::header::HeaderValue;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::client::{Client, Signer};
use tests::plugin::{Answer, Plugin};
use tests::process::binary;
use tests::sts::{CONFIG, SECRET, TestSts, USER};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A gateway over a directory with the bucket `demo`.
struct Gateway {
    client: Client,
    opa: Plugin,
    root: TempDir,
    _sts: TestSts,
    _process: Child,
}

impl Gateway {
    async fn start() -> Self {
        let opa = Plugin::start(yes()).await;
        let config = format!("settings: {{opa: {{url: '{}'}}}}\n{CONFIG}", opa.url);
        let sts = TestSts::builder().config(&config).start().await;
        let root = TempDir::new().unwrap();
        std::fs::create_dir(root.path().join("demo")).unwrap();
        let mut process = Command::new(binary("sts-local"))
            .args(["s3-gateway", "--port", "0", "--root"])
            .arg(root.path())
            .envs(sts.table.env(&sts.table.url))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap();
        Self {
            client: Client::new(line.trim_start_matches("listening on ")),
            opa,
            root,
            _sts: sts,
            _process: process,
        }
    }

    /// The status of a signed request.
    async fn send(&self, method: &str, target: &str, body: &'static str) -> u16 {
        let mut request = self.client.request(method, target);
        let hash = hex::encode(digest(&SHA256, body.as_bytes()));
        let hash = HeaderValue::from_str(&hash).unwrap();
        request.headers_mut().insert("x-amz-content-sha256", hash);
        *request.body_mut() = body.into();
        let mut signer = Signer::new(USER, SECRET, None);
        "s3".clone_into(&mut signer.service);
        let reply = self.client.send(signer.sign(request)).await;
        reply.status.as_u16()
    }

    /// Action, bucket and object of the questions since the last look.
    fn asked(&self, from: usize) -> Vec<[String; 3]> {
        let requests = self.opa.requests();
        let input = |body: &str| serde_json::from_str::<Value>(body).unwrap()["input"].take();
        let of = |input: &Value| {
            ["action", "bucket", "object"].map(|name| input[name].as_str().unwrap().to_owned())
        };
        let questions = requests.iter().skip(from);
        questions.map(|request| of(&input(&request.body))).collect()
    }
}

fn yes() -> Answer {
    Answer::json(200, &json!({"result": true}))
}

fn no() -> Answer {
    Answer::json(200, &json!({"result": {"allow": false}}))
}

#[tokio::test]
async fn an_agent_is_asked_about_every_object() {
    let gateway = Gateway::start().await;
    assert_eq!(gateway.send("PUT", "/demo/a", "a").await, 200);
    assert_eq!(gateway.send("PUT", "/demo/b", "b").await, 200);
    assert_eq!(gateway.send("GET", "/demo/a", "").await, 200);
    gateway.opa.answer(no());
    assert_eq!(gateway.send("GET", "/demo/a", "").await, 403);
    assert_eq!(gateway.send("PUT", "/demo/c", "c").await, 403);
    gateway.opa.answer(Answer::text(500, ""));
    assert_eq!(gateway.send("GET", "/demo/a", "").await, 403);
    let question = |action: &str, object: &str| [action, "demo", object].map(str::to_owned);
    assert_eq!(
        gateway.asked(0),
        [
            question("s3:PutObject", "a"),
            question("s3:PutObject", "b"),
            question("s3:GetObject", "a"),
            question("s3:GetObject", "a"),
            question("s3:PutObject", "c"),
            question("s3:GetObject", "a"),
        ]
    );
    assert!(!gateway.root.path().join("demo/c").exists());
}

#[tokio::test]
async fn many_objects_are_deleted_if_the_agent_allows_each() {
    let gateway = Gateway::start().await;
    for target in ["/demo/a", "/demo/b"] {
        assert_eq!(gateway.send("PUT", target, "x").await, 200);
    }
    let body = "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>";
    gateway.opa.answer(no());
    assert_eq!(gateway.send("POST", "/demo?delete=", body).await, 403);
    assert!(gateway.root.path().join("demo/a").exists());
    gateway.opa.answer(yes());
    let before = gateway.opa.requests().len();
    assert_eq!(gateway.send("POST", "/demo?delete=", body).await, 200);
    let deletion = |object: &str| ["s3:DeleteObject", "demo", object].map(str::to_owned);
    assert_eq!(gateway.asked(before), [deletion("a"), deletion("b")]);
    assert!(!gateway.root.path().join("demo/a").exists());
}
