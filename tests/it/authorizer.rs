//! The Lambda authorizer: whom it lets through to an API, and what that API learns.

use std::collections::BTreeMap;
use std::time::Duration;

use hyper::Request;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tests::client::{Client, Signer};
use tests::emulator::Emulator;
use tests::fault_proxy::{Fault, Rule};
use tests::process::binary;
use tests::sts::{Credentials, SECRET, TestSts, USER};

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
        let sts = TestSts::builder().config(CONFIG).start().await;
        let env = sts.table.env(sts.proxy.url());
        let env = env
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let env: Vec<_> = env.chain(variables.iter().copied()).collect();
        let lambda = Emulator::builder()
            .timeout(Duration::from_secs(30))
            .function("authorizer", &binary("authorizer"), &env)
            .start()
            .await;
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
    api(Signer::new(USER, SECRET, None))
}

/// Signs for an API in place of this service.
fn api(mut signer: Signer) -> Signer {
    "execute-api".clone_into(&mut signer.service);
    signer
}

fn get(target: &str) -> Request<Bytes> {
    Client::new(HOST).request("GET", target)
}

/// A `POST` of a body, with its hash in a header if the client declares it.
fn post(body: &'static str, declared: Option<&str>) -> Request<Bytes> {
    let mut request = Client::new(HOST).request("POST", "/items");
    *request.body_mut() = Bytes::from_static(body.as_bytes());
    if let Some(hash) = declared {
        let hash = HeaderValue::from_str(hash).unwrap();
        request.headers_mut().insert("x-amz-content-sha256", hash);
    }
    request
}

/// The event of a request, as an HTTP API sends it to its authorizer: without the body.
fn event(request: &Request<Bytes>) -> Value {
    let path = percent_decode_str(request.uri().path()).decode_utf8_lossy();
    let method = request.method().as_str();
    let headers = request.headers().iter();
    let mut headers: BTreeMap<_, _> = headers
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    headers.insert("host", request.uri().authority().unwrap().as_str());
    headers.insert("x-forwarded-for", "203.0.113.9");
    json!({
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": format!("{ARN}/{method}{path}"),
        "identitySource": [headers.get("authorization")],
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.uri().query().unwrap_or_default(),
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012", "apiId": "abcdef", "domainName": "api.example.com",
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1", "userAgent": "tests",
            },
            "requestId": "r", "routeKey": "$default", "stage": "$default",
        },
    })
}

#[tokio::test]
async fn the_api_behind_learns_who_calls() {
    let gate = Gate::start().await;
    let session = gate.sts.session().await;
    let reply = gate.items(&api(session.signer())).await;
    assert_eq!(
        reply,
        json!({"isAuthorized": true, "context": {
            "principal": "user/foobar", "accessKeyId": session.access_key,
            "contentSha256": EMPTY_SHA256, "expiresAt": session.expiration.secs(),
            "reason": "allowed by statement Items of policy items (identity policies)",
        }})
    );
    let presigned = user().presign(get("/items/a?b=c"), Duration::from_mins(1));
    let reply = gate.ask(&event(&presigned)).await;
    assert_eq!(verdict(&reply), "allowed", "{reply}");
    assert_eq!(
        reply["context"]["expiresAt"],
        Value::Null,
        "users do not end"
    );
}

#[tokio::test]
async fn the_policy_form_says_the_same() {
    let gate = Gate::with(&[("STS_AUTHORIZER_RESPONSE", "policy")]).await;
    let reply = gate.items(&user()).await;
    assert_eq!(reply["principalId"], "user/foobar");
    let statement = &reply["policyDocument"]["Statement"][0];
    assert_eq!(statement["Effect"], "Allow");
    assert_eq!(statement["Resource"], format!("{ARN}/GET/items"));
    let reply = gate.ask(&event(&get("/items"))).await;
    assert_eq!(reply["policyDocument"]["Statement"][0]["Effect"], "Deny");
}

