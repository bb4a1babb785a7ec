//! Revocations.

use aws_sdk_dynamodb::types::AttributeValue;
use clock::UnixTime;
use model::{AccessKeyId, SessionDuration};
use store::{ReadRevocations, Revoke, Scope, Session, StoreError};

use super::DynamoStore;
use super::row::time;
use super::update::Update;

/// How long after its moment a revocation is kept, in seconds: until the longest session that
/// it covers is over, and a day for clocks that differ.
const KEPT: i64 = SessionDuration::LONGEST.secs() as i64 + 24 * 3600;

impl ReadRevocations for DynamoStore {
    async fn revoked_until(&self, scopes: &[Scope]) -> Result<Option<UnixTime>, StoreError> {
        let keys: Vec<String> = scopes.iter().map(Scope::item_key).collect();
        let rows = self.read_many(&keys).await?;
        // What cannot be read might be a revocation.
        let moments = rows.iter().map(|row| row.required("until", time));
        Ok(moments.collect::<Result<Vec<_>, _>>()?.into_iter().max())
    }
}

impl Revoke for DynamoStore {
    async fn revoke(&self, scope: &Scope, until: UnixTime) -> Result<(), StoreError> {
        let mut update = Update::default()
            .set_number("until", until.secs())
            .set_number("expires_at", until.plus(KEPT).secs())
            .set_text("holder", &scope.holder.key())
            .only_if("(attribute_not_exists(pk) OR #until < :until)");
        if let Some(label) = &scope.label {
            update = update.set_text("label", label.as_str());
        }
        match self.update(scope.item_key(), update).await {
            // A later revocation stands already, and covers this one.
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn revoke_session(
        &self,
        access_key: &AccessKeyId,
        at: UnixTime,
    ) -> Result<(), StoreError> {
        let at = AttributeValue::N(at.secs().to_string());
        let update = Update::existing().set_once("revoked_at", at);
        self.update(Session::item_key(access_key), update).await
    }
}
