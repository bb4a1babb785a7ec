//! Every fault of the proxy, as the SDK's client and the engine behind it see it.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemOutput};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, KeysAndAttributes,
    Put, ScalarAttributeType, TransactWriteItem,
};
use tests::engine::Engine;
use tests::fault_proxy::{Fault, FaultProxy, Rule};

/// A table of its own behind a proxy, and a client that does not retry.
struct Fixture {
    engine: Engine,
    proxy: FaultProxy,
    client: Client,
}

impl Fixture {
    async fn new() -> Self {
        let engine = Engine::for_test().await;
        let proxy = FaultProxy::start(&engine.url).await;
        let client = client(proxy.url());
        create_table(&client, &engine.table).await;
        proxy.clear();
        Self {
            engine,
            proxy,
            client,
        }
    }

    async fn put(&self, key: &str) -> Result<PutItemOutput, SdkError<PutItemError>> {
        let put = self.client.put_item().table_name(&self.engine.table);
        put.item("pk", AttributeValue::S(key.to_owned()))
            .send()
            .await
    }

    /// Whether the engine has the item; asked past the proxy.
    async fn has(&self, key: &str) -> bool {
        let get = client(&self.engine.url)
            .get_item()
            .table_name(&self.engine.table);
        let get = get.key("pk", AttributeValue::S(key.to_owned()));
        get.consistent_read(true)
            .send()
            .await
            .unwrap()
            .item
            .is_some()
    }
}

fn client(url: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("AKID", "secret", None, None, "tests"))
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

async fn create_table(client: &Client, name: &str) {
    let attribute = AttributeDefinition::builder()
        .attribute_name("pk")
        .attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder()
        .attribute_name("pk")
        .key_type(KeyType::Hash);
    let table = client.create_table().table_name(name);
    table
        .attribute_definitions(attribute.build().unwrap())
        .key_schema(key.build().unwrap())
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn operations_are_recorded() {
    let it = Fixture::new().await;
    it.put("a").await.unwrap();
    let item = [("pk".to_owned(), AttributeValue::S("b".to_owned()))];
    let put = Put::builder()
        .table_name(&it.engine.table)
        .set_item(Some(item.clone().into()));
    let write = TransactWriteItem::builder()
        .put(put.build().unwrap())
        .build();
    it.client
        .transact_write_items()
        .transact_items(write)
        .send()
        .await
        .unwrap();
    let keys = KeysAndAttributes::builder()
        .keys(item.into())
        .build()
        .unwrap();
    let batch = it
        .client
        .batch_get_item()
        .request_items(&it.engine.table, keys);
    batch.send().await.unwrap();

    let operations = it.proxy.operations();
    let names: Vec<_> = operations.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["PutItem", "TransactWriteItems", "BatchGetItem"]);
    for operation in &operations {
        assert_eq!(operation.table.as_deref(), Some(&*it.engine.table));
    }
    assert_eq!(operations[0].body["Item"]["pk"]["S"], "a");
    it.proxy.clear();
    assert_eq!(it.proxy.operations(), []);
}

#[tokio::test]
async fn replies_are_injected_before_or_after_the_write() {
    for (fault, status, code, written) in [
        (
            Fault::ThroughputExceeded,
            400,
            "ProvisionedThroughputExceededException",
            false,
        ),
        (Fault::Throttling, 400, "ThrottlingException", false),
        (Fault::InternalError, 500, "InternalServerError", false),
        (Fault::InternalErrorAfter, 500, "InternalServerError", true),
    ] {
        let it = Fixture::new().await;
        it.proxy.inject(fault, Rule::every("PutItem"));
        let error = it.put("a").await.unwrap_err();
        assert_eq!(error.code(), Some(code));
        assert_eq!(error.raw_response().unwrap().status().as_u16(), status);
        assert_eq!(it.has("a").await, written, "{fault:?}");
    }
}

