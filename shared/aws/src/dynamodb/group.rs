//! Groups.

use model::PolicyName;
use store::{Group, GroupChange, Listed, ManageGroups, ReadGroups, Status, StoreError};

use super::DynamoStore;
use super::list::{listed, read_all};
use super::row::{Row, parsed, text};
use super::update::Update;

/// The index key under which all groups are listed.
const GROUPS: &str = "KIND#group";

impl ReadGroups for DynamoStore {
    async fn groups(&self, names: &[String]) -> Result<Vec<Group>, StoreError> {
        let keys: Vec<String> = names.iter().map(|n| Group::item_key(n)).collect();
        let rows = self.read_many(&keys).await?;
        rows.iter().map(read_group).collect()
    }
}

impl ManageGroups for DynamoStore {
    async fn list_groups(&self) -> Result<Listed<Group>, StoreError> {
        let mut groups = read_all(&self.owned(GROUPS).await?, read_group)?;
        groups.items.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(groups)
    }

    async fn create_group(&self, group: &Group) -> Result<(), StoreError> {
        self.create(group_row(group)).await
    }

    async fn change_group(&self, name: &str, change: &GroupChange) -> Result<(), StoreError> {
        let mut update = Update::existing();
        if let Some(status) = change.status {
            update = update.set_text("status", status.as_str());
        }
        if let Some(policies) = &change.policies {
            update = update.set_texts("policies", policies.iter().map(PolicyName::as_str));
        }
        self.update(Group::item_key(name), update).await
    }

    async fn delete_group(&self, name: &str) -> Result<(), StoreError> {
        self.remove(Group::item_key(name)).await
    }
}

fn group_row(group: &Group) -> Row {
    listed(Group::item_key(&group.name), GROUPS, &group.name)
        .with_text("name", &group.name)
        .with_text("status", group.status.as_str())
        .with_texts("policies", group.policies.iter().map(PolicyName::as_str))
}

fn read_group(row: &Row) -> Result<Group, StoreError> {
    Ok(Group {
        name: row.required("name", text)?,
        status: row.required("status", |v| Status::parse(&text(v)?))?,
        policies: row.list("policies", parsed(PolicyName::parse))?,
    })
}
