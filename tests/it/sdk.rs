//! The AWS SDK for Rust as a client.

use aws_credential_types::Credentials;
use aws_sdk_sts::Client;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::{BehaviorVersion, Config, Region};
use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_sdk_sts::operation::RequestId;
use aws_sdk_sts::types::{PolicyDescriptorType, Tag};
use shared::clock::UnixTime;
use tests::fault_proxy::{Fault, Rule};
use tests::sts::{SECRET, TestSts, USER};

fn client(sts: &TestSts, secret: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(sts.emulator.url())
        .region(Region::from_static("ap-south-1"))
        .credentials_provider(Credentials::new(USER, secret, None, None, "tests"))
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

#[tokio::test]
async fn the_rust_sdk_gets_credentials_that_it_understands() {
    let sts = TestSts::start().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let tag = Tag::builder().key("a b").value("x-y=+").build().unwrap();
    let output = client(&sts, SECRET)
        .assume_role()
        .role_arn("arn:aws:iam::123456789012:role/demo")
        .role_session_name("s1")
        .policy(policy)
        .policy_arns(PolicyDescriptorType::builder().arn("readonly").build())
        .duration_seconds(900)
        .tags(tag)
        .source_identity("alice")
        .send()
        .await
        .unwrap();
    assert!(output.request_id().is_some());
    assert_eq!(output.source_identity(), Some("alice"));
    let user = output.assumed_role_user().unwrap();
    assert_eq!(
        user.arn(),
        "arn:aws:sts::000000000000:assumed-role/foobar/s1"
    );
    assert_eq!(user.assumed_role_id(), "foobar:s1");
    let credentials = output.credentials().unwrap();
    let stored = sts.stored(credentials.access_key_id()).await.unwrap();
    assert_eq!(
        stored.expires_at,
        UnixTime::from_secs(credentials.expiration().secs())
    );
    assert_eq!(stored.asked.tags[0].value(), "x-y=+");
}

#[tokio::test]
async fn the_rust_sdk_understands_errors() {
    let sts = TestSts::start().await;
    let role = "arn:aws:iam::123456789012:role/demo";
    let call = |secret: &str, policy: &str| {
        let call = client(&sts, secret).assume_role().role_arn(role);
        call.role_session_name("s1").policy(policy).send()
    };
    let malformed = call(SECRET, "{}").await.unwrap_err();
    assert_eq!(malformed.code(), Some("MalformedPolicyDocument"));
    assert!(malformed.request_id().is_some());
    let malformed = malformed.into_service_error();
    assert!(malformed.is_malformed_policy_document_exception());
    let unsigned = call("another-secret", "{}").await.unwrap_err();
    assert_eq!(unsigned.code(), Some("SignatureDoesNotMatch"));
}

#[tokio::test]
async fn the_rust_sdk_tries_again_when_the_table_is_throttled() {
    let sts = TestSts::start().await;
    for call in 1..=3 {
        // All three attempts of the function's own client.
        sts.proxy
            .inject(Fault::Throttling, Rule::every("PutItem").nth(call));
    }
    let call = client(&sts, SECRET).assume_role();
    let call = call.role_arn("arn:aws:iam::123456789012:role/demo");
    let output = call.role_session_name("s1").send().await.unwrap();
    let access_key = output.credentials().unwrap().access_key_id();
    assert!(sts.stored(access_key).await.is_some());
}
