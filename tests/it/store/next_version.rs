//! What a newer version of this service has written: while one is deployed, both run.

use std::collections::{BTreeSet, HashMap};
use std::slice;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value, json};
use shared::keys::Sealed;
use shared::model::IdKind;
use shared::model::{AccessKeyId, RoleArn, UniqueId};
use shared::random::OsRandom;
use shared::store::{
    Change, Count, Counter, CreateSessions, Grant, Group, Holder, IdentityPlugin, KeySetCopies,
    KeySetCopy, KeySource, ManageGroups, ManageKeys, ManagePlugins, ManagePolicies,
    ManageProviders, ManageSettings, ManageUsers, OpaSettings, OpenIdProvider, ReadGroups,
    ReadPlugins, ReadPolicies, ReadProviders, ReadRevocations, ReadRoles, ReadService,
    ReadSessions, ReadUsers, Revoke, Role, Scope, Session, SettingsChange, Status, StoreError,
    StoredPolicy, TakePlaces, UsedTokens,
};

use super::{Fixture, assert_corrupt, full_session, granted, key, now, policy, user};
use crate::damage::damage;
use crate::wiring::read;

const ISSUER: &str = "https://idp.example.com";

/// Whatever this version knows nothing of.
fn unknown() -> AttributeValue {
    let members = HashMap::from([("of".to_owned(), AttributeValue::Bool(true))]);
    AttributeValue::M(members)
}

/// The items that somebody would read back.
struct Items {
    session: Session,
    policy: StoredPolicy,
    plugin: IdentityPlugin,
    provider: OpenIdProvider,
    scope: Scope,
    counter: Counter,
}

impl Items {
    fn new() -> Self {
        let role = IdentityPlugin::role_arn("plugin").unwrap();
        let url = "https://plugin.example.com/".to_owned();
        let keys = KeySource::JwksUrl(format!("{ISSUER}/keys"));
        let clients = vec!["app".to_owned()];
        let mut provider = OpenIdProvider {
            algorithms: vec!["ES256".to_owned()],
            grant: Grant::Role(vec![policy("readonly")]),
            ..OpenIdProvider::new("idp".to_owned(), ISSUER.to_owned(), keys, clients)
        };
        provider.give_ids(&OsRandom).unwrap();
        let session = full_session(granted());
        Self {
            scope: Scope::all_of(Holder::Parent(session.parent.clone())),
            session,
            policy: StoredPolicy::new(policy("own"), "{}", &OsRandom).unwrap(),
            plugin: IdentityPlugin {
                id: UniqueId::generate(IdKind::Role, &OsRandom).ok(),
                ..IdentityPlugin::new("plugin".to_owned(), role, url)
            },
            provider,
            counter: Counter::of("failed/source", "192.0.2.1", now()),
        }
    }

    async fn store(&self, it: &Fixture) -> Result<(), StoreError> {
        let store = &it.store;
        store.create_user(&user("alice")).await?;
        let group = Group {
            name: "team".to_owned(),
            status: Status::Enabled,
            policies: vec![policy("own")],
        };
        store.create_group(&group).await?;
        store.create_policy(&self.policy).await?;
        store.create_plugin(&self.plugin).await?;
        store.create_provider(&self.provider).await?;
        store.create_session(&self.session).await?;
        store.revoke(&self.scope, now()).await?;
        let change = SettingsChange {
            max_session_seconds: Change::Set(7200),
            opa: Change::Set(OpaSettings {
                url: "https://opa.example.com/".to_owned(),
                authorization: Some(Sealed::from_bytes(vec![1])),
                allow_http: false,
            }),
            ..SettingsChange::default()
        };
        store.change_settings(&change).await?;
        let copy = KeySetCopy {
            source: "source".to_owned(),
            document: "{}".to_owned(),
            fetched_at: now(),
            fresh_until: now(),
        };
        store.put_key_set_copy("idp", &copy).await?;
        store
            .use_token((ISSUER, "1"), &key("SESSION"), now())
            .await?;
        assert!(store.count(&self.counter, 2).await?);
        assert!(store.take_place("alice", 2, now(), now().plus(900)).await?);
        Ok(())
    }

