//! Users.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use keys::Sealed;
use model::{AccessKeyId, PolicyName, UniqueId};
use store::{Listed, ManageUsers, ReadUsers, Status, StoreError, User, UserChange};

use super::DynamoStore;
use super::list::{listed, read_all};
use super::row::{Row, bytes, number, parsed, text};
use super::update::Update;

/// The index key under which all users are listed.
const USERS: &str = "KIND#user";

impl ReadUsers for DynamoStore {
    async fn user(&self, access_key: &AccessKeyId) -> Result<Option<User>, StoreError> {
        self.read(User::item_key(access_key))
            .await?
            .map(|row| read_user(&row))
            .transpose()
    }
}

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

fn blob(secret: &Sealed) -> AttributeValue {
    AttributeValue::B(Blob::new(secret.as_bytes()))
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

fn read_user(row: &Row) -> Result<User, StoreError> {
    Ok(User {
        id: row.required("id", parsed(UniqueId::parse))?,
        access_key: row.required("access_key", parsed(AccessKeyId::parse))?,
        secret: Sealed::from_bytes(row.required("secret", bytes)?),
        status: row.required("status", |v| Status::parse(&text(v)?))?,
        policies: row.list("policies", parsed(PolicyName::parse))?,
        groups: row.list("groups", text)?,
        max_session_seconds: row.optional("max_session_seconds", number)?,
        limits: row.limits()?,
    })
}
