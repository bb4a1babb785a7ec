//! Revocations and roles.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;

use super::row::{Row, number, parsed, text, time};
use super::{DynamoStore, store_error};
use crate::clock::UnixTime;
use crate::model::{PolicyName, RevokeType};
use crate::store::{
    IdentityPlugin, ReadRevocations, ReadRoles, Revocation, Role, Scope, Status, StoreError,
};

/// What stands before a label's attribute, so that no label can name another attribute.
const LABEL: &str = "type_until#";

impl ReadRoles for DynamoStore {
    async fn role(&self, arn: &str) -> Result<Option<Role>, StoreError> {
        let Some(row) = self.read(IdentityPlugin::item_key(arn)).await? else {
            return Ok(None);
        };
        Ok(Some(Role {
            provider: row.required("name", text)?,
            policies: row.list("policies", parsed(PolicyName::parse))?,
            status: row.required("status", |v| Status::parse(&text(v)?))?,
        }))
    }
}

impl ReadRevocations for DynamoStore {
    async fn revocations(&self, scopes: &[Scope]) -> Result<Vec<Revocation>, StoreError> {
        let keys: Vec<String> = scopes.iter().map(Scope::item_key).collect();
        self.read_many(&keys)
            .await?
            .into_iter()
            .map(read_revocation)
            .collect()
    }
}

impl DynamoStore {
    /// Moves one moment of a scope forward, in one write.
    pub(super) async fn revoke_scope(
        &self,
        scope: &Scope,
        label: Option<&RevokeType>,
        until: UnixTime,
    ) -> Result<(), StoreError> {
        let attribute =
            label.map_or_else(|| "all_until".to_owned(), |label| format!("{LABEL}{label}"));
        let result = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(scope.item_key()))
            .update_expression("SET #until = :until")
            .condition_expression("attribute_not_exists(#until) OR #until < :until")
            .expression_attribute_names("#until", attribute)
            .expression_attribute_values(":until", AttributeValue::N(until.secs().to_string()))
            .send()
            .await
            .map_err(store_error);
        match result {
            // A later revocation stands already, and covers this one.
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn read_revocation(row: Row) -> Result<Revocation, StoreError> {
    let all_until = row.optional("all_until", time)?;
    let attributes: HashMap<String, AttributeValue> = row.into_attributes();
    let labels = attributes
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix(LABEL)?, value)));
    let types_until: Option<BTreeMap<String, UnixTime>> = labels
        .map(|(label, value)| Some((label.to_owned(), UnixTime::from_secs(number(value)?))))
        .collect();
    // What cannot be read might be a revocation.
    let corrupt = || StoreError::Corrupt {
        item: "REVOKED".to_owned(),
        attribute: LABEL,
    };
    Ok(Revocation {
        all_until,
        types_until: types_until.ok_or_else(corrupt)?,
    })
}