/// Every kind of caller at every kind of route.
#[tokio::test]
async fn t51_routes_open_to_whom_policies_say() {
    let gate = Gate::start().await;
    let narrow = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:*/GET/items/public"}]}"#;
    let narrow = gate.sts.assume_role(&[("Policy", narrow)]).await;
    let callers = [
        ("foobar", user()),
        ("poor", api(Signer::new("poor", "poor-secret", None))),
        ("its session", api(gate.sts.session().await.signer())),
        ("a narrow session", api(Credentials::of(&narrow).signer())),
    ];
    let routes = [
        ("GET", "/items", [true, false, true, false]),
        ("GET", "/items/public", [true, false, true, true]),
        ("DELETE", "/items", [false; 4]),
        ("GET", "/other", [false; 4]),
        ("GET", "/", [false; 4]),
    ];
    for (method, path, expected) in routes {
        let request = || Client::new(HOST).request(method, path);
        let anonymous = gate.ask(&event(&request())).await;
        assert_eq!(verdict(&anonymous), "MissingAuthenticationToken", "{path}");
        for ((name, signer), allowed) in callers.iter().zip(expected) {
            let reply = gate.ask(&event(&signer.sign(request()))).await;
            let expected = if allowed { "allowed" } else { "AccessDenied" };
            assert_eq!(
                verdict(&reply),
                expected,
                "{name}: {method} {path}: {reply}"
            );
        }
    }
}

#[tokio::test]
async fn t08_credentials_come_whole_and_for_this_service() {
    let gate = Gate::start().await;
    let session = gate.sts.session().await;
    let other = gate.sts.session().await;
    let sign = |key: &str, secret: &str, token| api(Signer::new(key, secret, token));
    let (key, secret) = (session.access_key.as_str(), session.secret.as_str());
    for (case, signer, expected) in [
        ("no token", sign(key, secret, None), "InvalidClientTokenId"),
        (
            "another's token",
            sign(key, secret, Some(&other.token)),
            "InvalidClientTokenId",
        ),
        (
            "a user's key with a token",
            sign(USER, SECRET, Some(&session.token)),
            "InvalidClientTokenId",
        ),
        (
            "another's secret",
            sign(key, &other.secret, Some(&session.token)),
            "SignatureDoesNotMatch",
        ),
        ("signed for sts", session.signer(), "SignatureDoesNotMatch"),
        (
            "unknown",
            sign("nobody", SECRET, None),
            "InvalidClientTokenId",
        ),
    ] {
        let reply = gate.items(&signer).await;
        assert_eq!(verdict(&reply), expected, "{case}: {reply}");
    }
}

/// The function has no body to hash. What it verifies is the hash that the client declares, and
/// the API behind has to compare it with the body.
#[tokio::test]
async fn bodies_are_held_to_what_the_client_declares() {
    let allow_post = CONFIG.replace("/GET/items", "/*/items");
    let gate = Gate::start().await;
    gate.sts.table.apply(&allow_post).await;
    let hash = "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5";
    let body = "{\"a\":1}";
    for (case, request, expected) in [
        ("declared", post("body", Some(hash)), "allowed"),
        ("empty", post("", None), "allowed"),
        ("not declared", post(body, None), "SignatureDoesNotMatch"),
        (
            "unsigned",
            post(body, Some("UNSIGNED-PAYLOAD")),
            "SignatureDoesNotMatch",
        ),
    ] {
        let reply = gate.ask(&event(&user().sign(request))).await;
        assert_eq!(verdict(&reply), expected, "{case}: {reply}");
    }
    let signed = user().sign(post("body", Some(hash)));
    let allowed = gate.ask(&event(&signed)).await;
    assert_eq!(allowed["context"]["contentSha256"], hash);
    let mut event = event(&signed);
    event["headers"]["x-amz-content-sha256"] = json!(EMPTY_SHA256);
    assert_eq!(verdict(&gate.ask(&event).await), "SignatureDoesNotMatch");
}

