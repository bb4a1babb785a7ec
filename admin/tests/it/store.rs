//! What operators may do with the store.

use shared::clock::UnixTime;
use shared::keys::{KeyRing, KeyState, MasterKey, Sealed, WrappedBy, WrappedKey};
use shared::model::{AccessKeyId, PolicyName, UniqueId};
use shared::random::OsRandom;
use shared::store::{
    Authority, Change, CreateSessions, Group, GroupChange, IssueLimits, KeptClaims, KeyEntry,
    ManageGroups, ManageKeys, ManagePolicies, ManageSessions, ManageSettings, ManageUsers,
    OpaSettings, Parent, ReadGroups, ReadPolicies, ReadService, ReadSessions, ReadUsers, Revoke,
    Session, SessionRequest, SettingsChange, Status, StoreError, StoredKeys, StoredPolicy, User,
    UserChange,
};

use crate::engine::{Engine, all};

const NOW: UnixTime = UnixTime::from_secs(1_763_800_000);

fn key(text: &str) -> AccessKeyId {
    AccessKeyId::parse(text).unwrap()
}

fn policy(text: &str) -> PolicyName {
    PolicyName::parse(text).unwrap()
}

fn id() -> UniqueId {
    UniqueId::parse("AIDAAAAAAAAAAAAAAAAAA").unwrap()
}

pub(crate) fn user(name: &str) -> User {
    User {
        id: id(),
        access_key: key(name),
        secret: Sealed::from_bytes(vec![1, 2, 3]),
        status: Status::Enabled,
        policies: vec![policy("readwrite"), policy("a/b")],
        groups: vec!["team".to_owned()],
        max_session_seconds: Some(7200),
        limits: IssueLimits::default(),
    }
}

pub(crate) fn session(access_key: &str, parent: &Parent, issued: i64) -> Session {
    Session {
        access_key: key(access_key),
        secret: Sealed::from_bytes(vec![4, 5, 6]),
        token_digest: [7; 32],
        parent: parent.clone(),
        principal_id: Some(id()),
        issued_at: NOW.plus(issued),
        expires_at: NOW.plus(issued + 3600),
        revoked_at: None,
        authority: Authority::User,
        asked: SessionRequest::default(),
        claims: KeptClaims::default(),
    }
}

fn entry(kid: &str, state: KeyState) -> KeyEntry {
    KeyEntry {
        kid: kid.to_owned(),
        state,
        wrapped: WrappedKey {
            by: WrappedBy::Kms,
            bytes: vec![9; 60],
        },
        created_at: NOW,
        rotated_at: (state != KeyState::Active).then_some(NOW),
    }
}

fn is_conflict(result: &Result<(), StoreError>) -> bool {
    matches!(result, Err(StoreError::Conflict))
}

#[tokio::test]
async fn a_created_table_is_the_one_that_is_needed() {
    let engine = Engine::start().await;
    let store = engine.store();
    assert_eq!(store.table_state().await.unwrap(), None);
    store.create_table().await.unwrap();
    let state = store.table_state().await.unwrap().unwrap();
    assert!(state.active && state.differences.is_empty(), "{state:?}");
    assert!(store.enable_expiry().await.unwrap());
    assert!(!store.enable_expiry().await.unwrap());
}

#[tokio::test]
async fn users_are_created_changed_listed_and_deleted() {
    let (_engine, store) = Engine::with_table().await;
    for name in ["foobar", "alice"] {
        store.create_user(&user(name)).await.unwrap();
    }
    let stored = store.user(&key("foobar")).await.unwrap().unwrap();
    assert_eq!(format!("{stored:?}"), format!("{:?}", user("foobar")));
    let change = UserChange {
        status: Some(Status::Disabled),
        policies: Some(Vec::new()),
        max_session_seconds: Change::Remove,
        ..UserChange::default()
    };
    store.change_user(&key("foobar"), &change).await.unwrap();
    let stored = store.user(&key("foobar")).await.unwrap().unwrap();
    assert_eq!(stored.status, Status::Disabled);
    assert!(stored.policies.is_empty());
    assert_eq!(stored.max_session_seconds, None);
    assert_eq!(stored.groups, ["team"]);
    assert_eq!(stored.id, user("foobar").id);
    let names = async || -> Vec<String> {
        let users = all(store.list_users().await);
        users.iter().map(|u| u.access_key.to_string()).collect()
    };
    assert_eq!(names().await, ["alice", "foobar"]);
    store.delete_user(&key("alice")).await.unwrap();
    store.delete_user(&key("alice")).await.unwrap();
    assert_eq!(names().await, ["foobar"]);
}

