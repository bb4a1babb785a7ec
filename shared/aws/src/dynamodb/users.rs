//! Users and policies.

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use keys::Sealed;
use model::{AccessKeyId, PolicyName, UniqueId};
use store::{ReadPolicies, ReadUsers, Status, StoreError, StoredPolicy, User};

use super::row::{Row, bytes, number, parsed, text};
use super::{DynamoStore, store_error};

impl ReadUsers for DynamoStore {
    async fn user(&self, access_key: &AccessKeyId) -> Result<Option<User>, StoreError> {
        self.read(User::item_key(access_key))
            .await?
            .map(|row| read_user(&row))
            .transpose()
    }
}

impl ReadPolicies for DynamoStore {
    async fn policies(&self, names: &[PolicyName]) -> Result<Vec<StoredPolicy>, StoreError> {
        let keys: Vec<String> = names.iter().map(StoredPolicy::item_key).collect();
        let rows = self.read_many(&keys).await?;
        rows.iter().map(read_policy).collect()
    }
}

impl DynamoStore {
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

/// DynamoDB's limit for one batch.
const BATCH: usize = 100;

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

pub(super) fn read_user(row: &Row) -> Result<User, StoreError> {
    Ok(User {
        id: row.required("id", parsed(UniqueId::parse))?,
        access_key: row.required("access_key", parsed(AccessKeyId::parse))?,
        secret: Sealed::from_bytes(row.required("secret", bytes)?),
        status: row.required("status", |v| Status::parse(&text(v)?))?,
        policies: row.list("policies", parsed(PolicyName::parse))?,
        groups: row.list("groups", text)?,
        max_session_seconds: row.optional("max_session_seconds", number)?,
        limits: row.limits()?,
    })
}

pub(super) fn read_policy(row: &Row) -> Result<StoredPolicy, StoreError> {
    Ok(StoredPolicy {
        id: row.required("id", parsed(UniqueId::parse))?,
        name: row.required("name", parsed(PolicyName::parse))?,
        document: row.required("document", text)?,
        version: row.required("version", number)?,
    })
}
