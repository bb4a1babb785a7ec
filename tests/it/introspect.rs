//! Introspection: what services that verify requests themselves learn.

use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper::Request;
use hyper::body::Bytes;
use ring::hmac::{HMAC_SHA256, Key, sign};
use serde_json::{Value, json};
use shared::clock::{Clock, SystemClock};
use tests::client::{Client, Reply, Signer};
use tests::emulator::Emulator;
use tests::fault_proxy::{Fault, Rule};
use tests::process::binary;
use tests::sts::{Credentials, SECRET, TestSts, USER};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const SERVICE: &str = "gateway";
const SERVICE_SECRET: &str = "gateway-secret";

/// `gateway` may ask about sessions, `wide` about users too, `foobar` about nobody.
const CONFIG: &str = "
policies:
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
    policies: [readonly]
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
        let sts = TestSts::builder().config(CONFIG).start().await;
        let env = sts.table.env(sts.proxy.url());
        let env = env
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let env: Vec<_> = env.chain([("STS_CACHE_SECONDS", "0")]).collect();
        let lambda = Emulator::builder()
            .timeout(Duration::from_secs(30))
            .function("introspect", &binary("introspect"), &env)
            .route("$default", "introspect")
            .start()
            .await;
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

#[tokio::test]
async fn an_active_session_is_described() {
    let it = Setup::start().await;
    let parameters = [
        ("RoleArn", "arn:aws:iam::123456789012:role/demo"),
        ("RoleSessionName", "reports"),
        ("SourceIdentity", "alice"),
    ];
    let session = Credentials::of(&it.sts.assume_role(&parameters).await);
    let end = session.expiration.secs();
    assert_eq!(
        it.ask(&about(&session)).await,
        json!({
            "active": true, "sub": "user/foobar", "username": "foobar",
            "access_key_id": session.access_key, "iat": end - 3600, "exp": end,
            "role_arn": "arn:aws:iam::123456789012:role/demo",
            "role_session_name": "reports", "source_identity": "alice",
        })
    );
}

#[tokio::test]
async fn decisions_come_with_their_reason() {
    let it = Setup::start().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}]}"#;
    let session = Credentials::of(&it.sts.assume_role(&[("Policy", policy)]).await);
    let inside = json!({"aws:SourceIp": "192.0.2.7"});
    for (action, resource, context, allowed, reason) in [
        (
            "s3:GetObject",
            "arn:aws:s3:::a/b",
            &inside,
            true,
            "readonly",
        ),
        (
            "s3:GetObject",
            "arn:aws:s3:::b/b",
            &inside,
            false,
            "session policy",
        ),
        (
            "s3:PutObject",
            "arn:aws:s3:::a/b",
            &inside,
            false,
            "identity policies",
        ),
        (
            "s3:GetObject",
            "arn:aws:s3:::a/b",
            &json!({"aws:SourceIp": "198.51.100.1"}),
            false,
            "session policy",
        ),
        (
            "s3:GetObject",
            "arn:aws:s3:::a/b",
            &json!({}),
            false,
            "session policy",
        ),
    ] {
        let question = json!({"action": action, "resource": resource, "context": context});
        let reply = it.ask(&and(about(&session), &question)).await;
        let decision = &reply["decision"];
        assert_eq!(decision["allowed"], allowed, "{question}: {reply}");
        let text = decision["reason"].as_str().unwrap();
        assert!(text.contains(reason), "{question}: {text}");
    }
}

/// The key that a gateway gets signs what the client's SDK signs.
#[tokio::test]
async fn the_signing_key_verifies_and_is_no_secret() {
    let it = Setup::start().await;
    let session = it.sts.session().await;
    let date = today();
    let signing = json!({"signing": {"date": date, "region": "us-east-1", "service": "s3"}});
    let reply = it.ask(&and(about(&session), &signing)).await;
    let key = BASE64_STANDARD.decode(reply["signing_key"].as_str().unwrap());
    let mut expected = format!("AWS4{}", session.secret).into_bytes();
    for part in [&date, "us-east-1", "s3", "aws4_request"] {
        let tag = sign(&Key::new(HMAC_SHA256, &expected), part.as_bytes());
        expected = tag.as_ref().to_vec();
    }
    assert_eq!(key.unwrap(), expected);
    assert!(!reply.to_string().contains(&session.secret));
    let sts = json!({"signing": {"date": date, "region": "us-east-1", "service": "sts"}});
    let signer = Signer::new(SERVICE, SERVICE_SECRET, None);
    let reply = it.ask_as(&signer, &and(about(&session), &sts)).await;
    assert_eq!(refusal(&reply), (400, "ValidationError".to_owned()));
}

