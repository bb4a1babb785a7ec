//! Places for live sessions.

use aws_sdk_dynamodb::types::AttributeValue;
use clock::UnixTime;
use store::{StoreError, TakePlaces, digest_of};

use super::DynamoStore;
use super::row::{Row, number};

impl TakePlaces for DynamoStore {
    async fn take_place(
        &self,
        holder: &str,
        limit: u32,
        now: UnixTime,
        until: UnixTime,
    ) -> Result<bool, StoreError> {
        let key = format!("LIVE#{}", digest_of(holder));
        let row = self.read(key.clone()).await?;
        let (version, mut ends): (Option<u64>, Vec<i64>) = match &row {
            None => (None, Vec::new()),
            Some(row) => (
                Some(row.required("version", number)?),
                row.list("ends", number)?,
            ),
        };
        ends.retain(|end| *end > now.secs());
        if ends.len() >= limit as usize {
            return Ok(false);
        }
        ends.push(until.secs());
        let last = ends.iter().copied().max().unwrap_or_default();
        let next = version.map_or(1, |version| version.saturating_add(1));
        let members = ends.iter().map(|end| AttributeValue::N(end.to_string()));
        let row = Row::default()
            .with_text("pk", key)
            .with_text("holder", holder)
            .with("version", AttributeValue::N(next.to_string()))
            .with("ends", AttributeValue::L(members.collect()))
            .with_number("expires_at", last);
        self.put(row, version).await?;
        Ok(true)
    }
}
