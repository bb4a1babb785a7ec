//! The Lambda authorizer: whom it lets through to an API, and what that API learns.

mod decisions;
mod ends;
mod forgeries;
mod opa;
mod replies;
mod signatures;

use hyper::Request;
use hyper::body::Bytes;
use serde_json::Value;
use tests::authorizer;
use tests::client::{Client, Signer};
use tests::emulator::Emulator;
use tests::sts::{self, TestSts};

const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:abcdef/$default";
const HOST: &str = "http://api.example.com";
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// `foobar` may read the API below `/items`; `poor` may do nothing.
const CONFIG: &str = "
policies:
  - name: items
    document:
      Version: 2012-10-17
      Statement:
        - Sid: Items
          Effect: Allow
          Action: execute-api:Invoke
          Resource: arn:aws:execute-api:*:*:*/$default/GET/items*
users:
  - access_key: foobar
    secret: foo12345
    policies: [items]
  - access_key: poor
    secret: poor-secret
";

/// The service, and an authorizer beside it.
struct Gate {
    sts: TestSts,
    lambda: Emulator,
}

impl Gate {
    /// An authorizer that reads every time.
    async fn start() -> Self {
        Self::with(&[("STS_CACHE_SECONDS", "0")]).await
    }

    async fn with(variables: &[(&str, &str)]) -> Self {
        Self::of(CONFIG, variables).await
    }

    async fn of(config: &str, variables: &[(&str, &str)]) -> Self {
        let sts = TestSts::builder().config(config).start().await;
        let lambda = sts.beside("authorizer", variables).await;
        Self { sts, lambda }
    }

    async fn ask(&self, event: &Value) -> Value {
        let reply = self.lambda.invoke_raw("authorizer", event).await;
        reply.expect("a reply of the function")
    }

    /// What becomes of `GET /items`, signed by `signer`.
    async fn items(&self, signer: &Signer) -> Value {
        self.ask(&event(&signer.sign(get("/items")))).await
    }
}

/// The reply's verdict: `allowed`, or the code of the refusal.
fn verdict(reply: &Value) -> &str {
    if reply["isAuthorized"].as_bool().expect("a verdict") {
        "allowed"
    } else {
        reply["context"]["code"].as_str().expect("a code")
    }
}

fn user() -> Signer {
    api(sts::user())
}

/// Signs for an API in place of this service.
fn api(mut signer: Signer) -> Signer {
    "execute-api".clone_into(&mut signer.service);
    signer
}

fn get(target: &str) -> Request<Bytes> {
    Client::new(HOST).request("GET", target)
}

/// The event of a request, as an HTTP API sends it to its authorizer: without the body.
fn event(request: &Request<Bytes>) -> Value {
    authorizer::event(request, ARN)
}
