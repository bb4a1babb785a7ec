//! Counters of a minute.

use aws_sdk_dynamodb::config::Config;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use store::{Count, Counter, StoreError};

use super::{DynamoStore, store_error};

/// How long after its minute a counter is kept, in seconds: until no clock is in it any more.
const COUNTER_KEPT: i64 = 300;

impl Count for DynamoStore {
    async fn count(&self, counter: &Counter, limit: u32) -> Result<bool, StoreError> {
        let expires_at = counter.ends_at().plus(COUNTER_KEPT);
        let result = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(counter.item_key()))
            .update_expression("SET expires_at = :expires_at ADD #count :one")
            .condition_expression("attribute_not_exists(#count) OR #count < :limit")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":expires_at", n(expires_at.secs()))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":limit", n(limit.into()))
            .send()
            .await
            .map_err(store_error);
        match result {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn take_back(&self, counter: &Counter) -> Result<(), StoreError> {
        // The SDK would try again after a lost reply, and take two back.
        let once = Config::builder().retry_config(RetryConfig::disabled());
        let result = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(counter.item_key()))
            .update_expression("ADD #count :minus_one")
            .condition_expression("#count > :zero")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":minus_one", n(-1))
            .expression_attribute_values(":zero", n(0))
            .customize()
            .config_override(once)
            .send()
            .await
            .map_err(store_error);
        match result {
            // The table has deleted the counter.
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn n(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}
