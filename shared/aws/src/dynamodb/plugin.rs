//! Identity plugins, each with its role in one item.

use aws_sdk_dynamodb::types::AttributeValue;
use keys::Sealed;
use model::{PolicyName, RoleArn, UniqueId};
use store::{
    IdentityPlugin, Listed, ManagePlugins, ReadPlugins, Role, Status, StoreError, TokenIn,
};

use super::DynamoStore;
use super::list::{listed, read_all};
use super::row::{Row, bytes, number, parsed, text};
use super::transaction::{Condition, Transaction};

/// What tells a plugin's role from other roles.
const KIND: &str = "plugin";

/// The index key under which all plugins are listed.
const PLUGINS: &str = "KIND#plugin";

/// The attributes that a plugin's item may lack.
const OPTIONAL: [&str; 5] = [
    "authorization",
    "issue_per_minute",
    "max_live_sessions",
    "max_session_seconds",
    "policies",
];

impl ReadPlugins for DynamoStore {
    async fn plugin(&self, role_arn: &str) -> Result<Option<IdentityPlugin>, StoreError> {
        match self.read(Role::item_key(role_arn)).await? {
            Some(row) if row.required("kind", text)? == KIND => read_plugin(&row).map(Some),
            _ => Ok(None),
        }
    }
}

impl ManagePlugins for DynamoStore {
    async fn list_plugins(&self) -> Result<Listed<IdentityPlugin>, StoreError> {
        let mut plugins = read_all(&self.owned(PLUGINS).await?, read_plugin)?;
        plugins.items.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(plugins)
    }

    async fn plugin_named(&self, name: &str) -> Result<Option<IdentityPlugin>, StoreError> {
        match self.read(name_key(name)).await? {
            Some(row) => self.plugin(&row.required("role_arn", text)?).await,
            None => Ok(None),
        }
    }

    async fn create_plugin(&self, plugin: &IdentityPlugin) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        transaction.put(name_row(plugin), Condition::absent());
        transaction.put(plugin_row(plugin), Condition::absent());
        self.transact(transaction).await
    }

    async fn change_plugin(
        &self,
        read: &IdentityPlugin,
        plugin: &IdentityPlugin,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        if read.role_arn == plugin.role_arn {
            let stored = self.read(role_key(read)).await?.unwrap_or_default();
            let row = plugin_row(plugin).over(stored, &OPTIONAL);
            transaction.put(row, unchanged(read));
        } else {
            transaction.put(name_row(plugin), Condition::unchanged(name_row(read), &[]));
            transaction.put(plugin_row(plugin), Condition::absent());
            transaction.delete(role_key(read), unchanged(read));
        }
        self.transact(transaction).await
    }

    async fn delete_plugin(&self, read: &IdentityPlugin) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        transaction.delete(
            name_key(&read.name),
            Condition::unchanged(name_row(read), &[]),
        );
        transaction.delete(role_key(read), unchanged(read));
        self.transact(transaction).await
    }
}

/// The key of the item that keeps a name to one plugin.
fn name_key(name: &str) -> String {
    format!("PLUGIN#{name}")
}

fn role_key(plugin: &IdentityPlugin) -> String {
    Role::item_key(plugin.role_arn.as_str())
}

fn name_row(plugin: &IdentityPlugin) -> Row {
    Row::default()
        .with_text("pk", name_key(&plugin.name))
        .with_text("role_arn", plugin.role_arn.as_str())
}

fn unchanged(plugin: &IdentityPlugin) -> Condition {
    Condition::unchanged(plugin_row(plugin), &OPTIONAL)
}

fn plugin_row(plugin: &IdentityPlugin) -> Row {
    let row = listed(role_key(plugin), PLUGINS, &plugin.name)
        .with_text("kind", KIND)
        .with_optional_text("id", plugin.id.as_ref().map(UniqueId::as_str))
        .with_text("name", &plugin.name)
        .with_text("role_arn", plugin.role_arn.as_str())
        .with_text("url", &plugin.url)
        .with_texts("policies", plugin.policies.iter().map(PolicyName::as_str))
        .with_optional_number(
            "max_session_seconds",
            plugin.max_session_seconds.map(i64::from),
        )
        .with_limits(plugin.limits)
        .with_text("status", plugin.status.as_str())
        .with_text("token_in", plugin.token_in.as_str())
        .with("allow_http", AttributeValue::Bool(plugin.allow_http));
    match &plugin.authorization {
        Some(sealed) => row.with_bytes("authorization", sealed.as_bytes()),
        None => row,
    }
}

fn read_plugin(row: &Row) -> Result<IdentityPlugin, StoreError> {
    Ok(IdentityPlugin {
        id: Some(row.required("id", parsed(UniqueId::parse))?),
        name: row.required("name", text)?,
        role_arn: row.required("role_arn", parsed(RoleArn::parse))?,
        url: row.required("url", text)?,
        authorization: row
            .optional("authorization", bytes)?
            .map(Sealed::from_bytes),
        policies: row.list("policies", parsed(PolicyName::parse))?,
        max_session_seconds: row.optional("max_session_seconds", number)?,
        limits: row.limits()?,
        status: row.required("status", |v| Status::parse(&text(v)?))?,
        token_in: row.required("token_in", |v| TokenIn::parse(&text(v)?))?,
        allow_http: row.required("allow_http", |v| v.as_bool().ok().copied())?,
    })
}
