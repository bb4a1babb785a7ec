//! Identity plugins, each with its role in one item.

use super::DynamoStore;
use super::row::{Row, bytes, number, parsed, text};
use crate::keys::Sealed;
use crate::model::{PolicyName, RoleArn};
use crate::store::{IdentityPlugin, ReadPlugins, Status, StoreError, TokenIn};

/// What tells a plugin's role from other roles.
pub(super) const KIND: &str = "plugin";

impl ReadPlugins for DynamoStore {
    async fn plugin(&self, role_arn: &str) -> Result<Option<IdentityPlugin>, StoreError> {
        match self.read(IdentityPlugin::item_key(role_arn)).await? {
            Some(row) if row.required("kind", text)? == KIND => read_plugin(&row).map(Some),
            _ => Ok(None),
        }
    }
}

pub(super) fn read_plugin(row: &Row) -> Result<IdentityPlugin, StoreError> {
    Ok(IdentityPlugin {
        name: row.required("name", text)?,
        role_arn: row.required("role_arn", parsed(RoleArn::parse))?,
        url: row.required("url", text)?,
        authorization: row
            .optional("authorization", bytes)?
            .map(Sealed::from_bytes),
        policies: row.list("policies", parsed(PolicyName::parse))?,
        max_session_seconds: row.optional("max_session_seconds", number)?,
        status: row.required("status", |v| Status::parse(&text(v)?))?,
        token_in: row.required("token_in", |v| TokenIn::parse(&text(v)?))?,
        allow_http: row.required("allow_http", |v| v.as_bool().ok().copied())?,
    })
}
