//! The key ring as one item: one conditional write changes which key is active.

use aws_sdk_dynamodb::types::AttributeValue;
use clock::UnixTime;
use keys::{KeyState, WrappedBy, WrappedKey};
use store::{KeyEntry, ManageKeys, StoreError, StoredKeys};

use super::DynamoStore;
use super::row::{Row, bytes, number, text, time};

/// The key of the ring's item.
pub(super) const KEY_RING: &str = "KEYRING";

impl ManageKeys for DynamoStore {
    async fn stored_keys(&self) -> Result<StoredKeys, StoreError> {
        match self.read(KEY_RING.to_owned()).await? {
            None => Ok(StoredKeys::default()),
            Some(row) => Ok(StoredKeys {
                entries: read_keys(&row)?,
                version: row.required("version", number)?,
            }),
        }
    }

    async fn replace_keys(
        &self,
        read: &StoredKeys,
        entries: &[KeyEntry],
    ) -> Result<(), StoreError> {
        let version = read.version.saturating_add(1);
        let stored = self.read(KEY_RING.to_owned()).await?.unwrap_or_default();
        let known = stored.list("keys", |value| value.as_m().ok().cloned().map(Row::new))?;
        let keys = entries.iter().map(|entry| entry_value(entry, &known));
        let row = Row::default()
            .with_text("pk", KEY_RING)
            .with("version", AttributeValue::N(version.to_string()))
            .with("keys", AttributeValue::L(keys.collect()))
            .over(stored, &[]);
        let replaced = (read.version > 0).then_some(read.version);
        self.put(row, replaced).await
    }
}

/// The ring is one item, so that one conditional write changes which key is active.
pub(super) fn read_keys(row: &Row) -> Result<Vec<KeyEntry>, StoreError> {
    row.list("keys", |value| {
        let AttributeValue::M(entry) = value else {
            return None;
        };
        Some(KeyEntry {
            kid: text(entry.get("kid")?)?,
            state: KeyState::parse(&text(entry.get("state")?)?)?,
            wrapped: WrappedKey {
                // A key file does not have to be named.
                by: match entry.get("wrapped_by") {
                    None => WrappedBy::File,
                    Some(value) => WrappedBy::parse(&text(value)?)?,
                },
                bytes: entry.get("wrapped").and_then(bytes).unwrap_or_default(),
            },
            created_at: time(entry.get("created_at")?)?,
            rotated_at: entry.get("rotated_at").and_then(time),
        })
    })
}

/// An entry over what is stored of it among the `known` ones.
fn entry_value(entry: &KeyEntry, known: &[Row]) -> AttributeValue {
    let is_it = |row: &&Row| {
        row.optional("kid", text)
            .is_ok_and(|kid| kid.as_ref() == Some(&entry.kid))
    };
    let stored = known.iter().find(is_it).cloned().unwrap_or_default();
    let row = Row::default()
        .with_text("kid", &entry.kid)
        .with_text("state", entry.state.as_str())
        .with_text("wrapped_by", entry.wrapped.by.as_str())
        .with_bytes("wrapped", &entry.wrapped.bytes)
        .with_number("created_at", entry.created_at.secs())
        .with_optional_number("rotated_at", entry.rotated_at.map(UnixTime::secs))
        .over(stored, &["rotated_at"]);
    AttributeValue::M(row.into_attributes())
}