/// Whatever is wrong with credentials, the answer is the same and says nothing.
#[tokio::test]
async fn t55_inactive_credentials_are_all_alike() {
    let it = Setup::start().await;
    let [a, b, revoked] = [
        it.sts.session().await,
        it.sts.session().await,
        it.sts.session().await,
    ];
    let active = it.ask(&about(&revoked)).await;
    assert_eq!(active["active"], true);
    it.sts
        .table
        .admin(&["session", "revoke", &revoked.access_key])
        .await;
    let signing = json!({"signing": {"date": today(), "region": "", "service": "s3"}});
    let question = json!({"action": "s3:GetObject", "resource": "*"});
    for body in [
        about(&revoked),
        json!({"access_key_id": a.access_key, "session_token": b.token}),
        json!({"access_key_id": a.access_key, "session_token": "token"}),
        json!({"access_key_id": "ABCDEFGHIJKLMNOPQRST", "session_token": a.token}),
        json!({"access_key_id": "*", "session_token": a.token}),
        json!({"access_key_id": USER, "session_token": a.token}),
    ] {
        let reply = it.ask(&and(and(body, &signing), &question)).await;
        assert_eq!(reply, json!({"active": false}));
    }
    it.sts.table.admin(&["user", "disable", USER]).await;
    assert_eq!(it.ask(&about(&a)).await, json!({"active": false}));
}

/// Whoever asks needs a policy for it, and other policies for users than for sessions.
#[tokio::test]
async fn t51_only_those_may_ask_whom_a_policy_lets() {
    let it = Setup::start().await;
    let session = it.sts.session().await;
    let of_session = about(&session);
    let of_user = json!({"access_key_id": USER});
    let missing = json!({"access_key_id": "nobody-at-all"});
    let callers = [
        (
            SERVICE,
            Signer::new(SERVICE, SERVICE_SECRET, None),
            [true, false, false],
        ),
        (
            "wide",
            Signer::new("wide", "wide-secret", None),
            [true, true, true],
        ),
        (
            "wrong action",
            Signer::new("other", "other-secret", None),
            [false; 3],
        ),
        ("low privilege", Signer::new(USER, SECRET, None), [false; 3]),
        ("itself", session.signer(), [false; 3]),
    ];
    for (name, signer, expected) in callers {
        for (body, allowed) in [&of_session, &of_user, &missing].into_iter().zip(expected) {
            let reply = it.ask_as(&signer, body).await;
            if allowed {
                assert_eq!(reply.status, 200, "{name}: {}", reply.text());
            } else {
                assert_eq!(refusal(&reply), (403, "AccessDenied".to_owned()), "{name}");
            }
        }
    }
    let anonymous = it.client.send(it.request(&of_session)).await;
    let unsigned = (403, "MissingAuthenticationToken".to_owned());
    assert_eq!(refusal(&anonymous), unsigned);
    let wide = Signer::new("wide", "wide-secret", None);
    let user: Value = serde_json::from_str(it.ask_as(&wide, &of_user).await.text()).unwrap();
    let expected = json!({"active": true, "sub": "user/foobar", "username": "foobar", "access_key_id": "foobar"});
    assert_eq!(user, expected);
    let gone: Value = serde_json::from_str(it.ask_as(&wide, &missing).await.text()).unwrap();
    assert_eq!(gone, json!({"active": false}));
    let a_sessions_key = json!({"access_key_id": session.access_key});
    let reply = it.ask_as(&wide, &a_sessions_key).await;
    assert_eq!(reply.text(), "{\"active\":false}", "T-08: no token");
}

