//! Users, groups, policies and settings, as operators keep them.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use keys::Sealed;
use model::{AccessKeyId, PolicyName};
use store::{
    Change, Group, GroupChange, Listed, ManageGroups, ManagePolicies, ManageSettings, ManageUsers,
    OpaSettings, ReadGroups, Settings, SettingsChange, Status, StoreError, StoredPolicy, User,
    UserChange,
};

use super::DynamoStore;
use super::row::{Row, parsed, text};
use super::service::opa_value;
use super::update::Update;
use super::users::{read_policy, read_user};
use super::write::read_all;

/// The index keys under which all items of one kind are listed.
const USERS: &str = "KIND#user";
const GROUPS: &str = "KIND#group";
const POLICIES: &str = "KIND#policy";

impl ManageUsers for DynamoStore {
    async fn list_users(&self) -> Result<Listed<User>, StoreError> {
        let mut users = read_all(&self.owned(USERS).await?, read_user)?;
        users.items.sort_by(|a, b| a.access_key.cmp(&b.access_key));
        Ok(users)
    }

    async fn create_user(&self, user: &User) -> Result<(), StoreError> {
        self.create(user_row(user)).await
    }

    async fn change_user(
        &self,
        access_key: &AccessKeyId,
        change: &UserChange,
    ) -> Result<(), StoreError> {
        let mut update =
            Update::existing().change_number("max_session_seconds", change.max_session_seconds);
        if let Some(secret) = &change.secret {
            update = update.set("secret", blob(secret));
        }
        if let Some(status) = change.status {
            update = update.set_text("status", status.as_str());
        }
        if let Some(policies) = &change.policies {
            update = update.set_texts("policies", policies.iter().map(PolicyName::as_str));
        }
        if let Some(groups) = &change.groups {
            update = update.set_texts("groups", groups.iter().map(String::as_str));
        }
        if let Some(limits) = change.limits {
            update = update
                .change_number("issue_per_minute", limits.issue_per_minute.into())
                .change_number("max_live_sessions", limits.max_live_sessions.into());
        }
        self.update(User::item_key(access_key), update).await
    }

    async fn reseal_user(&self, user: &User, secret: &Sealed) -> Result<(), StoreError> {
        let update = Update::existing()
            .set("secret", blob(secret))
            .only_if("#secret = :opened")
            .with_value(":opened", blob(&user.secret));
        self.update(User::item_key(&user.access_key), update).await
    }

    async fn delete_user(&self, access_key: &AccessKeyId) -> Result<(), StoreError> {
        self.remove(User::item_key(access_key)).await
    }
}

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

impl ManageSettings for DynamoStore {
    async fn change_settings(&self, change: &SettingsChange) -> Result<(), StoreError> {
        let mut update =
            Update::default().change_number("max_session_seconds", change.max_session_seconds);
        if let Some(regions) = &change.regions {
            update = update.set_texts("regions", regions.iter().map(String::as_str));
        }
        if let Some(keys) = &change.condition_keys {
            update = update.set_texts("condition_keys", keys.iter().map(String::as_str));
        }
        if let Some(limits) = change.failed_attempts {
            update = update
                .change_number("failed_per_source", limits.per_source.into())
                .change_number("failed_per_subject", limits.per_subject.into());
        }
        update = match &change.opa {
            Change::Keep => update,
            Change::Set(opa) => update.set("opa", opa_value(opa)),
            Change::Remove => update.remove("opa"),
        };
        self.update(Settings::ITEM_KEY.to_owned(), update).await
    }

    async fn replace_opa(&self, read: &OpaSettings, opa: &OpaSettings) -> Result<(), StoreError> {
        let update = Update::existing()
            .set("opa", opa_value(opa))
            .only_if("#opa = :read")
            .with_value(":read", opa_value(read));
        self.update(Settings::ITEM_KEY.to_owned(), update).await
    }
}

fn blob(secret: &Sealed) -> AttributeValue {
    AttributeValue::B(Blob::new(secret.as_bytes()))
}

/// What all listed items begin with.
pub(super) fn listed(key: String, owner: &str, name: &str) -> Row {
    Row::default()
        .with_text("pk", key)
        .with_text("owner_key", owner)
        .with_text("owner_sort", name)
}

fn user_row(user: &User) -> Row {
    let name = user.access_key.as_str();
    let max_session_seconds = user.max_session_seconds.map(i64::from);
    listed(User::item_key(&user.access_key), USERS, name)
        .with_text("id", user.id.as_str())
        .with_text("access_key", name)
        .with_bytes("secret", user.secret.as_bytes())
        .with_text("status", user.status.as_str())
        .with_texts("policies", user.policies.iter().map(PolicyName::as_str))
        .with_texts("groups", user.groups.iter().map(String::as_str))
        .with_optional_number("max_session_seconds", max_session_seconds)
        .with_limits(user.limits)
}

fn group_row(group: &Group) -> Row {
    listed(Group::item_key(&group.name), GROUPS, &group.name)
        .with_text("name", &group.name)
        .with_text("status", group.status.as_str())
        .with_texts("policies", group.policies.iter().map(PolicyName::as_str))
}

fn policy_row(policy: &StoredPolicy) -> Row {
    let name = policy.name.as_str();
    listed(StoredPolicy::item_key(&policy.name), POLICIES, name)
        .with_text("id", policy.id.as_str())
        .with_text("name", name)
        .with_text("document", &policy.document)
        .with("version", AttributeValue::N(policy.version.to_string()))
}

fn read_group(row: &Row) -> Result<Group, StoreError> {
    Ok(Group {
        name: row.required("name", text)?,
        status: row.required("status", |v| Status::parse(&text(v)?))?,
        policies: row.list("policies", parsed(PolicyName::parse))?,
    })
}
