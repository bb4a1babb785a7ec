//! What the whole service shares: the key ring and the settings, one item each.

use store::{ReadService, ServiceRecord, Settings, StoreError};

use super::DynamoStore;
use super::key_ring::{KEY_RING, read_keys};
use super::row::text;
use super::settings::read_settings;

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
