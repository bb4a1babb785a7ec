//! The store on Amazon DynamoDB, the only user of its SDK.
//!
//! One table holds everything: the partition key `pk` names the item, `owner_key` and
//! `owner_sort` list items of one kind and sessions of one parent over the index `by_owner`,
//! which carries keys only. Authentication never reads through the index.

mod clock;
mod counter;
mod group;
mod key_ring;
mod key_set_copy;
mod list;
mod place;
mod plugin;
mod policy;
mod provider;
mod provider_form;
mod read;
mod revocation;
mod role;
mod row;
mod service;
mod session;
mod settings;
mod table;
mod transaction;
mod update;
mod used_token;
mod user;
mod write;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use store::StoreError;

use crate::Connection;

pub use table::TableState;

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
