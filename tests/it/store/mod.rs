//! The store, on whichever engine `STS_TEST_DYNAMODB` names: all have to behave alike.

mod next_version;
mod revocations;

use std::slice;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, json};
use shared::clock::{Clock, SystemClock, UnixTime};
use shared::keys::{KeyState, Sealed};
use shared::model::{
    AccessKeyId, ExternalId, IdKind, PolicyName, RevokeType, RoleArn, RoleSessionName,
    SourceIdentity, Tag, UniqueId,
};
use shared::random::OsRandom;
use shared::store::dynamodb::DynamoStore;
use shared::store::{
    Authority, Change, CreateSessions, IssueLimits, KeptClaims, KeySetCopies, KeySetCopy,
    ManageKeys, ManagePolicies, ManageSessions, ManageUsers, Parent, ReadPolicies, ReadService,
    ReadSessions, ReadUsers, Session, SessionRequest, Status, StoreError, StoredPolicy, UsedTokens,
    User, UserChange,
};
use tests::engine::Engine;
use tests::table::Table;
use tokio::task::JoinSet;

use crate::damage::damage;

/// A table as `sts-admin init` makes it, on the engine of the run.
struct Fixture {
    table: Table,
    store: DynamoStore,
    _engine: Engine,
}

impl Fixture {
    async fn new() -> Self {
        let engine = Engine::for_test().await;
        let table = Table::create(&engine.url, &engine.table).await;
        Self {
            store: table.store(),
            table,
            _engine: engine,
        }
    }
}

fn key(text: &str) -> AccessKeyId {
    AccessKeyId::parse(text).unwrap()
}

fn policy(text: &str) -> PolicyName {
    PolicyName::parse(text).unwrap()
}

fn now() -> UnixTime {
    SystemClock.now()
}

fn session() -> Session {
    Session {
        access_key: AccessKeyId::generate(&OsRandom).unwrap(),
        secret: Sealed::from_bytes(vec![0, 1, 254, 255]),
        token_digest: [7; 32],
        parent: Parent::User(key("foobar")),
        principal_id: UniqueId::generate(IdKind::User, &OsRandom).ok(),
        authority: Authority::User,
        issued_at: now(),
        expires_at: now().plus(900),
        revoked_at: None,
        asked: SessionRequest::default(),
        claims: KeptClaims::default(),
    }
}

/// A session with everything that one may have.
fn full_session(authority: Authority) -> Session {
    Session {
        parent: Parent::Federated("custom:alice".to_owned()),
        authority,
        asked: asked(),
        claims: KeptClaims {
            values: Map::from_iter([("groups".to_owned(), json!(["a", 1, null]))]),
            names: Some(vec!["groups".to_owned()]),
        },
        ..session()
    }
}

fn granted() -> Authority {
    Authority::Granted(vec![policy("readwrite")])
}

fn asked() -> SessionRequest {
    SessionRequest {
        role_session_name: Some(RoleSessionName::parse("name").unwrap()),
        session_policy: Some("{\"\u{e9}\":1}".to_owned()),
        policy_arns: vec![policy("readonly"), policy("a/b")],
        tags: vec![
            Tag::parse("k", "v").unwrap(),
            Tag::parse("empty", "").unwrap(),
        ],
        transitive_tag_keys: vec!["k".to_owned()],
        external_id: Some(ExternalId::parse("ext").unwrap()),
        source_identity: Some(SourceIdentity::parse("alice").unwrap()),
        revoke_type: Some(RevokeType::parse("app-a").unwrap()),
    }
}

fn user(name: &str) -> User {
    User {
        id: UniqueId::generate(IdKind::User, &OsRandom).unwrap(),
        access_key: key(name),
        secret: Sealed::from_bytes(vec![1, 2, 3]),
        status: Status::Enabled,
        policies: vec![policy("readwrite")],
        groups: vec!["team".to_owned()],
        max_session_seconds: Some(7200),
        limits: IssueLimits::default(),
    }
}

#[track_caller]
fn assert_corrupt<T: std::fmt::Debug>(result: Result<T, StoreError>, expected: &str) {
    match result {
        Err(StoreError::Corrupt(item)) => assert_eq!(item.attribute, expected),
        other => panic!("{expected}: {other:?}"),
    }
}

