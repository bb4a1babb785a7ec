//! Copies of providers' keys.

use store::{KeySetCopies, KeySetCopy, StoreError};

use super::row::{Row, text, time};
use super::{DynamoStore, store_error};

/// How long a copy of a key set stays in the table, in seconds.
const COPY_KEPT: i64 = 7 * 24 * 3600;

impl KeySetCopies for DynamoStore {
    async fn key_set_copy(&self, provider: &str) -> Result<Option<KeySetCopy>, StoreError> {
        let Some(row) = self.read(KeySetCopy::item_key(provider)).await? else {
            return Ok(None);
        };
        Ok(Some(KeySetCopy {
            source: row.required("source", text)?,
            document: row.required("document", text)?,
            fetched_at: row.required("fetched_at", time)?,
            fresh_until: row.required("fresh_until", time)?,
        }))
    }

    async fn put_key_set_copy(&self, provider: &str, copy: &KeySetCopy) -> Result<(), StoreError> {
        let row = Row::default()
            .with_text("pk", KeySetCopy::item_key(provider))
            .with_text("source", &copy.source)
            .with_text("document", &copy.document)
            .with_number("fetched_at", copy.fetched_at.secs())
            .with_number("fresh_until", copy.fresh_until.secs())
            .with_number("expires_at", copy.fetched_at.plus(COPY_KEPT).secs());
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(row.into_attributes()))
            .send()
            .await
            .map_err(store_error)?;
        Ok(())
    }
}
