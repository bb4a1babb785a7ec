//! Roles of plugins and providers, as those see them who look a session's role up.

use model::{PolicyName, UniqueId};
use store::{ReadRoles, Role, Status, StoreError};

use super::DynamoStore;
use super::row::{parsed, text};

impl ReadRoles for DynamoStore {
    async fn role(&self, arn: &str) -> Result<Option<Role>, StoreError> {
        let Some(row) = self.read(Role::item_key(arn)).await? else {
            return Ok(None);
        };
        Ok(Some(Role {
            id: row.required("id", parsed(UniqueId::parse))?,
            provider: row.required("name", text)?,
            policies: row.list("policies", parsed(PolicyName::parse))?,
            status: row.required("status", |v| Status::parse(&text(v)?))?,
        }))
    }
}
