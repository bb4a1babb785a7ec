//! The settings.

use aws_sdk_dynamodb::types::AttributeValue;
use keys::Sealed;
use store::{
    AttemptLimits, Change, ManageSettings, OpaSettings, Settings, SettingsChange, StoreError,
};

use super::DynamoStore;
use super::row::{Row, bytes, number, text};
use super::update::Update;

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
        let mut update = Update::existing();
        for (member, value) in members(read) {
            update = update.only_if_member("opa", member, value);
        }
        for (member, value) in members(opa) {
            update = update.set_member("opa", member, value);
        }
        self.update(Settings::ITEM_KEY.to_owned(), update).await
    }
}

/// The members of the attribute that this version knows.
fn members(opa: &OpaSettings) -> [(&'static str, Option<AttributeValue>); 3] {
    let authorization = opa.authorization.as_ref();
    let authorization = authorization.map(|sealed| sealed.as_bytes().to_vec().into());
    [
        ("allow_http", Some(AttributeValue::Bool(opa.allow_http))),
        ("authorization", authorization.map(AttributeValue::B)),
        ("url", Some(AttributeValue::S(opa.url.clone()))),
    ]
}

pub(super) fn read_settings(row: &Row) -> Result<Settings, StoreError> {
    Ok(Settings {
        max_session_seconds: row.optional("max_session_seconds", number)?,
        regions: row.list("regions", text)?,
        condition_keys: row.list("condition_keys", text)?,
        failed_attempts: AttemptLimits {
            per_source: row.optional("failed_per_source", number)?,
            per_subject: row.optional("failed_per_subject", number)?,
        },
        opa: row.optional("opa", read_opa)?,
    })
}

fn read_opa(value: &AttributeValue) -> Option<OpaSettings> {
    let opa = value.as_m().ok()?;
    Some(OpaSettings {
        url: text(opa.get("url")?)?,
        authorization: match opa.get("authorization") {
            None => None,
            Some(sealed) => Some(Sealed::from_bytes(bytes(sealed)?)),
        },
        allow_http: opa.get("allow_http")?.as_bool().ok().copied()?,
    })
}

/// The attribute that [`read_opa`] reads.
fn opa_value(opa: &OpaSettings) -> AttributeValue {
    let members = members(opa).into_iter();
    let given = members.filter_map(|(name, value)| Some((name.to_owned(), value?)));
    AttributeValue::M(given.collect())
}
