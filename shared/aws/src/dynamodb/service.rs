//! What the whole service shares: the key ring and the settings, one item each.

use aws_sdk_dynamodb::types::AttributeValue;
use keys::{KeyState, Sealed, WrappedBy, WrappedKey};
use store::{
    AttemptLimits, KeyEntry, OpaSettings, ReadService, ServiceRecord, Settings, StoreError,
};

use super::DynamoStore;
use super::row::{Row, bytes, number, text, time};

pub(super) const KEY_RING: &str = "KEYRING";

impl ReadService for DynamoStore {
    async fn service_record(&self) -> Result<ServiceRecord, StoreError> {
        let mut record = ServiceRecord::default();
        for row in self
            .read_many(&[KEY_RING.to_owned(), Settings::ITEM_KEY.to_owned()])
            .await?
        {
            match row.required("pk", text)?.as_str() {
                KEY_RING => record.keys = read_keys(&row)?,
                _ => record.settings = read_settings(&row)?,
            }
        }
        Ok(record)
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

fn read_settings(row: &Row) -> Result<Settings, StoreError> {
    Ok(Settings {
        max_session_seconds: row.optional("max_session_seconds", number)?,
        regions: row.list("regions", text)?,
        condition_keys: row.list("condition_keys", text)?,
        failed_attempts: AttemptLimits {
            per_source: row.optional("failed_per_source", number)?,
            per_subject: row.optional("failed_per_subject", number)?,
        },
        opa: row.optional("opa", read_opa)?,
    })
}

fn read_opa(value: &AttributeValue) -> Option<OpaSettings> {
    let opa = value.as_m().ok()?;
    Some(OpaSettings {
        url: text(opa.get("url")?)?,
        authorization: match opa.get("authorization") {
            None => None,
            Some(sealed) => Some(Sealed::from_bytes(bytes(sealed)?)),
        },
        allow_http: opa.get("allow_http")?.as_bool().ok().copied()?,
    })
}

/// The attribute that [`read_opa`] reads.
pub(super) fn opa_value(opa: &OpaSettings) -> AttributeValue {
    let row = Row::default()
        .with_text("url", &opa.url)
        .with("allow_http", AttributeValue::Bool(opa.allow_http));
    let row = match &opa.authorization {
        Some(sealed) => row.with_bytes("authorization", sealed.as_bytes()),
        None => row,
    };
    AttributeValue::M(row.into_attributes())
}
