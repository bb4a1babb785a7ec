//! What policies decide.

use hyper::header::HeaderValue;
use serde_json::json;
use tests::client::{Client, Signer};
use tests::sts::Credentials;

use super::{EMPTY_SHA256, Gate, HOST, api, event, get, user, verdict};

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
        - Effect: Allow
          Action: s3:*
          Resource: ['arn:aws:s3:::h', 'arn:aws:s3:::h/*']
          Condition: {StringLike: {s3:prefix: home/me/*}}
        - {Effect: Allow, Action: s3:*, Resource: ['arn:aws:s3:::u', 'arn:aws:s3:::u/*']}
        - Effect: Deny
          Action: s3:*
          Resource: ['arn:aws:s3:::u', 'arn:aws:s3:::u/*']
          Condition: {StringEquals: {s3:ExistingObjectTag/class: secret}}
        - Effect: Deny
          Action: s3:CreateBucket
          Resource: '*'
          Condition: {StringEquals: {s3:LocationConstraint: us-west-2}}
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
        ("GET", "/h?list-type=2&prefix=home%2Fme%2Fx", "allowed"),
        ("GET", "/h/hidden", "AccessDenied"),
        ("GET", "/h/hidden?prefix=home%2Fme%2Fx", "AccessDenied"),
        ("PUT", "/h/hidden?prefix=home%2Fme%2Fx", "AccessDenied"),
        ("HEAD", "/h/hidden?prefix=home%2Fme%2Fx", "AccessDenied"),
        ("GET", "/u/key", "AccessDenied"),
        ("HEAD", "/u/key", "AccessDenied"),
        ("PUT", "/u", "AccessDenied"),
        ("DELETE", "/u/key", "allowed"),
    ] {
        let mut request = Client::new(HOST).request(method, target);
        let hash = HeaderValue::from_static(EMPTY_SHA256);
        request.headers_mut().insert("x-amz-content-sha256", hash);
        let reply = gate.ask(&event(&signer.sign(request))).await;
        assert_eq!(verdict(&reply), expected, "{method} {target}: {reply}");
    }
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