#[tokio::test]
async fn creating_twice_and_changing_what_is_not_there_are_conflicts() {
    let (_engine, store) = Engine::with_table().await;
    store.create_user(&user("foobar")).await.unwrap();
    // The very same item is a retry of the same write.
    store.create_user(&user("foobar")).await.unwrap();
    let mut other = user("foobar");
    other.secret = Sealed::from_bytes(vec![0]);
    assert!(is_conflict(&store.create_user(&other).await));
    let disable = UserChange {
        status: Some(Status::Disabled),
        ..UserChange::default()
    };
    assert!(is_conflict(
        &store.change_user(&key("nobody"), &disable).await
    ));
    assert!(store.user(&key("nobody")).await.unwrap().is_none());
    let change = GroupChange {
        status: Some(Status::Disabled),
        policies: None,
    };
    assert!(is_conflict(&store.change_group("nobody", &change).await));
    assert!(is_conflict(
        &store.change_policy(&policy("nothing"), "{}").await
    ));
    assert!(is_conflict(&store.revoke_session(&key("ABC"), NOW).await));
    assert!(store.user(&key("nobody")).await.unwrap().is_none());
}

#[tokio::test]
async fn a_secret_is_resealed_only_if_nobody_changed_it() {
    let (_engine, store) = Engine::with_table().await;
    let opened = user("foobar");
    store.create_user(&opened).await.unwrap();
    let fresh = Sealed::from_bytes(vec![8]);
    store.reseal_user(&opened, &fresh).await.unwrap();
    assert!(is_conflict(
        &store
            .reseal_user(&opened, &Sealed::from_bytes(vec![9]))
            .await
    ));
    let stored = store.user(&key("foobar")).await.unwrap().unwrap();
    assert_eq!(stored.secret, fresh);
}

#[tokio::test]
async fn groups_and_policies_live_and_die() {
    let (_engine, store) = Engine::with_table().await;
    let group = Group {
        name: "team".to_owned(),
        status: Status::Enabled,
        policies: vec![policy("readonly")],
    };
    store.create_group(&group).await.unwrap();
    let names = ["team".to_owned(), "nobody".to_owned()];
    assert_eq!(
        store.groups(&names).await.unwrap(),
        std::slice::from_ref(&group)
    );
    let change = GroupChange {
        status: Some(Status::Disabled),
        policies: Some(vec![policy("readwrite")]),
    };
    store.change_group("team", &change).await.unwrap();
    let changed = all(store.list_groups().await).remove(0);
    assert_eq!(changed.status, Status::Disabled);
    assert_eq!(changed.policies, [policy("readwrite")]);
    store.delete_group("team").await.unwrap();
    assert!(all(store.list_groups().await).is_empty());

    let name = policy("reports/eu");
    let stored = StoredPolicy::new(name.clone(), "{}", &OsRandom).unwrap();
    store.create_policy(&stored).await.unwrap();
    store.change_policy(&name, "{ }").await.unwrap();
    let changed = store
        .policies(std::slice::from_ref(&name))
        .await
        .unwrap()
        .remove(0);
    assert_eq!(changed.document, "{ }");
    assert_eq!((changed.id, changed.version), (stored.id, 2));
    store.delete_policy(&name).await.unwrap();
    assert!(all(store.list_policies().await).is_empty());
}

#[tokio::test]
async fn settings_change_one_by_one() {
    let (_engine, store) = Engine::with_table().await;
    let regions = SettingsChange {
        regions: Some(vec!["eu-1".to_owned(), String::new()]),
        ..SettingsChange::default()
    };
    store.change_settings(&regions).await.unwrap();
    let seconds = SettingsChange {
        max_session_seconds: Change::Set(7200),
        ..SettingsChange::default()
    };
    store.change_settings(&seconds).await.unwrap();
    let settings = store.service_record().await.unwrap().settings;
    assert_eq!(settings.regions, ["eu-1", ""]);
    assert_eq!(settings.max_session_seconds, Some(7200));
    store
        .change_settings(&SettingsChange::default())
        .await
        .unwrap();
}

