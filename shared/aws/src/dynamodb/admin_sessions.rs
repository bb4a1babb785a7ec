//! Sessions as operators see them: listed and revoked.

use aws_sdk_dynamodb::types::AttributeValue;
use clock::UnixTime;
use model::AccessKeyId;
use store::{Listed, ManageSessions, Parent, Revoke, Scope, Session, StoreError};

use super::row::Row;
use super::sessions::{SHARDS, owner_key, read_session};
use super::update::Update;
use super::write::read_all;
use super::{DynamoStore, store_error};

impl ManageSessions for DynamoStore {
    async fn list_sessions(&self) -> Result<Listed<Session>, StoreError> {
        let mut pages = self
            .client
            .scan()
            .table_name(&self.table)
            .consistent_read(true)
            .filter_expression("begins_with(pk, :kind)")
            .expression_attribute_values(":kind", AttributeValue::S("SESSION#".to_owned()))
            .into_paginator()
            .items()
            .send();
        let mut rows = Vec::new();
        while let Some(item) = pages.next().await {
            rows.push(Row::new(item.map_err(store_error)?));
        }
        by_age(&rows)
    }

    async fn list_sessions_of(&self, parent: &Parent) -> Result<Listed<Session>, StoreError> {
        let mut rows = Vec::new();
        for shard in 0..SHARDS {
            rows.extend(self.owned(&owner_key(parent, shard)).await?);
        }
        by_age(&rows)
    }
}

impl Revoke for DynamoStore {
    async fn revoke(&self, scope: &Scope, until: UnixTime) -> Result<(), StoreError> {
        self.revoke_scope(scope, until).await
    }

    async fn revoke_session(
        &self,
        access_key: &AccessKeyId,
        at: UnixTime,
    ) -> Result<(), StoreError> {
        let update = Update::existing().set_once("revoked_at", seconds(at));
        self.update(Session::item_key(access_key), update).await
    }
}

fn seconds(moment: UnixTime) -> AttributeValue {
    AttributeValue::N(moment.secs().to_string())
}

fn by_age(rows: &[Row]) -> Result<Listed<Session>, StoreError> {
    let mut sessions = read_all(rows, read_session)?;
    let sessions_by_age =
        |a: &Session, b: &Session| (a.issued_at, &a.access_key).cmp(&(b.issued_at, &b.access_key));
    sessions.items.sort_by(sessions_by_age);
    Ok(sessions)
}
