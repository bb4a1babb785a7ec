//! Several conditional writes at once: all of them, or none.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use store::StoreError;

use super::row::Row;
use super::{DynamoStore, store_error};

/// What must hold of an item for the transaction to happen.
#[derive(Debug, Default)]
pub(super) struct Condition {
    expression: Option<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Condition {
    /// There is no such item.
    pub(super) fn absent() -> Self {
        Self {
            expression: Some("attribute_not_exists(pk)".to_owned()),
            ..Self::default()
        }
    }

    /// The item has exactly these attributes; `optional` are those that it might have besides.
    pub(super) fn unchanged(row: Row, optional: &[&str]) -> Self {
        let attributes = row.into_attributes();
        let mut condition = Self::default();
        for name in optional.iter().filter(|n| !attributes.contains_key(**n)) {
            condition.also(&format!("attribute_not_exists(#{name})"), name);
        }
        for (name, value) in attributes {
            condition.equals(&name, value);
        }
        condition
    }

    /// The item has these values, or does not exist.
    pub(super) fn absent_or<const N: usize>(values: [(&str, &str); N]) -> Self {
        let mut condition = Self::default();
        for (name, value) in values {
            condition.equals(name, AttributeValue::S(value.to_owned()));
        }
        condition.expression = condition
            .expression
            .map(|all| format!("attribute_not_exists(pk) OR ({all})"));
        condition
    }

    fn equals(&mut self, name: &str, value: AttributeValue) {
        self.also(&format!("#{name} = :{name}"), name);
        self.values.insert(format!(":{name}"), value);
    }

    fn also(&mut self, expression: &str, name: &str) {
        self.names.insert(format!("#{name}"), name.to_owned());
        self.expression = Some(match self.expression.take() {
            Some(first) => format!("{first} AND {expression}"),
            None => expression.to_owned(),
        });
    }
}

/// Writes that happen together. An item may be in it once only.
#[derive(Debug, Default)]
pub(super) struct Transaction(Vec<Write>);

#[derive(Debug)]
enum Write {
    Put(Row, Condition),
    Delete(String, Condition),
}

impl Transaction {
    /// Writes an item as a whole.
    pub(super) fn put(&mut self, row: Row, condition: Condition) {
        self.0.push(Write::Put(row, condition));
    }

    /// Deletes an item.
    pub(super) fn delete(&mut self, key: String, condition: Condition) {
        self.0.push(Write::Delete(key, condition));
    }
}

impl DynamoStore {
    /// Carries a transaction out; a [`StoreError::Conflict`] if a condition does not hold or
    /// somebody else is writing one of the items. The SDK sends a token with it, by which
    /// DynamoDB recognises a retry after a lost reply.
    pub(super) async fn transact(&self, transaction: Transaction) -> Result<(), StoreError> {
        let items: Result<Vec<_>, _> = transaction
            .0
            .into_iter()
            .map(|write| write.into_item(&self.table))
            .collect();
        let items = items.map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        let request = self
            .client
            .transact_write_items()
            .set_transact_items(Some(items));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if is_conflict(error.err()) => {
                Err(StoreError::Conflict)
            }
            Err(error) => Err(store_error(error)),
        }
    }
}

impl Write {
    fn into_item(self, table: &str) -> Result<TransactWriteItem, BuildError> {
        let item = TransactWriteItem::builder();
        let given = |values: HashMap<_, _>| Some(values).filter(|v| !v.is_empty());
        let item = match self {
            Self::Put(row, condition) => item.put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(row.into_attributes()))
                    .set_condition_expression(condition.expression)
                    .set_expression_attribute_names(Some(condition.names).filter(|n| !n.is_empty()))
                    .set_expression_attribute_values(given(condition.values))
                    .build()?,
            ),
            Self::Delete(key, condition) => item.delete(
                Delete::builder()
                    .table_name(table)
                    .key("pk", AttributeValue::S(key))
                    .set_condition_expression(condition.expression)
                    .set_expression_attribute_names(Some(condition.names).filter(|n| !n.is_empty()))
                    .set_expression_attribute_values(given(condition.values))
                    .build()?,
            ),
        };
        Ok(item.build())
    }
}

fn is_conflict(error: &TransactWriteItemsError) -> bool {
    let TransactWriteItemsError::TransactionCanceledException(canceled) = error else {
        return false;
    };
    let conflicts = ["ConditionalCheckFailed", "TransactionConflict"];
    canceled
        .cancellation_reasons()
        .iter()
        .any(|reason| reason.code().is_some_and(|code| conflicts.contains(&code)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unchanged_item_has_neither_more_nor_less() {
        let row = Row::default().with_text("pk", "ROLE#a");
        let condition = Condition::unchanged(row, &["pk", "policies"]);
        assert_eq!(
            condition.expression.as_deref(),
            Some("attribute_not_exists(#policies) AND #pk = :pk")
        );
        assert_eq!((condition.names.len(), condition.values.len()), (2, 1));
    }

    #[test]
    fn an_absent_item_may_be_claimed() {
        let condition = Condition::absent_or([("kind", "openid"), ("name", "idp")]);
        assert_eq!(
            condition.expression.as_deref(),
            Some("attribute_not_exists(pk) OR (#kind = :kind AND #name = :name)")
        );
    }
}
