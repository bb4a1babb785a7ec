//! What is removed and made again under its name is not what was there before, whatever the
//! clocks say.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use shared::caller::Caller;
use shared::clock::{Clock, SystemClock, UnixTime};
use shared::keys::KeyFile;
use shared::model::{AccessKeyId, IdKind, PolicyName, UniqueId};
use shared::policy::{Asked, Context};
use shared::random::OsRandom;
use shared::resources::{Deps, MasterKeys};
use shared::store::dynamodb::DynamoStore;
use shared::store::{ManagePolicies, ManageUsers, ReadUsers, Session, StoredPolicy};
use shared::verify::Guard;
use tests::plugin::{Plugin, ROLE};
use tests::provider::{DISCOVERY, Provider, SigningKey, claims};
use tests::sts::{Credentials, TestSts, USER};

use crate::check::{lives, success};
use crate::damage::damage;

/// How long the guard keeps what it reads, in seconds.
const CACHED: i64 = 5;

/// A clock that stands still until it is moved.
#[derive(Debug, Clone)]
struct StoppedClock(Arc<AtomicI64>);

impl StoppedClock {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(SystemClock.now().secs())))
    }

    fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for StoppedClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.0.load(Ordering::Relaxed))
    }
}

fn guard(sts: &TestSts, clock: &StoppedClock) -> Guard<DynamoStore> {
    let key_file = KeyFile::read(&sts.table.key_file()).unwrap();
    Guard::new(Deps {
        store: sts.store(),
        keys: MasterKeys::new(Arc::new(key_file), &sts.table.name),
        clock: Arc::new(clock.clone()),
        random: Box::new(OsRandom),
        policy_seconds: CACHED,
    })
}

/// Operators are told that the session before is worth nothing.
async fn assert_orphaned(sts: &TestSts) {
    let listed = sts.table.admin(&["session", "list", "--all"]).await;
    let states = listed.lines().filter(|line| line.contains(" orphaned "));
    assert_eq!(states.count(), 1, "{listed}");
}

/// The session was issued by a clock that is an hour ahead.
async fn postdate(sts: &TestSts, session: &Credentials) {
    let key = Session::item_key(&AccessKeyId::parse(&session.access_key).unwrap());
    let later = SystemClock.now().plus(3600).secs().to_string();
    let later = Some(AttributeValue::N(later));
    damage(&sts.table, &key, "issued_at", later).await;
}

#[tokio::test]
async fn a_user_who_is_made_again_does_not_inherit_sessions() {
    let sts = TestSts::start().await;
    let session = sts.session().await;
    postdate(&sts, &session).await;
    assert!(lives(&sts, &session).await);
    sts.table.admin(&["user", "remove", USER]).await;
    assert!(!lives(&sts, &session).await);
    sts.table.apply(tests::sts::CONFIG).await;
    assert!(!lives(&sts, &session).await);
    assert!(lives(&sts, &sts.session().await).await);
    assert_orphaned(&sts).await;
}

#[tokio::test]
async fn a_plugins_role_that_is_made_again_does_not_inherit_sessions() {
    let plugin = Plugin::for_alice().await;
    let config = format!("identity_plugins: [{}]", plugin.entry("readwrite", ""));
    let sts = TestSts::builder().config(&config).start().await;
    let session = success(&sts.show("token", ROLE, &[]).await);
    postdate(&sts, &session).await;
    sts.table.admin(&["plugin", "disable", "test"]).await;
    sts.table.admin(&["plugin", "enable", "test"]).await;
    assert!(lives(&sts, &session).await, "a change is not a new role");
    sts.table.admin(&["plugin", "remove", "test"]).await;
    sts.table.apply(&config).await;
    assert!(!lives(&sts, &session).await);
    assert_orphaned(&sts).await;
}

