//! AWS Key Management Service and CloudWatch Logs of a test: the server of `moto`, from `.venv`.

use std::path::Path;
use std::process::Stdio;

use http_body_util::BodyExt;
use hyper::Request;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::task::JoinHandle;

use crate::net::{self, Body};

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.venv/bin/moto_server");

/// How requests name a service.
struct Service {
    target: &'static str,
    scope: &'static str,
}

const KMS: Service = Service {
    target: "TrentService",
    scope: "kms",
};
const LOGS: Service = Service {
    target: "Logs_20140328",
    scope: "logs",
};

/// A KMS endpoint with one key.
#[derive(Debug)]
pub struct KmsServer {
    /// The endpoint.
    pub url: String,
    /// The ARN of the key.
    pub key: String,
    _child: Child,
    log: JoinHandle<()>,
}

impl KmsServer {
    /// Starts a server at any free port and makes a key.
    ///
    /// # Panics
    ///
    /// When the program is missing or does not start.
    pub async fn start() -> Self {
        assert!(
            Path::new(PROGRAM).is_file(),
            ".venv/bin/moto_server is missing: run `make .venv/test.stamp` first"
        );
        let mut child = Command::new(PROGRAM)
            .args(["--host", "127.0.0.1", "--port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("a program that starts");
        let mut log = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let url = announced(&mut log).await;
        let mut server = Self {
            url,
            key: String::new(),
            _child: child,
            // A pipe that nobody reads would stop the server one day.
            log: tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} }),
        };
        server.key = server.create_key().await;
        server
    }

    /// Makes another key, and returns its ARN.
    ///
    /// # Panics
    ///
    /// When the server refuses.
    pub async fn create_key(&self) -> String {
        let reply = self.call(&KMS, "CreateKey", &json!({})).await;
        let arn = reply.pointer("/KeyMetadata/Arn").and_then(Value::as_str);
        arn.expect("the ARN of a key").to_owned()
    }

    /// Makes a log group of these lines, the first at `millis` after the epoch.
    ///
    /// # Panics
    ///
    /// When the server refuses.
    pub async fn log(&self, group: &str, millis: i64, lines: &[String]) {
        let names = json!({ "logGroupName": group, "logStreamName": "s" });
        self.call(&LOGS, "CreateLogGroup", &json!({ "logGroupName": group }))
            .await;
        self.call(&LOGS, "CreateLogStream", &names).await;
        let events: Vec<_> = (millis..)
            .zip(lines)
            .map(|(at, line)| json!({ "timestamp": at, "message": line }))
            .collect();
        let put = json!({
            "logGroupName": group, "logStreamName": "s", "logEvents": events,
        });
        let reply = self.call(&LOGS, "PutLogEvents", &put).await;
        assert!(reply.get("nextSequenceToken").is_some(), "{reply}");
    }

    /// Calls an operation, unsigned but for the scope.
    async fn call(&self, service: &Service, operation: &str, parameters: &Value) -> Value {
        let request = Request::post(&self.url)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("{}.{operation}", service.target))
            .header(
                "authorization",
                format!(
                    "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/{}/aws4_request, \
                     SignedHeaders=host, Signature=0",
                    service.scope
                ),
            )
            .body(Body::from(parameters.to_string()))
            .expect("a request");
        let reply = net::client().request(request).await.expect("a reply");
        let body = reply.into_body().collect().await.expect("its body");
        let bytes = body.to_bytes();
        if bytes.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&bytes).expect("JSON")
    }
}

impl Drop for KmsServer {
    fn drop(&mut self) {
        self.log.abort();
    }
}

/// The URL that the server says it listens at.
async fn announced(log: &mut Lines<BufReader<ChildStderr>>) -> String {
    while let Some(line) = log.next_line().await.expect("text") {
        if let Some((_, url)) = line.split_once("Running on ") {
            return url.trim().to_owned();
        }
    }
    panic!("moto_server ended before it listened");
}
