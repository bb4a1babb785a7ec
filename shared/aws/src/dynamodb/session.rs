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
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use store::{
    Authority, CreateSessions, KeptClaims, Listed, ManageSessions, Parent, ReadSessions, Session,
    SessionRequest, StoreError, digest_of,
};

use super::list::read_all;
use super::row::{Row, bytes, parsed, text, time};
use super::{DynamoStore, store_error};

/// How many index partitions the sessions of one parent are spread over.
const SHARDS: u8 = 8;

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
fn owner_key(parent: &Parent, shard: u8) -> String {
    format!("PARENT#{}#{shard}", digest_of(&parent.key()))
}

fn shard_of(access_key: &AccessKeyId) -> u8 {
    access_key.as_str().bytes().fold(0_u8, u8::wrapping_add) % SHARDS
}

/// A session as it is stored. What was asked for, the claims and where the rights come from lie
/// beside each other; `granted` and `role_arn` tell whose rights they are.
fn session_row(session: &Session) -> Row {
    let shard = shard_of(&session.access_key);
    let sort = format!("{:012}#{}", session.issued_at.secs(), session.access_key);
    let row = Row::default()
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
        .with_optional_number("revoked_at", session.revoked_at.map(UnixTime::secs));
    let row = with_authority(row, &session.authority);
    with_claims(with_request(row, &session.asked), &session.claims)
}

/// Names hold no comma. An empty list is kept: it grants nothing, which absence would not say.
fn with_authority(row: Row, authority: &Authority) -> Row {
    match authority {
        Authority::User => row,
        Authority::Role(arn) => row.with_text("role_arn", arn.as_str()),
        Authority::Granted(names) => {
            let names: Vec<_> = names.iter().map(PolicyName::as_str).collect();
            row.with_text("granted", names.join(","))
        }
    }
}

fn with_request(row: Row, asked: &SessionRequest) -> Row {
    let name = asked.role_session_name.as_ref();
    let external_id = asked.external_id.as_ref().map(ExternalId::as_str);
    let source_identity = asked.source_identity.as_ref();
    let revoke_type = asked.revoke_type.as_ref().map(RevokeType::as_str);
    let tags = asked.tags.iter().flat_map(|t| [t.key(), t.value()]);
    let transitive = asked.transitive_tag_keys.iter().map(String::as_str);
    row.with_optional_text("session_name", name.map(RoleSessionName::as_str))
        .with_optional_text("session_policy", asked.session_policy.as_deref())
        .with_texts(
            "policy_arns",
            asked.policy_arns.iter().map(PolicyName::as_str),
        )
        .with_texts("tags", tags)
        .with_texts("transitive_tag_keys", transitive)
        .with_optional_text("external_id", external_id)
        .with_optional_text(
            "source_identity",
            source_identity.map(SourceIdentity::as_str),
        )
        .with_optional_text("revoke_type", revoke_type)
}

/// An empty list of names is kept: nothing is known of any claim, which absence would not say.
fn with_claims(row: Row, claims: &KeptClaims) -> Row {
    let values = (!claims.values.is_empty()).then(|| Value::Object(claims.values.clone()));
    let names = claims.names.as_ref().map(|names| json!(names).to_string());
    row.with_optional_text("claims", values.map(|v| v.to_string()).as_deref())
        .with_optional_text("kept_claims", names.as_deref())
}

fn read_session(row: &Row) -> Result<Session, StoreError> {
    let parent = row.required("parent", |v| Parent::from_key(&text(v)?))?;
    Ok(Session {
        access_key: row.required("access_key", parsed(AccessKeyId::parse))?,
        secret: Sealed::from_bytes(row.required("secret", bytes)?),
        token_digest: row.required("token_digest", |v| bytes(v)?.try_into().ok())?,
        authority: read_authority(row, &parent)?,
        parent,
        principal_id: row.optional("principal_id", parsed(UniqueId::parse))?,
        issued_at: row.required("issued_at", time)?,
        expires_at: row.required::<UnixTime>("expiry", time)?,
        revoked_at: row.optional("revoked_at", time)?,
        asked: read_request(row)?,
        claims: KeptClaims {
            values: row.optional("claims", json)?.unwrap_or_default(),
            names: row.optional("kept_claims", json)?,
        },
    })
}

/// Who is nobody's and has neither a role nor a grant has no rights.
fn read_authority(row: &Row, parent: &Parent) -> Result<Authority, StoreError> {
    let role = row.optional("role_arn", parsed(RoleArn::parse))?;
    let granted = row.optional("granted", read_names)?;
    Ok(match (parent, granted, role) {
        (Parent::User(_), ..) => Authority::User,
        (Parent::Federated(_), Some(names), _) => Authority::Granted(names),
        (Parent::Federated(_), None, Some(arn)) => Authority::Role(arn),
        (Parent::Federated(_), None, None) => Authority::Granted(Vec::new()),
    })
}

fn read_request(row: &Row) -> Result<SessionRequest, StoreError> {
    Ok(SessionRequest {
        role_session_name: row.optional("session_name", parsed(RoleSessionName::parse))?,
        session_policy: row.optional("session_policy", text)?,
        policy_arns: row.list("policy_arns", parsed(PolicyName::parse))?,
        tags: row.optional("tags", read_tags)?.unwrap_or_default(),
        transitive_tag_keys: row.list("transitive_tag_keys", text)?,
        external_id: row.optional("external_id", parsed(ExternalId::parse))?,
        source_identity: row.optional("source_identity", parsed(SourceIdentity::parse))?,
        revoke_type: row.optional("revoke_type", parsed(RevokeType::parse))?,
    })
}

fn json<T: DeserializeOwned>(value: &AttributeValue) -> Option<T> {
    serde_json::from_str(value.as_s().ok()?).ok()
}

fn read_names(value: &AttributeValue) -> Option<Vec<PolicyName>> {
    let names = value
        .as_s()
        .ok()?
        .split(',')
        .filter(|name| !name.is_empty());
    names.map(|name| PolicyName::parse(name).ok()).collect()
}

/// Tags are stored as one flat list: key, value, key, value.
fn read_tags(value: &AttributeValue) -> Option<Vec<Tag>> {
    let (pairs, rest) = value.as_l().ok()?.as_chunks::<2>();
    let tag = |[key, value]: &[AttributeValue; 2]| Tag::parse(text(key)?, text(value)?).ok();
    rest.is_empty().then(|| pairs.iter().map(tag).collect())?
}

fn by_age(rows: &[Row]) -> Result<Listed<Session>, StoreError> {
    let mut sessions = read_all(rows, read_session)?;
    let sessions_by_age =
        |a: &Session, b: &Session| (a.issued_at, &a.access_key).cmp(&(b.issued_at, &b.access_key));
    sessions.items.sort_by(sessions_by_age);
    Ok(sessions)
}
