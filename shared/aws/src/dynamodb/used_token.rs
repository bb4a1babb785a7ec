//! Tokens that were used.

use clock::UnixTime;
use model::AccessKeyId;
use store::{StoreError, UsedTokens, digest_of};

use super::DynamoStore;
use super::row::Row;

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
