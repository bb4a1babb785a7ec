//! OpenID providers, copies of their keys, and the tokens that were used.

use clock::UnixTime;
use model::AccessKeyId;
use store::digest_of;
use store::{KeySetCopies, KeySetCopy, OpenIdProvider, ReadProviders, StoreError, UsedTokens};

use super::row::{Row, text, time};
use super::{DynamoStore, store_error};

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
        // The table deletes late; what has expired there is refused for its expiry before.
        self.create(row).await
    }
}

fn used_key(issuer: &str, token_id: &str) -> String {
    format!("USED#{}#{}", digest_of(issuer), digest_of(token_id))
}

/// The providers in an issuer's item.
pub(super) fn read_providers(row: &Row) -> Result<Vec<OpenIdProvider>, StoreError> {
    row.list(PROVIDERS, |v| serde_json::from_str(v.as_s().ok()?).ok())
}
