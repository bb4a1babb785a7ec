//! Plugins and providers in the table: several items each, always consistent.

use std::slice::from_ref;

use shared::clock::UnixTime;
use shared::model::{IdKind, PolicyName, UniqueId};
use shared::random::OsRandom;
use shared::store::{
    Grant, IdentityPlugin, IssueLimits, KeySetCopies, KeySetCopy, KeySource, ManagePlugins,
    ManageProviders, OpenIdProvider, ReadPlugins, ReadProviders, ReadRoles, StoreError, TokenIn,
};

use crate::engine::{Engine, all};

pub(crate) fn plugin(name: &str, role_id: &str) -> IdentityPlugin {
    let role_arn = IdentityPlugin::role_arn(role_id).unwrap();
    let url = "https://auth.example.com/".to_owned();
    IdentityPlugin {
        id: UniqueId::generate(IdKind::Role, &OsRandom).ok(),
        policies: vec![PolicyName::parse("readonly").unwrap()],
        token_in: TokenIn::Form,
        ..IdentityPlugin::new(name.to_owned(), role_arn, url)
    }
}

/// With a role for each client.
pub(crate) fn provider(name: &str, issuer: &str, clients: &[&str]) -> OpenIdProvider {
    let keys = KeySource::JwksUrl(format!("{issuer}/keys"));
    let clients = clients.iter().map(|&c| c.to_owned()).collect();
    let mut provider = OpenIdProvider {
        algorithms: vec!["ES256".to_owned()],
        grant: Grant::Role(vec![PolicyName::parse("readonly").unwrap()]),
        ..OpenIdProvider::new(name.to_owned(), issuer.to_owned(), keys, clients)
    };
    provider.give_ids(&OsRandom).unwrap();
    provider
}

fn is_conflict(result: &Result<(), StoreError>) -> bool {
    matches!(result, Err(StoreError::Conflict))
}

fn arn(provider: &OpenIdProvider, client: &str) -> String {
    provider.role_arn(client).unwrap().to_string()
}

#[tokio::test]
async fn a_plugins_name_and_role_are_its_own() {
    let (_engine, store) = Engine::with_table().await;
    let first = plugin("a", "r1");
    store.create_plugin(&first).await.unwrap();
    assert!(is_conflict(&store.create_plugin(&plugin("a", "r2")).await));
    assert!(is_conflict(&store.create_plugin(&plugin("b", "r1")).await));
    let second = plugin("b", "r2");
    store.create_plugin(&second).await.unwrap();
    let taken = plugin("b", "r1");
    assert!(is_conflict(&store.change_plugin(&second, &taken).await));
    assert_eq!(store.plugin_named("b").await.unwrap(), Some(second));
    assert_eq!(all(store.list_plugins().await).len(), 2);
    assert_eq!(store.plugin_named("c").await.unwrap(), None);
}

#[tokio::test]
async fn a_plugin_changes_only_as_it_was_read() {
    let (_engine, store) = Engine::with_table().await;
    let read = plugin("a", "r1");
    store.create_plugin(&read).await.unwrap();
    let limited = IdentityPlugin {
        max_session_seconds: Some(900),
        limits: IssueLimits::default(),
        ..read.clone()
    };
    store.change_plugin(&read, &limited).await.unwrap();
    // An attribute that the first reader did not see is a change too.
    assert!(is_conflict(&store.change_plugin(&read, &read).await));
    assert!(is_conflict(&store.delete_plugin(&read).await));
    let moved = plugin("a", "r2");
    store.change_plugin(&limited, &moved).await.unwrap();
    let old = store.plugin(limited.role_arn.as_str()).await.unwrap();
    assert_eq!(old, None);
    store.delete_plugin(&moved).await.unwrap();
    assert!(all(store.list_plugins().await).is_empty());
    store.create_plugin(&read).await.unwrap();
}

#[tokio::test]
async fn a_provider_keeps_its_issuer_and_roles_together() {
    let (_engine, store) = Engine::with_table().await;
    let first = provider("a", "i1", &["c1", "c2"]);
    let second = provider("b", "i1", &["c3"]);
    store.create_provider(&first).await.unwrap();
    store.create_provider(&second).await.unwrap();
    assert!(is_conflict(&store.create_provider(&first).await));
    let thief = provider("c", "i2", &["c1"]);
    assert!(is_conflict(&store.create_provider(&thief).await));
    assert!(store.providers("i2").await.unwrap().is_empty());

    let moved = provider("a", "i2", &["c2"]);
    store.change_provider(&first, &moved).await.unwrap();
    assert_eq!(store.providers("i1").await.unwrap(), from_ref(&second));
    assert_eq!(store.providers("i2").await.unwrap(), from_ref(&moved));
    assert_eq!(store.role(&arn(&first, "c1")).await.unwrap(), None);
    let role = store.role(&arn(&first, "c2")).await.unwrap().unwrap();
    assert_eq!(role.provider, "a");
    assert_eq!(Some(&role.id), moved.role_ids.get("c2"));
    assert!(is_conflict(&store.change_provider(&first, &moved).await));
    assert!(is_conflict(&store.delete_provider(&first).await));

    let claim = OpenIdProvider {
        grant: Grant::Claim("policy".to_owned()),
        enabled: false,
        ..moved.clone()
    };
    store.change_provider(&moved, &claim).await.unwrap();
    assert_eq!(store.role(&arn(&first, "c2")).await.unwrap(), None);
    assert_eq!(
        all(store.list_providers().await),
        [claim.clone(), second.clone()]
    );
    store.delete_provider(&claim).await.unwrap();
    store.delete_provider(&second).await.unwrap();
    assert!(all(store.list_providers().await).is_empty());
    store.create_provider(&first).await.unwrap();
}

#[tokio::test]
async fn keys_of_another_place_are_forgotten() {
    let (_engine, store) = Engine::with_table().await;
    let read = provider("a", "i1", &["c1"]);
    store.create_provider(&read).await.unwrap();
    let now = UnixTime::from_secs(1_763_800_000);
    let copy = KeySetCopy {
        source: read.key_source_digest(),
        document: "{}".to_owned(),
        fetched_at: now,
        fresh_until: now,
    };
    store.put_key_set_copy("a", &copy).await.unwrap();
    let disabled = OpenIdProvider {
        enabled: false,
        ..read.clone()
    };
    store.change_provider(&read, &disabled).await.unwrap();
    assert!(store.key_set_copy("a").await.unwrap().is_some());
    let elsewhere = OpenIdProvider {
        keys: KeySource::JwksUrl("https://other.example.com/keys".to_owned()),
        ..disabled.clone()
    };
    store.change_provider(&disabled, &elsewhere).await.unwrap();
    assert_eq!(store.key_set_copy("a").await.unwrap(), None);
}
