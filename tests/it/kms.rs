//! Master keys wrapped by KMS: what a process asks it, and what happens when it does not answer.

use std::sync::Arc;

use serde_json::json;
use shared::aws::{Connection, Credentials};
use shared::clock::{Clock, SystemClock, UnixTime};
use shared::keys::{Binding, GenerateKeys, UnwrapKeys, WrapError, WrappedBy};
use shared::kms::Kms;
use shared::random::OsRandom;
use shared::resources::{Deps, MasterKeys, Resources};
use shared::store::ManageKeys;
use shared::store::dynamodb::DynamoStore;
use tests::client::{Reply, Signer};
use tests::fault_proxy::{Fault, Operation, Rule};
use tests::sts::{TestKms, TestSts, action, user};

use crate::check::Outcome::{self, Refused};
use crate::check::{UNAVAILABLE, outcome, success};

const KNOWN: Outcome = Refused(403, "AccessDenied");

/// What the functions asked KMS since the last look.
fn take_questions(sts: &mut TestSts) -> Vec<Operation> {
    let proxy = &sts.kms().proxy;
    let operations = proxy.operations();
    proxy.clear();
    operations
}

/// A signed call of an action at its own path, which a process of its own answers.
async fn call_alone(sts: &TestSts, name: &str, signer: &Signer) -> Reply {
    let request = sts.client.form(&format!("/{name}"), &action(name, &[]));
    sts.client.send(signer.sign(request)).await
}

async fn kids(sts: &TestSts) -> Vec<String> {
    let stored = sts.store().stored_keys().await.unwrap();
    stored.entries.into_iter().map(|entry| entry.kid).collect()
}

#[tokio::test]
async fn each_process_unwraps_each_key_once() {
    let sts = TestSts::builder().kms().env("STS_LOG", "trace");
    let mut sts = sts.start().await;
    for _ in 0..3 {
        success(&sts.assume_role(&[]).await);
    }
    let entries = sts.store().stored_keys().await.unwrap().entries;
    assert_eq!(entries[0].wrapped.by, WrappedBy::Kms);
    let [asked] = &take_questions(&mut sts)[..] else {
        panic!("one question");
    };
    assert_eq!(asked.name, "Decrypt");
    assert_eq!(asked.body["KeyId"], sts.kms().server.key);
    let context = json!({"table": sts.table.name, "kid": entries[0].kid});
    assert_eq!(asked.body["EncryptionContext"], context);

    sts.table.admin(&["key", "rotate"]).await;
    let user = user();
    for _ in 0..3 {
        success(&call_alone(&sts, "AssumeRole", &user).await);
    }
    let asked = take_questions(&mut sts);
    let asked: Vec<_> = asked
        .iter()
        .map(|it| {
            (
                it.name.as_str(),
                it.body["EncryptionContext"]["kid"].as_str(),
            )
        })
        .collect();
    let kids = kids(&sts).await;
    let expected = kids.iter().map(|kid| ("Decrypt", Some(kid.as_str())));
    assert_eq!(asked, expected.collect::<Vec<_>>());
    let logs = sts.emulator.logs().join("\n");
    for text in ["Plaintext", "CiphertextBlob"] {
        assert!(!logs.contains(text), "{text} in the logs");
    }
}

