//! Reading items of any kind by their keys.

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use store::StoreError;

use super::row::Row;
use super::{DynamoStore, store_error};

/// DynamoDB's limit for one batch.
const BATCH: usize = 100;

impl DynamoStore {
    /// Reads one item consistently.
    pub(super) async fn read(&self, key: String) -> Result<Option<Row>, StoreError> {
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

    /// Reads items consistently, in no particular order; missing ones are left out.
    pub(super) async fn read_many(&self, keys: &[String]) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::with_capacity(keys.len());
        for batch in keys.chunks(BATCH) {
            let reply = self
                .client
                .batch_get_item()
                .request_items(&self.table, batch_request(batch)?)
                .send()
                .await
                .map_err(store_error)?;
            if reply.unprocessed_keys.is_some_and(|keys| !keys.is_empty()) {
                // Half an answer is none: what is missing here must not count as absent.
                return Err(StoreError::Throttled);
            }
            let items = reply.responses.and_then(|mut r| r.remove(&self.table));
            rows.extend(items.into_iter().flatten().map(Row::new));
        }
        Ok(rows)
    }
}

fn batch_request(keys: &[String]) -> Result<KeysAndAttributes, StoreError> {
    let keys = keys
        .iter()
        .map(|k| [("pk".to_owned(), AttributeValue::S(k.clone()))].into());
    KeysAndAttributes::builder()
        .set_keys(Some(keys.collect()))
        .consistent_read(true)
        .build()
        .map_err(|e| StoreError::Unavailable(Box::new(e)))
}
