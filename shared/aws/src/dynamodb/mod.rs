//! The store on Amazon DynamoDB, the only user of its SDK.
//!
//! One table holds everything: the partition key `pk` names the item, `owner_key` and
//! `owner_sort` list items of one kind and sessions of one parent over the index `by_owner`,
//! which carries keys only. Authentication never reads through the index.

mod admin_providers;
mod admin_sessions;
mod clock;
mod directory;
mod key_ring;
mod limits;
mod plugins;
mod providers;
mod revocations;
mod row;
mod service;
mod sessions;
mod table;
mod transaction;
mod update;
mod users;
mod write;

pub use table::TableState;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use store::StoreError;

use crate::Connection;
use row::Row;

/// The index that lists items by owner.
const INDEX: &str = "by_owner";

impl Connection {
    /// A client of DynamoDB.
    pub fn client(&self) -> Client {
        Client::new(&self.sdk_config())
    }
}

/// The table, and the client that reaches it.
#[derive(Debug, Clone)]
pub struct DynamoStore {
    client: Client,
    table: String,
}

impl DynamoStore {
    /// A store on `table`. Nothing is sent yet.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
        }
    }

    /// The table's name.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Reads one item consistently.
    async fn read(&self, key: String) -> Result<Option<Row>, StoreError> {
        let reply = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(key))
            .consistent_read(true)
            .send()
            .await
            .map_err(store_error)?;
        Ok(reply.item.map(Row::new))
    }
}

/// What an SDK error means to callers of the store.
fn store_error<E, R>(error: SdkError<E, R>) -> StoreError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
    {
        Some(
            "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "ThrottlingException",
        ) => StoreError::Throttled,
        Some("ConditionalCheckFailedException") => StoreError::Conflict,
        _ => StoreError::Unavailable(Box::new(error)),
    }
}
