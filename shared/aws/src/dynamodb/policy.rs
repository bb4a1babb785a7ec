//! Policies.

use aws_sdk_dynamodb::types::AttributeValue;
use model::{PolicyName, UniqueId};
use store::{Listed, ManagePolicies, ReadPolicies, StoreError, StoredPolicy};

use super::DynamoStore;
use super::list::{listed, read_all};
use super::row::{Row, number, parsed, text};
use super::update::Update;

/// The index key under which all policies are listed.
const POLICIES: &str = "KIND#policy";

impl ReadPolicies for DynamoStore {
    async fn policies(&self, names: &[PolicyName]) -> Result<Vec<StoredPolicy>, StoreError> {
        let keys: Vec<String> = names.iter().map(StoredPolicy::item_key).collect();
        let rows = self.read_many(&keys).await?;
        rows.iter().map(read_policy).collect()
    }
}

impl ManagePolicies for DynamoStore {
    async fn list_policies(&self) -> Result<Listed<StoredPolicy>, StoreError> {
        let mut policies = read_all(&self.owned(POLICIES).await?, read_policy)?;
        policies.items.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(policies)
    }

    async fn create_policy(&self, policy: &StoredPolicy) -> Result<(), StoreError> {
        self.create(policy_row(policy)).await
    }

    async fn change_policy(&self, name: &PolicyName, document: &str) -> Result<(), StoreError> {
        let update = Update::existing()
            .set_text("document", document)
            .increment("version");
        self.update(StoredPolicy::item_key(name), update).await
    }

    async fn delete_policy(&self, name: &PolicyName) -> Result<(), StoreError> {
        self.remove(StoredPolicy::item_key(name)).await
    }
}

fn policy_row(policy: &StoredPolicy) -> Row {
    let name = policy.name.as_str();
    listed(StoredPolicy::item_key(&policy.name), POLICIES, name)
        .with_text("id", policy.id.as_str())
        .with_text("name", name)
        .with_text("document", &policy.document)
        .with("version", AttributeValue::N(policy.version.to_string()))
}

fn read_policy(row: &Row) -> Result<StoredPolicy, StoreError> {
    Ok(StoredPolicy {
        id: row.required("id", parsed(UniqueId::parse))?,
        name: row.required("name", parsed(PolicyName::parse))?,
        document: row.required("document", text)?,
        version: row.required("version", number)?,
    })
}