#[tokio::test]
async fn a_role_that_leaves_its_plugin_and_comes_back_does_not_inherit_sessions() {
    let plugin = Plugin::for_alice().await;
    let config = |role: &str| {
        let plugin = json!({
            "name": "test", "url": plugin.url, "role_id": role, "role_policies": ["readwrite"],
        });
        json!({"identity_plugins": [plugin]}).to_string()
    };
    let sts = TestSts::builder().config(&config("test")).start().await;
    let session = success(&sts.show("token", ROLE, &[]).await);
    for role in ["other", "test"] {
        sts.table.apply(&config(role)).await;
    }
    assert!(!lives(&sts, &session).await);
}

#[tokio::test]
async fn a_providers_role_that_is_made_again_does_not_inherit_sessions() {
    let key = SigningKey::new("ES256", "k1");
    let idp = Provider::start(&[&key]).await;
    let config = |clients: &[&str]| {
        let provider = json!({
            "name": "idp", "config_url": idp.url(DISCOVERY), "client_ids": clients,
            "role_policies": ["readwrite"],
        });
        json!({"openid_providers": [provider]}).to_string()
    };
    let sts = TestSts::builder()
        .config(&config(&["app", "web"]))
        .start()
        .await;
    let token = key.token(&claims(&idp.issuer, &json!({"policy": null})));
    let parameters = [("Token", token.as_str())];
    let session = success(&sts.call("AssumeRoleWithClientGrants", &parameters).await);
    postdate(&sts, &session).await;
    sts.table.apply(&config(&["app"])).await;
    assert!(lives(&sts, &session).await, "the role stays");
    for clients in [&["web"][..], &["app", "web"]] {
        sts.table.apply(&config(clients)).await;
        assert!(!lives(&sts, &session).await, "{clients:?}");
    }
}

const DENY: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;

/// Both versions of the policy are of one second of the only clock there is.
#[tokio::test]
async fn a_guard_uses_a_policy_that_was_made_again_for_its_cache_time_at_most() {
    let sts = TestSts::start().await;
    let (clock, store) = (StoppedClock::new(), sts.store());
    let guard = guard(&sts, &clock);
    let user = store.user(&AccessKeyId::parse(USER).unwrap()).await;
    let caller = Caller::User(user.unwrap().unwrap());
    let allows = async || {
        let asked = Asked {
            action: "s3:GetObject",
            resource: "arn:aws:s3:::bucket/key",
            context: Context::new(),
        };
        let watch = guard.watch().await.unwrap();
        let verdict = watch.decide(&caller, &[asked]).await;
        verdict.unwrap().is_allowed()
    };
    assert!(allows().await);
    let name = PolicyName::parse("readwrite").unwrap();
    store.delete_policy(&name).await.unwrap();
    let policy = StoredPolicy::new(name, DENY, &OsRandom).unwrap();
    store.create_policy(&policy).await.unwrap();
    clock.forward(CACHED);
    assert!(!allows().await);
    clock.forward(68);
    assert!(!allows().await);
}

#[tokio::test]
async fn a_guard_lets_a_session_of_the_user_before_act_for_its_cache_time_at_most() {
    let sts = TestSts::start().await;
    let (clock, store) = (StoppedClock::new(), sts.store());
    let guard = guard(&sts, &clock);
    let session = sts.session().await;
    let session = sts.stored(&session.access_key).await.unwrap();
    let caller = Caller::Session(Box::new(session));
    let watch = guard.watch().await.unwrap();
    assert!(watch.rights(&caller).await.is_ok());
    let access_key = AccessKeyId::parse(USER).unwrap();
    let mut user = store.user(&access_key).await.unwrap().unwrap();
    store.delete_user(&access_key).await.unwrap();
    user.id = UniqueId::generate(IdKind::User, &OsRandom).unwrap();
    store.create_user(&user).await.unwrap();
    clock.forward(CACHED);
    let watch = guard.watch().await.unwrap();
    assert!(watch.rights(&caller).await.is_err());
}
