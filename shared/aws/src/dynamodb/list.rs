//! Listing items over the index.

use aws_sdk_dynamodb::types::AttributeValue;
use store::{Listed, StoreError};

use super::row::{Row, text};
use super::{DynamoStore, INDEX, store_error};

/// What all listed items begin with.
pub(super) fn listed(key: String, owner: &str, name: &str) -> Row {
    Row::default()
        .with_text("pk", key)
        .with_text("owner_key", owner)
        .with_text("owner_sort", name)
}

impl DynamoStore {
    /// The keys that the index lists under one owner, in its order.
    pub(super) async fn owned_keys(&self, owner: &str) -> Result<Vec<String>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(INDEX)
            .key_condition_expression("owner_key = :owner")
            .expression_attribute_values(":owner", AttributeValue::S(owner.to_owned()))
            .into_paginator()
            .items()
            .send();
        let mut keys = Vec::new();
        while let Some(item) = pages.next().await {
            keys.push(Row::new(item.map_err(store_error)?).required("pk", text)?);
        }
        Ok(keys)
    }

    /// The items that the index lists under one owner, read consistently, in no particular
    /// order.
    pub(super) async fn owned(&self, owner: &str) -> Result<Vec<Row>, StoreError> {
        self.read_many(&self.owned_keys(owner).await?).await
    }
}

/// Reads the items of a list, each for itself.
pub(super) fn read_all<T>(
    rows: &[Row],
    read: impl Fn(&Row) -> Result<T, StoreError>,
) -> Result<Listed<T>, StoreError> {
    let mut listed = Listed {
        items: Vec::with_capacity(rows.len()),
        corrupt: Vec::new(),
    };
    for row in rows {
        match read(row) {
            Ok(item) => listed.items.push(item),
            Err(StoreError::Corrupt(item)) => listed.corrupt.push(item),
            Err(error) => return Err(error),
        }
    }
    Ok(listed)
}
