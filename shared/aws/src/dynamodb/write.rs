//! Writing items of any kind.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use store::StoreError;

use super::row::Row;
use super::update::Update;
use super::{DynamoStore, store_error};

impl DynamoStore {
    /// Writes an item that must not exist yet.
    pub(super) async fn create(&self, row: Row) -> Result<(), StoreError> {
        self.put(row, None).await
    }

    /// Writes an item as a whole if its `version` is still `replaced`; without one, if the
    /// item does not exist. A retry after a lost reply finds its own item, which is success.
    pub(super) async fn put(&self, row: Row, replaced: Option<u64>) -> Result<(), StoreError> {
        let attributes = row.into_attributes();
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(attributes.clone()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let request = match replaced {
            None => request.condition_expression("attribute_not_exists(pk)"),
            Some(version) => request
                .condition_expression("#version = :replaced")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":replaced", AttributeValue::N(version.to_string())),
        };
        match request.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error))
                if matches!(error.err(), PutItemError::ConditionalCheckFailedException(failed)
                    if failed.item() == Some(&attributes)) =>
            {
                Ok(())
            }
            Err(error) => Err(store_error(error)),
        }
    }

    /// Applies an update to one item; nothing is sent if there is nothing to do.
    pub(super) async fn update(&self, key: String, update: Update) -> Result<(), StoreError> {
        if update.is_empty() {
            return Ok(());
        }
        self.client
            .update_item()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(key))
            .update_expression(update.expression())
            .set_condition_expression(update.condition())
            .set_expression_attribute_names(Some(update.names).filter(|n| !n.is_empty()))
            .set_expression_attribute_values(Some(update.values).filter(|v| !v.is_empty()))
            .send()
            .await
            .map_err(store_error)?;
        Ok(())
    }

    /// Deletes an item, if there is one.
    pub(super) async fn remove(&self, key: String) -> Result<(), StoreError> {
        self.client
            .delete_item()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(key))
            .send()
            .await
            .map_err(store_error)?;
        Ok(())
    }
}