#[tokio::test]
async fn a_request_that_changed_on_its_way_is_refused() {
    let gate = Gate::start().await;
    let signed = event(&user().sign(get("/items?a=1")));
    assert_eq!(verdict(&gate.ask(&signed).await), "allowed");
    for change in [
        |e: &mut Value| e["rawPath"] = json!("/items/x"),
        |e: &mut Value| e["rawQueryString"] = json!("a=2"),
        |e: &mut Value| e["requestContext"]["http"]["method"] = json!("HEAD"),
        |e: &mut Value| e["headers"]["host"] = json!("other.example.com"),
        |e: &mut Value| e["headers"]["x-amz-date"] = json!("20200101T000000Z"),
    ] {
        let mut event = signed.clone();
        change(&mut event);
        let reply = gate.ask(&event).await;
        assert_eq!(verdict(&reply), "SignatureDoesNotMatch", "{event}");
    }
}

/// The gateway decodes paths, so that the authorizer has to find out what was signed.
#[tokio::test]
async fn paths_are_verified_however_they_were_encoded() {
    let gate = Gate::start().await;
    for target in [
        "/items/a%20b",
        "/items/a:b@c",
        "/items/a%3Ab",
        "/items/%C3%A9",
    ] {
        let reply = gate.ask(&event(&user().sign(get(target)))).await;
        assert_eq!(verdict(&reply), "allowed", "{target}: {reply}");
    }
}

