//! Sessions.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use clock::UnixTime;
use keys::Sealed;
use model::{
    AccessKeyId, ExternalId, PolicyName, RevokeType, RoleArn, RoleSessionName, SourceIdentity, Tag,
    UniqueId,
};
use serde_json::{Map, Value};
use store::digest_of;
use store::{CreateSessions, Parent, ReadSessions, Session, SessionDetails, StoreError};

use super::row::{Row, bytes, parsed, text, time};
use super::{DynamoStore, store_error};

/// How many index partitions the sessions of one parent are spread over.
pub(super) const SHARDS: u8 = 8;

/// How long a dead session stays for audit before the table may delete it, in seconds.
const KEPT_AFTER_EXPIRY: i64 = 7 * 24 * 3600;

impl ReadSessions for DynamoStore {
    async fn session(&self, access_key: &AccessKeyId) -> Result<Option<Session>, StoreError> {
        self.read(Session::item_key(access_key))
            .await?
            .map(|row| read_session(&row))
            .transpose()
    }
}

impl CreateSessions for DynamoStore {
    async fn create_session(&self, session: &Session) -> Result<(), StoreError> {
        let result = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(session_row(session).into_attributes()))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match result {
            Ok(_) => Ok(()),
            // A retry after a lost reply finds what the first attempt wrote.
            Err(error) if holds(&error, session) => Ok(()),
            Err(error) => Err(store_error(error)),
        }
    }
}

/// Whether the write was refused because this very session is stored already.
fn holds<R>(error: &SdkError<PutItemError, R>, session: &Session) -> bool {
    match error.as_service_error() {
        Some(PutItemError::ConditionalCheckFailedException(failed)) => failed
            .item()
            .and_then(|item| bytes(item.get("token_digest")?))
            .is_some_and(|digest| digest == session.token_digest),
        _ => false,
    }
}

/// The index key under which the sessions of one parent are listed, spread over shards so
/// that a busy parent makes no hot partition.
pub(super) fn owner_key(parent: &Parent, shard: u8) -> String {
    format!("PARENT#{}#{shard}", digest_of(&parent.key()))
}

fn shard_of(access_key: &AccessKeyId) -> u8 {
    access_key.as_str().bytes().fold(0_u8, u8::wrapping_add) % SHARDS
}

fn session_row(session: &Session) -> Row {
    let details = &session.details;
    let shard = shard_of(&session.access_key);
    let sort = format!("{:012}#{}", session.issued_at.secs(), session.access_key);
    Row::default()
        .with_text("pk", Session::item_key(&session.access_key))
        .with_text("owner_key", owner_key(&session.parent, shard))
        .with_text("owner_sort", sort)
        .with_text("access_key", session.access_key.as_str())
        .with_bytes("secret", session.secret.as_bytes())
        .with_bytes("token_digest", &session.token_digest)
        .with_text("parent", session.parent.key())
        .with_optional_text(
            "principal_id",
            session.principal_id.as_ref().map(UniqueId::as_str),
        )
        .with_number("issued_at", session.issued_at.secs())
        .with_number("expiry", session.expires_at.secs())
        .with_number(
            "expires_at",
            session.expires_at.plus(KEPT_AFTER_EXPIRY).secs(),
        )
        .with_optional_number("revoked_at", session.revoked_at.map(UnixTime::secs))
        .with_optional_text("role_arn", details.role_arn.as_ref().map(RoleArn::as_str))
        .with_optional_text(
            "session_name",
            details
                .role_session_name
                .as_ref()
                .map(RoleSessionName::as_str),
        )
        .with_optional_text("session_policy", details.session_policy.as_deref())
        .with_optional_text("granted", granted_text(details).as_deref())
        .with_texts(
            "policy_arns",
            details.policy_arns.iter().map(PolicyName::as_str),
        )
        .with_texts(
            "tags",
            details.tags.iter().flat_map(|t| [t.key(), t.value()]),
        )
        .with_texts(
            "transitive_tag_keys",
            details.transitive_tag_keys.iter().map(String::as_str),
        )
        .with_optional_text(
            "external_id",
            details.external_id.as_ref().map(ExternalId::as_str),
        )
        .with_optional_text(
            "source_identity",
            details.source_identity.as_ref().map(SourceIdentity::as_str),
        )
        .with_optional_text(
            "revoke_type",
            details.revoke_type.as_ref().map(RevokeType::as_str),
        )
        .with_optional_text("claims", claims_text(&details.claims).as_deref())
        .with_optional_text("kept_claims", kept_text(details).as_deref())
}