#[tokio::test]
async fn sessions_outlive_the_rotation_of_their_key_but_not_its_retirement() {
    let sts = TestSts::builder().kms().start().await;
    let session = sts.session().await.signer();
    let old = kids(&sts).await.remove(0);
    sts.table.admin(&["key", "rotate"]).await;
    let reply = call_alone(&sts, "AssumeRole", &session).await;
    outcome("a rotated key", &reply, KNOWN);

    sts.table.admin(&["key", "retire", &old, "--force"]).await;
    let reply = call_alone(&sts, "GetCallerIdentity", &session).await;
    outcome(
        "a retired key",
        &reply,
        Refused(403, "InvalidClientTokenId"),
    );
    let user = user();
    let reply = call_alone(&sts, "GetCallerIdentity", &user).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[tokio::test]
async fn kms_that_is_unreachable_at_start_is_tried_again() {
    let mut sts = TestSts::builder().kms().start().await;
    sts.kms().proxy.refuse_connections().await;
    outcome("cold", &sts.assume_role(&[]).await, UNAVAILABLE);
    sts.kms().proxy.accept_connections().await;
    success(&sts.assume_role(&[]).await);
    sts.kms().proxy.refuse_connections().await;
    success(&sts.assume_role(&[]).await);
    assert_eq!(sts.emulator.restarts(), 0);
}

#[tokio::test]
async fn t10_a_kms_key_that_refuses_makes_no_credentials() {
    let mut sts = TestSts::builder().kms().start().await;
    for (code, reason) in [
        ("AccessDeniedException", "KMS denies the use of its key"),
        ("DisabledException", "the KMS key is disabled"),
        ("KMSInvalidStateException", "the KMS key is disabled"),
        ("NotFoundException", "the KMS key does not exist"),
        ("IncorrectKeyException", "not wrapped by this KMS key"),
        ("ThrottlingException", "KMS cannot be used"),
        ("KeyUnavailableException", "KMS cannot be used"),
    ] {
        let proxy = &sts.kms().proxy;
        proxy.clear();
        proxy.inject(Fault::Refusal(code), Rule::ALL);
        let seen = sts.emulator.logs().len();
        outcome(code, &sts.assume_role(&[]).await, UNAVAILABLE);
        let logs = sts.emulator.logs().split_off(seen).join("\n");
        assert!(logs.contains(reason), "{code}: {logs}");
    }
    sts.kms().proxy.clear();
    success(&sts.assume_role(&[]).await);
}

/// Whoever can write to the table can copy an entry, but not make it open.
#[tokio::test]
async fn t10_a_wrapped_key_opens_only_as_itself() {
    let sts = TestSts::builder().kms().start().await;
    let stored = sts.store().stored_keys().await.unwrap();
    let mut entries = stored.entries.clone();
    entries[0].kid = "k0".to_owned();
    sts.store().replace_keys(&stored, &entries).await.unwrap();
    outcome("another id", &sts.assume_role(&[]).await, UNAVAILABLE);
    let logs = sts.emulator.logs().join("\n");
    assert!(logs.contains("belongs to another key or table"), "{logs}");
}

#[tokio::test]
async fn t10_a_data_key_is_bound_to_table_key_id_and_kms_key() {
    let kms = TestKms::start().await.server;
    let connection = Connection {
        region: "us-east-1".to_owned(),
        endpoint: Some(kms.url.clone()),
        credentials: Credentials {
            access_key_id: "local".to_owned(),
            secret_access_key: "local".to_owned().into(),
            session_token: None,
        },
    };
    let own = Kms::new(&connection, &kms.key);
    let other = Kms::new(&connection, kms.create_key().await);
    let binding = |table, kid| Binding { table, kid };
    let wrapped = own
        .generate_key(binding("t", "k1"), &OsRandom)
        .await
        .unwrap();
    assert_eq!(wrapped.by, WrappedBy::Kms);
    let opened = own.unwrap_key(&wrapped, binding("t", "k1")).await.unwrap();
    let contains = |bytes: &[u8]| bytes.windows(32).any(|it| it == opened.expose());
    assert!(!contains(&wrapped.bytes));

    for (table, kid) in [("t", "k2"), ("u", "k1")] {
        let error = own.unwrap_key(&wrapped, binding(table, kid)).await;
        assert!(
            matches!(error, Err(WrapError::Broken(_))),
            "{table} {kid}: {error:?}"
        );
    }
    let error = other.unwrap_key(&wrapped, binding("t", "k1")).await;
    assert!(!error.unwrap_err().is_temporary());
    let mut file = wrapped.clone();
    file.by = WrappedBy::File;
    let error = own.unwrap_key(&file, binding("t", "k1")).await;
    assert!(matches!(error, Err(WrapError::OtherForm(_))), "{error:?}");
}

/// A process as the functions are, whose time the test tells.
struct Running {
    sts: TestSts,
    resources: Resources<DynamoStore>,
    start: UnixTime,
}

impl Running {
    async fn start() -> Self {
        let mut sts = TestSts::builder().kms().start().await;
        let endpoint = sts.kms().proxy.url().to_owned();
        let connection = sts.table.connection().at(Some(endpoint));
        let kms = Kms::new(&connection, &sts.kms().server.key);
        let resources = Resources::new(Deps {
            store: sts.store(),
            keys: MasterKeys::new(Arc::new(kms), &sts.table.name),
            clock: Arc::new(SystemClock),
            random: Box::new(OsRandom),
            policy_seconds: 60,
        });
        Self {
            sts,
            resources,
            start: SystemClock.now(),
        }
    }

    /// The keys that the process knows, the one that signs first, so many seconds after the start.
    async fn keys(&self, kids: &[String], at: i64) -> Result<Vec<String>, String> {
        let now = self.start.plus(at);
        let state = self.resources.state(now).await;
        let state = state.map_err(|error| error.to_string())?;
        let ring = self.resources.call(&state, now).keys;
        let others = kids.iter().filter(|kid| *kid != ring.active_kid());
        let others = others.filter(|kid| ring.knows(kid)).cloned();
        Ok([ring.active_kid().to_owned()]
            .into_iter()
            .chain(others)
            .collect())
    }
}

#[tokio::test]
async fn a_running_process_follows_rotation_and_retirement() {
    let mut it = Running::start().await;
    let old = kids(&it.sts).await.remove(0);
    assert_eq!(it.keys(&[], 0).await.unwrap(), [old.as_str()]);
    it.sts.table.admin(&["key", "rotate"]).await;
    let kids = kids(&it.sts).await;
    let (old, new) = (old.as_str(), kids[1].as_str());
    assert_eq!(it.keys(&kids, 59).await.unwrap(), [old]);
    assert_eq!(it.keys(&kids, 60).await.unwrap(), [old, new]);
    assert_eq!(it.keys(&kids, 300).await.unwrap(), [new, old]);
    it.sts.table.admin(&["key", "retire", old, "--force"]).await;
    assert_eq!(it.keys(&kids, 360).await.unwrap(), [new]);
    assert_eq!(take_questions(&mut it.sts).len(), 2);
}

#[tokio::test]
async fn a_running_process_outlives_an_outage_of_kms() {
    let mut it = Running::start().await;
    let kids = kids(&it.sts).await;
    it.keys(&kids, 0).await.unwrap();
    it.sts.kms().proxy.refuse_connections().await;
    for hours in [2, 23] {
        assert_eq!(it.keys(&kids, hours * 3600).await.unwrap(), kids);
    }
    let error = it.keys(&kids, 25 * 3600).await.unwrap_err();
    assert!(error.contains("cannot be unwrapped now"), "{error}");
    it.sts.kms().proxy.accept_connections().await;
    assert_eq!(it.keys(&kids, 25 * 3600 + 1).await.unwrap(), kids);
}

#[tokio::test]
async fn a_running_process_stops_when_its_kms_key_is_disabled() {
    let mut it = Running::start().await;
    let kids = kids(&it.sts).await;
    it.keys(&kids, 0).await.unwrap();
    let disabled = Fault::Refusal("DisabledException");
    it.sts.kms().proxy.inject(disabled, Rule::every("Decrypt"));
    assert_eq!(it.keys(&kids, 3599).await.unwrap(), kids);
    it.keys(&kids, 3659).await.unwrap_err();
    it.sts.kms().proxy.clear();
    assert_eq!(it.keys(&kids, 3660).await.unwrap(), kids);
}
