//! OpenID providers, copies of their keys, and the tokens that were used.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use super::row::{Row, text, time};
use super::{DynamoStore, store_error};
use crate::clock::UnixTime;
use crate::model::AccessKeyId;
use crate::store::item_key::digest_of;
use crate::store::{
    KeySetCopies, KeySetCopy, OpenIdProvider, ReadProviders, StoreError, UsedTokens,
};

/// The attribute of an issuer's item that holds its providers, each as JSON.
pub(super) const PROVIDERS: &str = "providers";

/// How long a copy of a key set stays in the table, in seconds.
const COPY_KEPT: i64 = 7 * 24 * 3600;

impl ReadProviders for DynamoStore {
    async fn providers(&self, issuer: &str) -> Result<Vec<OpenIdProvider>, StoreError> {
        match self.read(OpenIdProvider::item_key(issuer)).await? {
            None => Ok(Vec::new()),
            Some(row) => read_providers(&row),
        }
    }
}

impl KeySetCopies for DynamoStore {
    async fn key_set_copy(&self, provider: &str) -> Result<Option<KeySetCopy>, StoreError> {
        let Some(row) = self.read(KeySetCopy::item_key(provider)).await? else {
            return Ok(None);
        };
        Ok(Some(KeySetCopy {
            source: row.required("source", text)?,
            document: row.required("document", text)?,
            fetched_at: row.required("fetched_at", time)?,
            fresh_until: row.required("fresh_until", time)?,
        }))
    }

    async fn put_key_set_copy(&self, provider: &str, copy: &KeySetCopy) -> Result<(), StoreError> {
        let row = Row::default()
            .with_text("pk", KeySetCopy::item_key(provider))
            .with_text("source", &copy.source)
            .with_text("document", &copy.document)
            .with_number("fetched_at", copy.fetched_at.secs())
            .with_number("fresh_until", copy.fresh_until.secs())
            .with_number("expires_at", copy.fetched_at.plus(COPY_KEPT).secs());
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(row.into_attributes()))
            .send()
            .await
            .map_err(store_error)?;
        Ok(())
    }
}

impl UsedTokens for DynamoStore {
    async fn use_token(
        &self,
        (issuer, token_id): (&str, &str),
        session: &AccessKeyId,
        until: UnixTime,
    ) -> Result<(), StoreError> {
        let row = Row::default()
            .with_text("pk", used_key(issuer, token_id))
            .with_text("session", session.as_str())
            .with_number("expires_at", until.secs());
        let result = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(row.into_attributes()))
            // The table deletes late; what has expired there is refused for its expiry before.
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match result {
            Ok(_) => Ok(()),
            // A retry after a lost reply finds what the first attempt wrote.
            Err(error) if is_for(&error, session) => Ok(()),
            Err(error) => Err(store_error(error)),
        }
    }
}

fn used_key(issuer: &str, token_id: &str) -> String {
    format!("USED#{}#{}", digest_of(issuer), digest_of(token_id))
}

/// Whether the write was refused because the token has been used for this very session.
fn is_for<R>(error: &SdkError<PutItemError, R>, session: &AccessKeyId) -> bool {
    match error.as_service_error() {
        Some(PutItemError::ConditionalCheckFailedException(failed)) => failed
            .item()
            .and_then(|item| text(item.get("session")?))
            .is_some_and(|found| found == session.as_str()),
        _ => false,
    }
}

/// The providers in an issuer's item.
pub(super) fn read_providers(row: &Row) -> Result<Vec<OpenIdProvider>, StoreError> {
    row.list(PROVIDERS, |v| serde_json::from_str(v.as_s().ok()?).ok())
}
