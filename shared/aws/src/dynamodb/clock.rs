//! The table's clock, as its replies tell it.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use aws_sdk_dynamodb::types::AttributeValue;
use clock::UnixTime;
use store::{Settings, StoreError};

use super::{DynamoStore, store_error};

/// Notes the `Date` of the last reply.
#[derive(Debug, Clone, Default)]
struct NoteDate(Arc<Mutex<Option<UnixTime>>>);

impl Intercept for NoteDate {
    fn name(&self) -> &'static str {
        "NoteDate"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|text| DateTime::from_str(text, DateTimeFormat::HttpDate).ok());
        let date = date.map(|date| UnixTime::from_secs(date.secs()));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date;
        Ok(())
    }
}

impl DynamoStore {
    /// What time it is for the table; `None` if its replies do not say.
    pub async fn time(&self) -> Result<Option<UnixTime>, StoreError> {
        let noted = NoteDate::default();
        self.client
            .get_item()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(Settings::ITEM_KEY.to_owned()))
            .projection_expression("pk")
            .customize()
            .interceptor(noted.clone())
            .send()
            .await
            .map_err(store_error)?;
        Ok(*noted.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
