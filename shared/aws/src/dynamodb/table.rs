//! The table itself: created by `sts-admin init`, or checked where infrastructure code made it.

use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TableDescription, TableStatus, TimeToLiveSpecification,
    TimeToLiveStatus,
};
use store::StoreError;

use super::{DynamoStore, INDEX, store_error};

/// The attribute by which DynamoDB deletes what is long over.
const TTL_ATTRIBUTE: &str = "expires_at";

/// An existing table, compared with the one that the service needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableState {
    /// Whether the table can be used by now; a new one cannot for some seconds.
    pub active: bool,
    /// What makes the table unusable for the service. Only making it anew helps.
    pub differences: Vec<String>,
}

impl DynamoStore {
    /// How the table is; `None` if there is none.
    pub async fn table_state(&self) -> Result<Option<TableState>, StoreError> {
        let reply = self
            .client
            .describe_table()
            .table_name(&self.table)
            .send()
            .await;
        match reply {
            Ok(reply) => Ok(reply.table.as_ref().map(state_of)),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DescribeTableError::is_resource_not_found_exception) =>
            {
                Ok(None)
            }
            Err(error) => Err(store_error(error)),
        }
    }

    /// Creates the table, billed on demand. It can be used once it is active.
    pub async fn create_table(&self) -> Result<(), StoreError> {
        let attribute = |name: &str| {
            AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S)
                .build()
                .map_err(unbuildable)
        };
        self.client
            .create_table()
            .table_name(&self.table)
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(attribute("pk")?)
            .attribute_definitions(attribute("owner_key")?)
            .attribute_definitions(attribute("owner_sort")?)
            .key_schema(key("pk", KeyType::Hash)?)
            .global_secondary_indexes(index()?)
            .send()
            .await
            .map_err(store_error)?;
        Ok(())
    }

    /// Lets DynamoDB delete items by `expires_at`; `false` if it does so already.
    pub async fn enable_expiry(&self) -> Result<bool, StoreError> {
        let reply = self
            .client
            .describe_time_to_live()
            .table_name(&self.table)
            .send()
            .await
            .map_err(store_error)?;
        let status = reply
            .time_to_live_description
            .and_then(|d| d.time_to_live_status);
        if let Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling) = status {
            return Ok(false);
        }
        let specification = TimeToLiveSpecification::builder()
            .attribute_name(TTL_ATTRIBUTE)
            .enabled(true)
            .build()
            .map_err(unbuildable)?;
        self.client
            .update_time_to_live()
            .table_name(&self.table)
            .time_to_live_specification(specification)
            .send()
            .await
            .map_err(store_error)?;
        Ok(true)
    }
}

fn index() -> Result<GlobalSecondaryIndex, StoreError> {
    GlobalSecondaryIndex::builder()
        .index_name(INDEX)
        .key_schema(key("owner_key", KeyType::Hash)?)
        .key_schema(key("owner_sort", KeyType::Range)?)
        .projection(
            Projection::builder()
                .projection_type(ProjectionType::KeysOnly)
                .build(),
        )
        .build()
        .map_err(unbuildable)
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement, StoreError> {
    KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(kind)
        .build()
        .map_err(unbuildable)
}

fn unbuildable(error: aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

fn state_of(table: &TableDescription) -> TableState {
    TableState {
        active: table.table_status() == Some(&TableStatus::Active),
        differences: differences(table),
    }
}

fn differences(table: &TableDescription) -> Vec<String> {
    let mut found = Vec::new();
    let expected_key = "pk (hash)";
    let actual_key = schema_text(table.key_schema());
    if actual_key != expected_key {
        found.push(format!("its key is {actual_key}, not {expected_key}"));
    }
    let index = table
        .global_secondary_indexes()
        .iter()
        .find(|i| i.index_name() == Some(INDEX));
    let Some(index) = index else {
        found.push(format!("it has no index {INDEX}"));
        return found;
    };
    let expected_key = "owner_key (hash), owner_sort (range)";
    let actual_key = schema_text(index.key_schema());
    if actual_key != expected_key {
        found.push(format!(
            "the key of index {INDEX} is {actual_key}, not {expected_key}"
        ));
    }
    let projection = index.projection().and_then(Projection::projection_type);
    if projection != Some(&ProjectionType::KeysOnly) {
        found.push(format!(
            "index {INDEX} must project keys only: secrets stay out of it"
        ));
    }
    found.extend(table.attribute_definitions().iter().filter_map(wrong_type));
    found
}

fn wrong_type(attribute: &AttributeDefinition) -> Option<String> {
    let name = attribute.attribute_name();
    let ours = ["pk", "owner_key", "owner_sort"].contains(&name);
    (ours && *attribute.attribute_type() != ScalarAttributeType::S)
        .then(|| format!("attribute {name} is not a string"))
}

fn schema_text(schema: &[KeySchemaElement]) -> String {
    let part = |e: &KeySchemaElement| {
        format!(
            "{} ({})",
            e.attribute_name(),
            e.key_type().as_str().to_lowercase()
        )
    };
    schema.iter().map(part).collect::<Vec<_>>().join(", ")
}