#[tokio::test]
async fn t55_a_table_that_cannot_be_read_makes_nothing_active() {
    let it = Setup::start().await;
    let session = it.sts.session().await;
    assert_eq!(it.ask(&about(&session)).await["active"], true);
    let signer = Signer::new(SERVICE, SERVICE_SECRET, None);
    it.sts.proxy.inject(Fault::InternalError, Rule::ALL);
    let reply = it.ask_as(&signer, &about(&session)).await;
    assert_eq!(refusal(&reply), (503, "ServiceUnavailable".to_owned()));
}

#[tokio::test]
async fn other_requests_are_refused_as_json() {
    let it = Setup::start().await;
    let signer = Signer::new(SERVICE, SERVICE_SECRET, None);
    let session = it.sts.session().await;
    let body = about(&session);
    for (method, path) in [
        ("GET", "/introspect"),
        ("POST", "/"),
        ("POST", "/introspect/"),
    ] {
        let mut request = it.client.request(method, path);
        *request.body_mut() = body.to_string().into();
        let reply = it.client.send(signer.sign(request)).await;
        assert_eq!(
            refusal(&reply),
            (400, "InvalidAction".to_owned()),
            "{method} {path}"
        );
    }
    for body in [
        json!([]),
        json!({}),
        and(body.clone(), &json!({"contxt": {}})),
        and(
            body.clone(),
            &json!({"action": "s3:GetObject", "context": {"aws:username": "root"}}),
        ),
    ] {
        let reply = it.ask_as(&signer, &body).await;
        assert_eq!(
            refusal(&reply),
            (400, "ValidationError".to_owned()),
            "{body}"
        );
    }
    let text = it.lambda.logs().join("\n");
    for secret in [&session.token, &session.secret, SERVICE_SECRET] {
        assert!(!text.contains(secret), "{text}");
    }
    assert_eq!(it.lambda.restarts(), 0);
}

const GUIDE: &str = include_str!("../../docs/RESOURCE-SERVERS.md");

/// Runs the gateway of the guide; its first line says where it listens.
async fn python_gateway(sts_url: &str) -> (Child, Client) {
    let (_, code) = GUIDE.split_once("```python\n").unwrap();
    let (code, _) = code.split_once("```").unwrap();
    let mut child = Command::new("python3")
        .args(["-c", code])
        .env("STS_URL", sts_url)
        .env("GATEWAY_KEY", SERVICE)
        .env("GATEWAY_SECRET", SERVICE_SECRET)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = lines.next_line().await.unwrap().unwrap();
    (child, Client::new(&url))
}

#[tokio::test]
async fn the_gateway_of_the_guide_verifies_and_decides() {
    let it = Setup::start().await;
    let (_gateway, client) = python_gateway(it.lambda.url()).await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"}]}"#;
    let session = Credentials::of(&it.sts.assume_role(&[("Policy", policy)]).await);
    let s3 = |mut signer: Signer| {
        "s3".clone_into(&mut signer.service);
        signer
    };
    let sign = |key: &str, secret: &str, token| s3(Signer::new(key, secret, token));
    let token = Some(session.token.as_str());
    let signer = s3(session.signer());
    for (case, target, signer, status) in [
        ("its own", "/a/b?x-id=GetObject", &signer, 200),
        ("another bucket", "/b/b", &signer, 403),
        (
            "another secret",
            "/a/b",
            &sign(&session.access_key, SECRET, token),
            403,
        ),
        (
            "no token",
            "/a/b",
            &sign(&session.access_key, &session.secret, None),
            403,
        ),
        ("for sts", "/a/b", &session.signer(), 403),
        (
            "a user, whom it may not ask about",
            "/a/b",
            &sign(USER, SECRET, None),
            403,
        ),
    ] {
        let request = signer.sign(client.request("GET", target));
        let reply = client.send(request).await;
        assert_eq!(reply.status, status, "{case}");
    }
    let anonymous = client.send(client.request("GET", "/a/b")).await;
    assert_eq!(anonymous.status, 403);
    let mut changed = signer.sign(client.request("GET", "/a/b"));
    *changed.uri_mut() = client.request("GET", "/a/c").uri().clone();
    assert_eq!(client.send(changed).await.status, 403);
}