#[tokio::test]
async fn a_lost_reply_is_lost_after_the_write() {
    let it = Fixture::new().await;
    it.proxy.inject(Fault::LostReply, Rule::ALL);
    let error = it.put("a").await.unwrap_err();
    assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
    assert!(it.has("a").await);
}

#[tokio::test]
async fn a_conflict_cancels_the_transaction() {
    let it = Fixture::new().await;
    it.proxy.inject(
        Fault::TransactionConflict,
        Rule::every("TransactWriteItems"),
    );
    let put = Put::builder()
        .table_name(&it.engine.table)
        .item("pk", AttributeValue::S("a".to_owned()));
    let write = TransactWriteItem::builder()
        .put(put.build().unwrap())
        .build();
    let error = it
        .client
        .transact_write_items()
        .transact_items(write)
        .send()
        .await
        .unwrap_err();
    let error = error.into_service_error();
    assert!(error.is_transaction_canceled_exception());
    assert!(
        format!("{error:?}").contains("TransactionConflict"),
        "{error:?}"
    );
    assert!(!it.has("a").await);
}

#[tokio::test]
async fn a_delay_outlasts_the_clients_patience() {
    let it = Fixture::new().await;
    it.proxy.inject(
        Fault::Delay(Duration::from_hours(1)),
        Rule::every("PutItem"),
    );
    let late = tokio::time::timeout(Duration::from_millis(50), it.put("a")).await;
    assert!(late.is_err());
    assert!(!it.has("a").await);
}

#[tokio::test]
async fn a_rule_names_the_operation_and_the_call() {
    let it = Fixture::new().await;
    it.proxy.inject(Fault::Throttling, Rule::every("GetItem"));
    it.proxy
        .inject(Fault::InternalError, Rule::every("PutItem").nth(2));
    it.proxy.inject(Fault::Throttling, Rule::ALL.nth(3));
    let mut codes = Vec::new();
    for key in ["a", "b", "c", "d"] {
        let error = it.put(key).await.err();
        codes.push(error.and_then(|error| error.code().map(str::to_owned)));
    }
    let codes: Vec<_> = codes.iter().map(Option::as_deref).collect();
    let expected = [
        None,
        Some("InternalServerError"),
        Some("ThrottlingException"),
        None,
    ];
    assert_eq!(codes, expected);
    it.proxy.clear();
    it.put("b").await.unwrap();
}

#[tokio::test]
async fn refused_connections_can_be_accepted_again() {
    let mut it = Fixture::new().await;
    it.put("a").await.unwrap();
    it.proxy.refuse_connections().await;
    let error = it.put("b").await.unwrap_err();
    assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
    it.proxy.accept_connections().await;
    it.put("c").await.unwrap();
    assert_eq!(
        [it.has("a").await, it.has("b").await, it.has("c").await],
        [true, false, true]
    );
}

#[tokio::test]
async fn a_function_may_do_what_its_role_allows() {
    let it = Fixture::new().await;
    it.put("USER#a").await.unwrap();
    it.put("GROUP#a").await.unwrap();
    let function = client(&it.proxy.url_of("get-caller-identity"));
    let key = |key: &str| AttributeValue::S(key.to_owned());
    let get = function.get_item().table_name(&it.engine.table);
    let user = get.clone().key("pk", key("USER#a")).send().await.unwrap();
    assert!(user.item.is_some());
    // A kind of item that the function has no use for.
    let error = get.key("pk", key("GROUP#a")).send().await.unwrap_err();
    assert_eq!(error.code(), Some("AccessDeniedException"));
    let delete = function.delete_item().table_name(&it.engine.table);
    let error = delete.key("pk", key("USER#a")).send().await.unwrap_err();
    assert_eq!(error.code(), Some("AccessDeniedException"));
    assert!(it.has("USER#a").await);
    let senders: Vec<_> = it
        .proxy
        .operations()
        .into_iter()
        .map(|o| o.function)
        .collect();
    let function = Some("get-caller-identity".to_owned());
    let expected = [None, None, function.clone(), function.clone(), function];
    assert_eq!(senders, expected);
}