#[tokio::test]
async fn an_agent_is_replaced_only_if_it_is_still_the_one_that_was_read() {
    let (_engine, store) = Engine::with_table().await;
    let opa = |url: &str| OpaSettings {
        url: url.to_owned(),
        authorization: Some(Sealed::from_bytes(vec![1, 2])),
        allow_http: true,
    };
    let set = SettingsChange {
        opa: Change::Set(opa("http://a/")),
        ..SettingsChange::default()
    };
    store.change_settings(&set).await.unwrap();
    let stored = async || store.service_record().await.unwrap().settings.opa;
    assert_eq!(stored().await, Some(opa("http://a/")));
    let (read, other, new) = (opa("http://a/"), opa("http://b/"), opa("http://c/"));
    let refused = store.replace_opa(&other, &new).await;
    assert!(matches!(refused, Err(StoreError::Conflict)));
    store.replace_opa(&read, &new).await.unwrap();
    assert_eq!(stored().await, Some(opa("http://c/")));
    let removed = SettingsChange {
        opa: Change::Remove,
        ..SettingsChange::default()
    };
    store.change_settings(&removed).await.unwrap();
    assert_eq!(stored().await, None);
}

#[tokio::test]
async fn of_two_key_rotations_at_once_one_wins() {
    let (_engine, store) = Engine::with_table().await;
    let empty = store.stored_keys().await.unwrap();
    assert_eq!(empty, StoredKeys::default());
    let first = [entry("k1", KeyState::Active)];
    store.replace_keys(&empty, &first).await.unwrap();
    let other = [entry("kx", KeyState::Active)];
    assert!(is_conflict(&store.replace_keys(&empty, &other).await));
    let read = store.stored_keys().await.unwrap();
    assert_eq!((read.version, &read.entries[..]), (1, &first[..]));
    let second = [
        entry("k1", KeyState::Verifying),
        entry("k2", KeyState::Active),
    ];
    store.replace_keys(&read, &second).await.unwrap();
    assert!(is_conflict(&store.replace_keys(&read, &other).await));
    assert_eq!(store.service_record().await.unwrap().keys, second);
}

#[tokio::test]
async fn sessions_are_listed_by_parent_and_revoked_for_good() {
    let (_engine, store) = Engine::with_table().await;
    let (alice, bob) = (Parent::User(key("alice")), Parent::User(key("bob")));
    let mut expected = Vec::new();
    for n in 0..40 {
        let id = AccessKeyId::generate(&OsRandom).unwrap();
        let new = session(id.as_str(), &alice, n);
        store.create_session(&new).await.unwrap();
        expected.push(id);
    }
    store
        .create_session(&session("BOBSESSION", &bob, 0))
        .await
        .unwrap();
    let listed = all(store.list_sessions_of(&alice).await);
    let ids: Vec<_> = listed.iter().map(|s| s.access_key.clone()).collect();
    assert_eq!(ids, expected);
    assert_eq!(all(store.list_sessions().await).len(), 41);

    let id = key("BOBSESSION");
    store.revoke_session(&id, NOW).await.unwrap();
    store.revoke_session(&id, NOW.plus(9)).await.unwrap();
    let revoked = store.session(&id).await.unwrap().unwrap();
    assert_eq!(revoked.revoked_at, Some(NOW));
}

/// A batch holds 100 items.
#[tokio::test]
async fn lists_are_complete_beyond_one_batch() {
    let (_engine, store) = Engine::with_table().await;
    let ring = KeyRing::new([(
        "k1".to_owned(),
        KeyState::Active,
        MasterKey::generate(&OsRandom).unwrap(),
    )])
    .unwrap();
    for n in 0..130 {
        let mut user = user(&format!("user{n:03}"));
        let item = User::item_key(&user.access_key);
        user.secret = ring.seal(&item, b"foo12345", &OsRandom).unwrap();
        store.create_user(&user).await.unwrap();
    }
    let users = all(store.list_users().await);
    assert_eq!(users.len(), 130);
    assert_eq!(users[129].access_key.as_str(), "user129");
}