    /// Everything as this version reads it.
    async fn read(&self, it: &Fixture) -> Result<Vec<String>, StoreError> {
        let store = &it.store;
        let role = |arn: &RoleArn| arn.as_str().to_owned();
        let (of_plugin, of_provider) = (
            role(&self.plugin.role_arn),
            role(&self.provider.role_arns().next().unwrap()),
        );
        let access_key: &AccessKeyId = &self.session.access_key;
        Ok(vec![
            format!("{:?}", store.user(&key("alice")).await?.unwrap()),
            format!("{:?}", store.groups(&["team".to_owned()]).await?),
            format!("{:?}", store.policies(&[policy("own")]).await?),
            format!("{:?}", store.plugin(&of_plugin).await?.unwrap()),
            format!("{:?}", store.plugin_named("plugin").await?.unwrap()),
            format!("{:?}", store.providers(ISSUER).await?),
            format!("{:?}", store.provider_named("idp").await?.unwrap()),
            format!("{:?}", store.role(&of_plugin).await?.unwrap()),
            format!("{:?}", store.role(&of_provider).await?.unwrap()),
            format!("{:?}", store.session(access_key).await?.unwrap()),
            format!(
                "{:?}",
                store
                    .revoked_until(slice::from_ref(&self.scope))
                    .await?
                    .unwrap()
            ),
            format!("{:?}", store.service_record().await?),
            format!("{:?}", store.key_set_copy("idp").await?.unwrap()),
        ])
    }
}

/// The kind of an item is what its key begins with.
fn kind(key: &str) -> String {
    key.split('#').next().unwrap_or_default().to_owned()
}

/// The kinds of items that `docs/DATA-MODEL.md` describes.
fn documented() -> BTreeSet<String> {
    let document = read("docs/DATA-MODEL.md");
    let headings = document.lines().filter(|line| line.starts_with("### "));
    let keys = headings.flat_map(|line| line.split('`').skip(1).step_by(2));
    keys.map(kind).collect()
}

/// A provider among its issuer's others, and its limits, with a member each that is not known.
fn with_members(json: &AttributeValue) -> AttributeValue {
    let mut provider: Map<String, Value> = serde_json::from_str(json.as_s().unwrap()).unwrap();
    provider.insert("next_version".to_owned(), json!({"of": true}));
    provider["limits"]["next_version"] = json!([1]);
    AttributeValue::S(Value::Object(provider).to_string())
}

/// Adds to every item, and to every map within, what this version does not know. Returns the
/// kinds that it has seen.
async fn renew(it: &Fixture) -> BTreeSet<String> {
    let client = it.table.connection().client();
    let scan = client.scan().table_name(&it.table.name).send().await;
    let mut kinds = BTreeSet::new();
    for mut item in scan.unwrap().items.unwrap() {
        kinds.insert(kind(item["pk"].as_s().unwrap()));
        for (name, value) in &mut item {
            match value {
                AttributeValue::M(members) => {
                    members.insert("next_version".to_owned(), unknown());
                }
                AttributeValue::L(list) if name == "providers" => {
                    *list = list.iter().map(with_members).collect();
                }
                AttributeValue::L(list) => {
                    for member in list {
                        if let AttributeValue::M(members) = member {
                            members.insert("next_version".to_owned(), unknown());
                        }
                    }
                }
                _ => {}
            }
        }
        item.insert("next_version".to_owned(), unknown());
        let put = client.put_item().table_name(&it.table.name);
        put.set_item(Some(item)).send().await.unwrap();
    }
    kinds
}

#[tokio::test]
async fn items_of_the_next_version_are_read_without_what_is_new_in_them() {
    let (it, items) = (Fixture::new().await, Items::new());
    items.store(&it).await.unwrap();
    let before = items.read(&it).await.unwrap();
    assert_eq!(renew(&it).await, documented());
    assert_eq!(items.read(&it).await.unwrap(), before);
    // What is only ever asked in a condition.
    let again = it
        .store
        .use_token((ISSUER, "1"), &key("OTHER"), now())
        .await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
    assert!(it.store.count(&items.counter, 2).await.unwrap());
    assert!(!it.store.count(&items.counter, 2).await.unwrap());
    for expected in [true, false] {
        let place = it.store.take_place("alice", 2, now(), now().plus(900));
        assert_eq!(place.await.unwrap(), expected);
    }
}