/// A list in JSON. An empty one is kept: nothing is known of any claim, which absence would not
/// say.
fn kept_text(details: &SessionDetails) -> Option<String> {
    serde_json::to_string(details.kept_claims.as_ref()?).ok()
}

/// Names hold no comma. An empty list is kept: it grants nothing, which absence would not say.
fn granted_text(details: &SessionDetails) -> Option<String> {
    let names = details.granted.as_ref()?;
    Some(
        names
            .iter()
            .map(PolicyName::as_str)
            .collect::<Vec<_>>()
            .join(","),
    )
}

fn read_names(value: &AttributeValue) -> Option<Vec<PolicyName>> {
    let names = value
        .as_s()
        .ok()?
        .split(',')
        .filter(|name| !name.is_empty());
    names.map(|name| PolicyName::parse(name).ok()).collect()
}

fn claims_text(claims: &Map<String, Value>) -> Option<String> {
    (!claims.is_empty()).then(|| Value::Object(claims.clone()).to_string())
}

pub(super) fn read_session(row: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        access_key: row.required("access_key", parsed(AccessKeyId::parse))?,
        secret: Sealed::from_bytes(row.required("secret", bytes)?),
        token_digest: row.required("token_digest", |v| bytes(v)?.try_into().ok())?,
        parent: row.required("parent", |v| Parent::from_key(&text(v)?))?,
        principal_id: row.optional("principal_id", parsed(UniqueId::parse))?,
        issued_at: row.required("issued_at", time)?,
        expires_at: row.required::<UnixTime>("expiry", time)?,
        revoked_at: row.optional("revoked_at", time)?,
        details: read_details(row)?,
    })
}

fn read_details(row: &Row) -> Result<SessionDetails, StoreError> {
    Ok(SessionDetails {
        role_arn: row.optional("role_arn", parsed(RoleArn::parse))?,
        role_session_name: row.optional("session_name", parsed(RoleSessionName::parse))?,
        session_policy: row.optional("session_policy", text)?,
        policy_arns: row.list("policy_arns", parsed(PolicyName::parse))?,
        granted: row.optional("granted", read_names)?,
        tags: row.optional("tags", read_tags)?.unwrap_or_default(),
        transitive_tag_keys: row.list("transitive_tag_keys", text)?,
        external_id: row.optional("external_id", parsed(ExternalId::parse))?,
        source_identity: row.optional("source_identity", parsed(SourceIdentity::parse))?,
        revoke_type: row.optional("revoke_type", parsed(RevokeType::parse))?,
        claims: row
            .optional("claims", |v| serde_json::from_str(v.as_s().ok()?).ok())?
            .unwrap_or_default(),
        kept_claims: row.optional("kept_claims", |v| serde_json::from_str(v.as_s().ok()?).ok())?,
    })
}

/// Tags are stored as one flat list: key, value, key, value.
fn read_tags(value: &AttributeValue) -> Option<Vec<Tag>> {
    let (pairs, rest) = value.as_l().ok()?.as_chunks::<2>();
    let tag = |[key, value]: &[AttributeValue; 2]| Tag::parse(text(key)?, text(value)?).ok();
    rest.is_empty().then(|| pairs.iter().map(tag).collect())?
}
