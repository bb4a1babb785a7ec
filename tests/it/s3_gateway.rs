//! The S3 gateway: with Open Policy Agent beside the policies, and with a store that fails.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::HeaderValue;
use hyper_util::rt::TokioIo;
use s3_guard::{KeyStyle, ObjectTags, S3Guard};
use s3s::dto::{GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput};
use s3s::service::S3ServiceBuilder;
use s3s::{S3, S3Request, S3Response, S3Result};
use serde_json::{Value, json};
use shared::config::Config;
use shared::s3::Object;
use shared::verify::Guard;
use tests::client::Client;
use tests::plugin::{Answer, Plugin};
use tests::s3_gateway::{S3Gateway, request, signer};
use tests::sts::{CONFIG, TestSts};
use tokio::net::TcpStream;

/// A gateway whose policies an agent has to confirm.
struct Gateway {
    s3: S3Gateway,
    opa: Plugin,
    _sts: TestSts,
}

impl Gateway {
    async fn start() -> Self {
        let opa = Plugin::start(yes()).await;
        let config = format!("settings: {{opa: {{url: '{}'}}}}\n{CONFIG}", opa.url);
        let sts = TestSts::builder().config(&config).start().await;
        Self {
            s3: S3Gateway::start(&sts).await,
            opa,
            _sts: sts,
        }
    }

    /// The status of a signed request.
    async fn send(&self, method: &str, target: &str, body: &'static str) -> u16 {
        let request = self.s3.request(method, target, &[], body);
        self.s3.send(request).await
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

/// A store that knows buckets, and breaks at every object.
#[derive(Debug)]
struct Broken;

#[async_trait::async_trait]
impl S3 for Broken {
    async fn head_bucket(
        &self,
        _: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        Ok(S3Response::new(HeadBucketOutput::default()))
    }

    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        tokio::task::yield_now().await;
        panic!("no bytes of {}", request.input.key);
    }
}

#[async_trait::async_trait]
impl ObjectTags for Broken {
    async fn of(&self, object: &Object) -> Option<Vec<(String, String)>> {
        tokio::task::yield_now().await;
        panic!("no bytes of {}", object.key);
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
    gateway.opa.answer(yes());
    assert_eq!(gateway.send("GET", "/demo/c", "").await, 404);
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
    gateway.opa.answer(yes());
    assert_eq!(gateway.send("GET", "/demo/a", "").await, 200);
    let before = gateway.opa.requests().len();
    assert_eq!(gateway.send("POST", "/demo?delete=", body).await, 200);
    let deletion = |object: &str| ["s3:DeleteObject", "demo", object].map(str::to_owned);
    assert_eq!(gateway.asked(before), [deletion("a"), deletion("b")]);
    assert_eq!(gateway.send("GET", "/demo/a", "").await, 404);
}

/// One connection to a gateway of [`Broken`].
struct Connection {
    client: Client,
    sender: http1::SendRequest<Full<Bytes>>,
    address: SocketAddr,
}

impl Connection {
    async fn open(sts: &TestSts, tags: bool) -> Self {
        let env = sts.table.env(&sts.table.url);
        let variable = |name| env.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
        let config = Config::from_lookup(variable).unwrap();
        let guard = Arc::new(Guard::new(config.deps(0).unwrap()));
        let mut gateway = S3Guard::new(guard, S3ServiceBuilder::new(Broken), KeyStyle::Exact);
        if tags {
            gateway = gateway.with_tags(Arc::new(Broken));
        }
        let listener = local::net::listen(0).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(local::s3_gateway::serve(listener, gateway, pending()));
        let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
        let (sender, serving) = http1::handshake(stream).await.unwrap();
        tokio::spawn(serving);
        Self {
            client: Client::new(&format!("http://{address}")),
            sender,
            address,
        }
    }

    /// Sends a request that breaks the store, or does not.
    async fn check(&mut self, method: &'static str, target: &str, status: u16) {
        let request = request(&self.client, (method, target), &[], "");
        let mut request = signer().sign(request).map(Full::new);
        let host = HeaderValue::from_str(&self.address.to_string()).unwrap();
        request.headers_mut().insert("host", host);
        let reply = self.sender.send_request(request).await.unwrap();
        assert_eq!(reply.status(), status, "{method} {target}");
        let body = reply.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        assert_eq!(
            body.contains("<Code>InternalError</Code>"),
            status == 500,
            "{body}"
        );
        assert!(!body.contains("no bytes"), "{body}");
    }
}

#[tokio::test]
async fn a_store_that_panics_fails_the_request_and_nothing_else() {
    let sts = TestSts::builder().start().await;
    let mut connection = Connection::open(&sts, false).await;
    for (method, target, status) in [
        ("GET", "/demo/a", 500),
        ("HEAD", "/demo", 200),
        ("GET", "/demo/b", 500),
        ("HEAD", "/demo", 200),
    ] {
        connection.check(method, target, status).await;
    }
}

#[tokio::test]
async fn a_store_that_panics_when_it_is_asked_for_tags_fails_the_request_and_nothing_else() {
    let statements = json!([{
        "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition":
            {"StringEqualsIfExists": {"s3:ExistingObjectTag/class": "public"}},
    }]);
    let builder = TestSts::builder().statements(&statements.to_string());
    let sts = builder.start().await;
    let mut connection = Connection::open(&sts, true).await;
    for (method, target, status) in [
        ("GET", "/demo/a", 500),
        ("HEAD", "/demo", 200),
        ("PUT", "/demo/b?acl", 500),
        ("HEAD", "/demo", 200),
    ] {
        connection.check(method, target, status).await;
    }
}