#[tokio::test]
async fn t26_headers_set_no_key_of_the_platform() {
    let gate = Gate::start().await;
    gate.sts
        .table
        .apply(
            "
policies:
  - name: items
    document:
      Version: 2012-10-17
      Statement:
        - Effect: Allow
          Action: execute-api:Invoke
          Resource: '*'
          Condition:
            IpAddress: {aws:SourceIp: 203.0.113.9/32}
",
        )
        .await;
    let mut request = get("/items");
    for (name, value) in [
        ("x-forwarded-for", "203.0.113.9"),
        ("x-real-ip", "203.0.113.9"),
        ("aws-sourceip", "203.0.113.9"),
    ] {
        request
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    let event = event(&user().sign(request));
    assert_eq!(verdict(&gate.ask(&event).await), "AccessDenied");
    let mut from_there = event;
    from_there["requestContext"]["http"]["sourceIp"] = json!("203.0.113.9");
    assert_eq!(verdict(&gate.ask(&from_there).await), "allowed");
}

/// In front of an object store, policies speak of buckets and objects.
#[tokio::test]
async fn operations_of_s3_are_decided_by_their_own_actions() {
    let gate = Gate::with(&[
        ("STS_CACHE_SECONDS", "0"),
        ("STS_AUTHORIZER_SERVICE", "s3"),
        ("STS_AUTHORIZER_ACTIONS", "s3"),
    ])
    .await;
    let policy = "
policies:
  - name: items
    document:
      Version: 2012-10-17
      Statement:
        - {Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::a/*'}
        - Effect: Allow
          Action: s3:ListBucket
          Resource: arn:aws:s3:::a
          Condition: {StringLike: {s3:prefix: public/*}}
";
    gate.sts.table.apply(policy).await;
    let mut signer = user();
    "s3".clone_into(&mut signer.service);
    for (method, target, expected) in [
        ("GET", "/a/key", "allowed"),
        ("GET", "/b/key", "AccessDenied"),
        ("PUT", "/a/key", "AccessDenied"),
        ("GET", "/a?list-type=2&prefix=public%2Fx", "allowed"),
        ("GET", "/a?list-type=2&prefix=secret", "AccessDenied"),
        ("POST", "/a?delete=", "AccessDenied"),
        ("GET", "/a/key?unheard-of=", "AccessDenied"),
    ] {
        let mut request = Client::new(HOST).request(method, target);
        let hash = HeaderValue::from_static(EMPTY_SHA256);
        request.headers_mut().insert("x-amz-content-sha256", hash);
        let reply = gate.ask(&event(&signer.sign(request))).await;
        assert_eq!(verdict(&reply), expected, "{method} {target}: {reply}");
    }
}

#[tokio::test]
async fn t55_a_revoked_session_is_refused_at_once_without_a_memory() {
    let gate = Gate::start().await;
    let (one, all) = (gate.sts.session().await, gate.sts.session().await);
    assert_eq!(verdict(&gate.items(&api(one.signer())).await), "allowed");
    let admin = &gate.sts.table;
    admin.admin(&["session", "revoke", &one.access_key]).await;
    let code = "InvalidClientTokenId";
    assert_eq!(verdict(&gate.items(&api(one.signer())).await), code);
    assert_eq!(verdict(&gate.items(&api(all.signer())).await), "allowed");
    admin
        .admin(&["session", "revoke", "--parent", "user/foobar"])
        .await;
    assert_eq!(verdict(&gate.items(&api(all.signer())).await), code);
    admin.admin(&["user", "disable", USER]).await;
    assert_eq!(verdict(&gate.items(&user()).await), "AccessDenied");
}

#[tokio::test]
async fn t55_a_table_that_cannot_be_read_lets_nobody_through() {
    let gate = Gate::start().await;
    let session = api(gate.sts.session().await.signer());
    assert_eq!(verdict(&gate.items(&session).await), "allowed");
    gate.sts.proxy.inject(Fault::InternalError, Rule::ALL);
    assert_eq!(verdict(&gate.items(&session).await), "ServiceUnavailable");
    let logs = gate.lambda.logs();
    let error = logs.iter().find(|line| line.contains("ServiceUnavailable"));
    let error: Value = serde_json::from_str(error.expect("a line")).unwrap();
    assert_eq!(
        (&error["level"], &error["action"]),
        (&json!("ERROR"), &json!("Authorize"))
    );
    gate.sts.proxy.clear();
    assert_eq!(verdict(&gate.items(&session).await), "allowed");
}

#[tokio::test]
async fn a_warm_authorizer_reads_nothing() {
    let gate = Gate::with(&[("STS_CACHE_SECONDS", "3600")]).await;
    let session = api(gate.sts.session().await.signer());
    assert_eq!(verdict(&gate.items(&session).await), "allowed");
    gate.sts.proxy.clear();
    assert_eq!(verdict(&gate.items(&session).await), "allowed");
    assert_eq!(gate.sts.take_operations(), Vec::<String>::new());
}

#[tokio::test]
async fn t57_a_policy_that_is_gone_grants_nothing() {
    let gate = Gate::start().await;
    assert_eq!(verdict(&gate.items(&user()).await), "allowed");
    let client = gate.sts.table.connection().client();
    let key = aws_sdk_dynamodb::types::AttributeValue::S("POLICY#items".to_owned());
    let delete = client.delete_item().table_name(&gate.sts.table.name);
    delete.key("pk", key).send().await.unwrap();
    assert_eq!(verdict(&gate.items(&user()).await), "AccessDenied");
}

#[tokio::test]
async fn what_is_no_event_is_refused_and_nothing_secret_is_logged() {
    let gate = Gate::start().await;
    for event in [json!(null), json!([]), json!({}), json!({"routeArn": ARN})] {
        let reply = gate.ask(&event).await;
        assert_eq!(verdict(&reply), "ValidationError", "{event}");
    }
    let session = gate.sts.session().await;
    gate.items(&api(session.signer())).await;
    assert_eq!(gate.lambda.restarts(), 0);
    let logs = gate.lambda.logs();
    let lines: Vec<_> = logs.iter().filter(|l| l.contains("\"call\"")).collect();
    assert_eq!(lines.len(), 5, "one line per event: {logs:#?}");
    let text = logs.join("\n");
    for secret in [&session.token, &session.secret, SECRET, "Signature="] {
        assert!(!text.contains(secret), "{text}");
    }
}