#[tokio::test]
async fn sessions_come_back_as_they_were_stored() {
    let it = Fixture::new().await;
    let role = RoleArn::parse("arn:xxx:xxx:xxx:xxxx").unwrap();
    for stored in [
        session(),
        full_session(granted()),
        full_session(Authority::Granted(Vec::new())),
        full_session(Authority::Role(role)),
    ] {
        it.store.create_session(&stored).await.unwrap();
        let read = it.store.session(&stored.access_key).await.unwrap().unwrap();
        assert_eq!(format!("{read:?}"), format!("{stored:?}"));
        assert_eq!(read.asked, stored.asked);
        assert_eq!(read.authority, stored.authority);
        assert_eq!(read.claims, stored.claims);
    }
    let nobody = it.store.session(&key("NOBODY")).await.unwrap();
    assert!(nobody.is_none());
}

#[tokio::test]
async fn a_session_is_created_once() {
    let it = Fixture::new().await;
    let first = full_session(granted());
    it.store.create_session(&first).await.unwrap();
    // A retry after a lost reply.
    it.store.create_session(&first).await.unwrap();
    let mut other = session();
    other.access_key = first.access_key.clone();
    other.token_digest = [8; 32];
    let conflict = it.store.create_session(&other).await;
    assert!(
        matches!(conflict, Err(StoreError::Conflict)),
        "{conflict:?}"
    );
    let read = it.store.session(&first.access_key).await.unwrap().unwrap();
    assert_eq!(read.asked, first.asked);
    assert_eq!(read.authority, first.authority);
    assert_eq!(read.claims, first.claims);
}

#[tokio::test]
async fn of_several_writers_of_one_session_one_wins() {
    let it = Fixture::new().await;
    let mut rivals = vec![full_session(granted()); 8];
    for (n, rival) in (0..).zip(&mut rivals) {
        rival.token_digest = [n; 32];
        rival.access_key = key("RIVAL");
    }
    let mut writes = JoinSet::new();
    for rival in rivals {
        let store = it.store.clone();
        writes.spawn(async move { store.create_session(&rival).await });
    }
    let results = writes.join_all().await;
    let won = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(won, 1, "{results:?}");
}

#[tokio::test]
async fn users_come_back_as_they_were_stored_and_changed() {
    let it = Fixture::new().await;
    let mut expected = user("alice");
    it.store.create_user(&expected).await.unwrap();
    let read = it.store.user(&key("alice")).await.unwrap().unwrap();
    assert_eq!(format!("{read:?}"), format!("{expected:?}"));

    let change = UserChange {
        status: Some(Status::Disabled),
        policies: Some(Vec::new()),
        max_session_seconds: Change::Remove,
        ..UserChange::default()
    };
    it.store.change_user(&key("alice"), &change).await.unwrap();
    expected.status = Status::Disabled;
    expected.policies.clear();
    expected.max_session_seconds = None;
    let read = it.store.user(&key("alice")).await.unwrap().unwrap();
    assert_eq!(format!("{read:?}"), format!("{expected:?}"));
    assert!(it.store.user(&key("ALICE")).await.unwrap().is_none());
}