/// The first provider of the issuer as it lies in the table, and the item.
async fn stored_provider(it: &Fixture) -> Map<String, Value> {
    let item = item(it, &OpenIdProvider::item_key(ISSUER)).await;
    let text = item["providers"].as_l().unwrap()[0].as_s().unwrap();
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn a_provider_keeps_what_is_new_in_it_while_it_or_another_of_its_issuer_changes() {
    let (it, items) = (Fixture::new().await, Items::new());
    it.store.create_provider(&items.provider).await.unwrap();
    renew(&it).await;
    let other = OpenIdProvider {
        name: "other".to_owned(),
        client_ids: vec!["web".to_owned()],
        grant: Grant::Claim("policy".to_owned()),
        ..items.provider.clone()
    };
    it.store.create_provider(&other).await.unwrap();
    it.store.delete_provider(&other).await.unwrap();
    let mut changed = items.provider.clone();
    changed.enabled = false;
    changed.limits.issue_per_minute = Some(7);
    let change = it.store.change_provider(&items.provider, &changed);
    change.await.unwrap();
    let stored = stored_provider(&it).await;
    assert_eq!(stored["enabled"], false);
    assert_eq!(stored["next_version"], json!({"of": true}));
    let limits = json!({"issue_per_minute": 7, "max_live_sessions": null, "next_version": [1]});
    assert_eq!(stored["limits"], limits);
}

/// What this version changes keeps what is new beside it, wherever it can stand.
#[tokio::test]
async fn changes_keep_what_is_new_in_an_item() {
    let (it, items) = (Fixture::new().await, Items::new());
    items.store(&it).await.unwrap();
    renew(&it).await;
    let keys = it.store.stored_keys().await.unwrap();
    it.store.replace_keys(&keys, &keys.entries).await.unwrap();
    let mut plugin = items.plugin.clone();
    plugin.status = Status::Disabled;
    it.store
        .change_plugin(&items.plugin, &plugin)
        .await
        .unwrap();
    let opa = it.store.service_record().await.unwrap().settings.opa;
    let opa = opa.unwrap();
    let resealed = OpaSettings {
        authorization: Some(Sealed::from_bytes(vec![2])),
        ..opa.clone()
    };
    it.store.replace_opa(&opa, &resealed).await.unwrap();
    let again = it.store.replace_opa(&opa, &resealed).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
    let role = Role::item_key(items.plugin.role_arn.as_str());
    for key in ["KEYRING", "SETTINGS", &role] {
        let mut item = item(&it, key).await;
        assert_eq!(item.remove("next_version"), Some(unknown()), "{key}");
        for members in item.values().flat_map(maps) {
            assert!(members.contains_key("next_version"), "{key}");
        }
    }
}

/// The maps that an attribute is or holds.
fn maps(value: &AttributeValue) -> Vec<&HashMap<String, AttributeValue>> {
    match value {
        AttributeValue::M(members) => vec![members],
        AttributeValue::L(list) => list.iter().filter_map(|it| it.as_m().ok()).collect(),
        _ => Vec::new(),
    }
}

async fn item(it: &Fixture, key: &str) -> HashMap<String, AttributeValue> {
    let client = it.table.connection().client();
    let key = AttributeValue::S(key.to_owned());
    let item = client.get_item().table_name(&it.table.name).key("pk", key);
    item.send().await.unwrap().item.unwrap()
}

/// What the table has may be older than a setting.
#[tokio::test]
async fn a_provider_that_was_stored_before_has_the_defaults_of_newer_settings() {
    let (it, items) = (Fixture::new().await, Items::new());
    it.store.create_provider(&items.provider).await.unwrap();
    let whole = stored_provider(&it).await;
    assert_eq!(whole["long_durations"], "refuse");
    assert_eq!(whole["missing_policies"], "skip");
    let without = async |names: &[&str]| {
        let mut provider = whole.clone();
        for name in names {
            assert!(provider.remove(*name).is_some(), "{name}");
        }
        let text = AttributeValue::S(Value::Object(provider).to_string());
        let list = AttributeValue::L(vec![text]);
        let item = OpenIdProvider::item_key(ISSUER);
        damage(&it.table, &item, "providers", Some(list)).await;
        it.store.providers(ISSUER).await
    };
    let newer = ["long_durations", "missing_policies", "limits"];
    let read = without(&newer).await.unwrap();
    assert_eq!(read, slice::from_ref(&items.provider));
    // What narrows a provider is never taken for absent.
    for name in ["scopes_required", "single_use", "enabled", "algorithms"] {
        assert_corrupt(without(&[name]).await, "providers");
    }
}
