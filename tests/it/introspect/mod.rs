//! Introspection: what services that verify requests themselves learn.

mod answers;
mod callers;
mod fields;
mod opa;
mod sessions;

use hyper::Request;
use hyper::body::Bytes;
use serde_json::{Value, json};
use shared::clock::{Clock, SystemClock};
use tests::client::{Client, Reply, Signer};
use tests::emulator::Emulator;
use tests::sts::{Credentials, TestSts};

const SERVICE: &str = "gateway";
const SERVICE_SECRET: &str = "gateway-secret";

/// `gateway` may ask about sessions, `wide` about users too, `foobar` about nobody.
const CONFIG: &str = "
policies:
  - name: own-tags
    document:
      Version: 2012-10-17
      Statement:
        - {Effect: Allow, Action: ['sts:TagSession', 'sts:SetSourceIdentity'], Resource: '*'}
  - name: introspect
    document:
      Version: 2012-10-17
      Statement:
        - Effect: Allow
          Action: sts:IntrospectSession
          Resource: arn:aws:sts::000000000000:session/*
  - name: introspect-all
    document:
      Version: 2012-10-17
      Statement:
        - Effect: Allow
          Action: sts:IntrospectSession
          Resource: '*'
  - name: revoke-only
    document:
      Version: 2012-10-17
      Statement:
        - Effect: Allow
          Action: sts:RevokeSession
          Resource: '*'
users:
  - access_key: foobar
    secret: foo12345
    policies: [readonly, own-tags]
  - access_key: gateway
    secret: gateway-secret
    policies: [introspect]
  - access_key: wide
    secret: wide-secret
    policies: [introspect-all]
  - access_key: other
    secret: other-secret
    policies: [revoke-only]
";

/// The service, and introspection beside it.
struct Setup {
    sts: TestSts,
    lambda: Emulator,
    client: Client,
}

impl Setup {
    async fn start() -> Self {
        Self::with(CONFIG, &[("STS_CACHE_SECONDS", "0")]).await
    }

    async fn with(config: &str, variables: &[(&str, &str)]) -> Self {
        let sts = TestSts::builder().config(config).start().await;
        let lambda = sts.beside("introspect", variables).await;
        let client = Client::new(lambda.url());
        Self {
            sts,
            lambda,
            client,
        }
    }

    fn request(&self, body: &Value) -> Request<Bytes> {
        let mut request = self.client.request("POST", "/introspect");
        *request.body_mut() = body.to_string().into();
        request
    }

    async fn ask_as(&self, signer: &Signer, body: &Value) -> Reply {
        self.client.send(signer.sign(self.request(body))).await
    }

    /// What `gateway` learns.
    async fn ask(&self, body: &Value) -> Value {
        let signer = Signer::new(SERVICE, SERVICE_SECRET, None);
        let reply = self.ask_as(&signer, body).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        serde_json::from_str(reply.text()).unwrap()
    }
}

fn about(credentials: &Credentials) -> Value {
    json!({"access_key_id": credentials.access_key, "session_token": credentials.token})
}

/// The same question, with more to it.
fn and(mut body: Value, more: &Value) -> Value {
    let more = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(more);
    body
}

/// Status and code of a refusal.
#[track_caller]
fn refusal(reply: &Reply) -> (u16, String) {
    let body: Value = serde_json::from_str(reply.text()).unwrap();
    let id = body["RequestId"].as_str();
    assert_eq!(reply.header("x-amzn-requestid"), id, "{body}");
    let code = body["Error"]["Code"].as_str().unwrap();
    (reply.status.as_u16(), code.to_owned())
}

fn today() -> String {
    let now = SystemClock.now().amz_date();
    now.split('T').next().unwrap().to_owned()
}