#[tokio::test]
async fn policies_are_found_beyond_one_batch() {
    let it = Fixture::new().await;
    let names: Vec<_> = (0..130).map(|n| policy(&format!("p/{n}"))).collect();
    for name in &names {
        let stored = StoredPolicy::new(name.clone(), "{}", &OsRandom).unwrap();
        it.store.create_policy(&stored).await.unwrap();
    }
    let asked = [&names[..], &[policy("nothing")]].concat();
    let found = it.store.policies(&asked).await.unwrap();
    assert_eq!(found.len(), names.len());
    assert!(
        names
            .iter()
            .all(|name| found.iter().any(|it| it.name == *name))
    );
    assert!(it.store.policies(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_init_made_is_the_service_record() {
    let it = Fixture::new().await;
    let record = it.store.service_record().await.unwrap();
    let [entry] = &record.keys[..] else {
        panic!("{record:?}");
    };
    assert_eq!(entry.state, KeyState::Active);
    assert_eq!(it.table.keys().await.active_kid(), entry.kid);
    assert_eq!(record.settings.max_session_seconds, None);

    let read = it.store.stored_keys().await.unwrap();
    it.store.replace_keys(&read, &[]).await.unwrap();
    let late = it.store.replace_keys(&read, slice::from_ref(entry)).await;
    assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
}

#[tokio::test]
async fn sessions_are_listed_by_their_parent() {
    let it = Fixture::new().await;
    let mut expected = Vec::new();
    for n in 0..20 {
        let mut stored = session();
        stored.issued_at = now().plus(n);
        it.store.create_session(&stored).await.unwrap();
        expected.push(stored.access_key);
    }
    let parent = Parent::User(key("foobar"));
    let listed = it
        .store
        .list_sessions_of(&parent)
        .await
        .unwrap()
        .complete()
        .unwrap();
    let listed: Vec<_> = listed.into_iter().map(|it| it.access_key).collect();
    assert_eq!(listed, expected);
    let other = Parent::Federated("foobar".to_owned());
    assert!(
        it.store
            .list_sessions_of(&other)
            .await
            .unwrap()
            .complete()
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_token_is_used_once_and_key_sets_are_replaced() {
    let it = Fixture::new().await;
    let until = now().plus(60);
    let (token, session) = (("issuer", "id"), key("SESSIONOFTHETOKEN"));
    it.store.use_token(token, &session, until).await.unwrap();
    // A retry after a lost reply is no second use.
    it.store.use_token(token, &session, until).await.unwrap();
    let again = it.store.use_token(token, &key("ANOTHER"), until).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
    for other in [("issuer", "other"), ("another", "id")] {
        it.store.use_token(other, &session, until).await.unwrap();
    }

    assert!(it.store.key_set_copy("idp").await.unwrap().is_none());
    for document in ["{}", "{\"keys\":[]}"] {
        let copy = KeySetCopy {
            source: "digest".to_owned(),
            document: document.to_owned(),
            fetched_at: now(),
            fresh_until: until,
        };
        it.store.put_key_set_copy("idp", &copy).await.unwrap();
        let read = it.store.key_set_copy("idp").await.unwrap().unwrap();
        assert_eq!(read, copy);
    }
}

#[tokio::test]
async fn damaged_items_are_errors_and_not_missing() {
    let it = Fixture::new().await;
    let text = |text: &str| Some(AttributeValue::S(text.to_owned()));
    let number = |text: &str| Some(AttributeValue::N(text.to_owned()));
    let bytes = |bytes: &[u8]| Some(AttributeValue::B(bytes.to_vec().into()));
    for (attribute, value) in [
        ("access_key", None),
        ("secret", None),
        ("secret", text("plain")),
        ("token_digest", bytes(&[7; 31])),
        ("parent", text("nobody")),
        ("issued_at", text("yesterday")),
        ("expiry", None),
        ("expiry", number("1.5")),
        ("expiry", number("1e30")),
        ("role_arn", text("short")),
        (
            "tags",
            Some(AttributeValue::L(vec![AttributeValue::S("k".to_owned())])),
        ),
        ("claims", text("[1]")),
    ] {
        let stored = full_session(granted());
        it.store.create_session(&stored).await.unwrap();
        let item = Session::item_key(&stored.access_key);
        damage(&it.table, &item, attribute, value).await;
        assert_corrupt(it.store.session(&stored.access_key).await, attribute);
    }
    for (attribute, value) in [
        ("id", text("AIDA")),
        ("id", None),
        ("secret", number("1")),
        ("status", text("maybe")),
        ("status", None),
        ("policies", text("readwrite")),
        ("max_session_seconds", number("-1")),
    ] {
        let stored = user(&format!("user-{attribute}-{}", value.is_some()));
        it.store.create_user(&stored).await.unwrap();
        let item = User::item_key(&stored.access_key);
        damage(&it.table, &item, attribute, value).await;
        assert_corrupt(it.store.user(&stored.access_key).await, attribute);
    }
}
