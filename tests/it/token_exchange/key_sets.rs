//! Keys that change, and how seldom they are fetched.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use shared::clock::{Clock, SystemClock, UnixTime};
use shared::identity::{KeyFetchError, KeySets, Need};
use shared::jwt::{Expectations, IdentityTokenError, KeySet, verify_identity};
use shared::outbound::Outbound;
use shared::store::dynamodb::DynamoStore;
use shared::store::{KeySetCopies, KeySetCopy, OpenIdProvider, ReadProviders};
use tests::client::Reply;
use tests::provider::{Answer, DISCOVERY, JWKS, Provider, SigningKey, key_set};
use tests::sts::action;

use super::{APP, Action, GRANTS, Setup, WEB, claims, config, entry};
use crate::check::Outcome::Success;
use crate::check::{NOT_BELIEVED, UNREACHABLE, assert_introduced, outcome, success};

impl Setup {
    /// Calls the function of one action, which is a process of its own.
    async fn call_alone(&self, own: &Action, token: &str) -> Reply {
        let parameters = action(own.name, &[(own.token, token)]);
        let request = self.sts.client.form(&format!("/{}", own.name), &parameters);
        self.sts.client.send(request).await
    }

    /// The provider of [`APP`] as the table has it.
    async fn provider(&self, issuer: &str) -> OpenIdProvider {
        let providers = self.sts.store().providers(issuer).await.unwrap();
        providers.into_iter().find(|it| it.name == APP).unwrap()
    }

    /// Puts a copy of these keys into the table, fetched so many seconds ago and stale.
    async fn put_stale_copy(&self, keys: &[&SigningKey], age: i64) {
        let fetched_at = SystemClock.now().plus(-age);
        let copy = KeySetCopy {
            source: self.provider(&self.idp.issuer).await.key_source_digest(),
            document: key_set(keys).to_string(),
            fetched_at,
            fresh_until: fetched_at.plus(300),
        };
        self.sts.store().put_key_set_copy(APP, &copy).await.unwrap();
    }
}

/// The keys of one process, under a clock of the test's.
pub(super) struct Process {
    key_sets: KeySets,
    outbound: Arc<Outbound>,
    store: DynamoStore,
    provider: OpenIdProvider,
}

impl Process {
    pub(super) async fn of(it: &Setup) -> Self {
        Self {
            key_sets: KeySets::default(),
            outbound: Arc::default(),
            store: it.sts.store(),
            provider: it.provider(&it.idp.issuer).await,
        }
    }

    async fn get(&self, need: Need, now: UnixTime) -> Result<Arc<KeySet>, KeyFetchError> {
        let reach = (&self.outbound, &self.store);
        self.key_sets.get(reach, &self.provider, need, now).await
    }

    /// What an exchange does with a token: the known keys, then newer ones.
    pub(super) async fn verify(
        &self,
        token: &str,
        now: UnixTime,
    ) -> Result<(), IdentityTokenError> {
        let expected = Expectations {
            issuer: &self.provider.issuer,
            audiences: &self.provider.client_ids,
            algorithms: &self.provider.algorithms,
            leeway: 60,
            now,
        };
        let known = self.get(Need::Known, now).await.unwrap();
        match verify_identity(token, &known, &expected) {
            Err(error) if error.wants_newer_keys() => {
                let newer = self.get(Need::Newer, now).await.unwrap();
                verify_identity(token, &newer, &expected).map(|_| ())
            }
            result => result.map(|_| ()),
        }
    }
}

#[tokio::test]
async fn t24_ten_thousand_unknown_keys_cost_one_fetch_a_minute() {
    let it = Setup::start().await;
    let process = Process::of(&it).await;
    let start = SystemClock.now();
    let claims = it.claims(&json!({}));
    for n in 0..10_000 {
        let header = json!({"alg": "ES256", "kid": format!("random-{n}")});
        let token = tests::provider::token(&header, &claims, |_| vec![0; 64]);
        // Two minutes pass.
        let result = process.verify(&token, start.plus(n * 120 / 10_000)).await;
        assert_eq!(result, Err(IdentityTokenError::KeyUnknown), "{n}");
    }
    assert_eq!(
        it.idp.fetches(JWKS),
        1 + 2,
        "the first need, and one a minute"
    );
    assert_eq!(it.idp.fetches(DISCOVERY), 1 + 2);
    assert_eq!(process.verify(&it.key.token(&claims), start).await, Ok(()));
}

#[tokio::test]
async fn t24_unknown_keys_through_the_whole_service_cost_one_fetch() {
    let it = Setup::start().await;
    it.check("good", &it.token(&json!({})), Success).await;
    for n in 0..100 {
        let header = json!({"alg": "ES256", "kid": format!("random-{n}")});
        let token = it.key.token_with(&header, &it.claims(&json!({})));
        it.check(n, &token, NOT_BELIEVED).await;
    }
    assert_eq!(
        it.idp.fetches(JWKS),
        1 + 1,
        "the first need, and one for 200 tokens"
    );
    it.check("good", &it.token(&json!({})), Success).await;
}

#[tokio::test]
async fn t24_calls_that_need_the_same_fetch_wait_for_one() {
    let it = Setup::start().await;
    let keys = Answer::json(200, &key_set(&[&it.key]));
    it.idp.answer(JWKS, keys.after(Duration::from_millis(50)));
    let process = Process::of(&it).await;
    let now = SystemClock.now();
    for (need, fetches) in [(Need::Known, 1), (Need::Newer, 2)] {
        let calls = (0..100).map(|_| process.get(need, now));
        let results = futures_util::future::join_all(calls).await;
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        assert_eq!(it.idp.fetches(JWKS), fetches, "{need:?}");
    }
}

#[tokio::test]
async fn t24_a_provider_that_is_down_is_asked_once_a_minute() {
    let it = Setup::start().await;
    it.idp.answer(DISCOVERY, Answer::text(503, ""));
    let process = Process::of(&it).await;
    let start = SystemClock.now();
    for (seconds, expected, fetches) in [
        (0, KeyFetchError::Status(503), 1),
        (0, KeyFetchError::TriedJustNow, 1),
        (59, KeyFetchError::TriedJustNow, 1),
        (60, KeyFetchError::Status(503), 2),
        (61, KeyFetchError::TriedJustNow, 2),
    ] {
        let result = process.get(Need::Known, start.plus(seconds)).await;
        assert_eq!(result.unwrap_err(), expected, "{seconds}");
        assert_eq!(it.idp.fetches(DISCOVERY), fetches, "{seconds}");
    }
    it.idp.discover(&it.idp.url(JWKS));
    assert!(process.get(Need::Known, start.plus(120)).await.is_ok());
}

#[tokio::test]
async fn a_new_key_is_fetched_at_once_and_an_old_one_ends_with_its_set() {
    let it = Setup::start().await;
    let old = it.token(&json!({}));
    it.check("old", &old, Success).await;
    let new = SigningKey::new("EdDSA", "k2");
    it.idp.publish(&[&it.key, &new]);
    let claims = it.claims(&json!({}));
    it.check("new", &new.token(&claims), Success).await;
    it.check("old", &old, Success).await;
    assert_eq!(it.idp.fetches(JWKS), 2);
    // Less than a minute later nothing is fetched any more.
    let newest = SigningKey::new("ES384", "k3");
    it.idp.publish(&[&newest]);
    it.check("newest", &newest.token(&claims), NOT_BELIEVED)
        .await;
    it.check("old", &old, Success).await;
    assert_eq!(it.idp.fetches(JWKS), 2);
    // Another function finds the copy of before, and may fetch once itself.
    for (token, expected) in [(newest.token(&claims), Success), (old, NOT_BELIEVED)] {
        outcome("another", &it.call_alone(&WEB, &token).await, expected);
    }
    assert_eq!(it.idp.fetches(JWKS), 3);
}

#[tokio::test]
async fn documents_and_keys_are_asked_for_in_the_services_name() {
    let it = Setup::start().await;
    success(&it.call(&WEB, &it.token(&json!({})), &[]).await);
    it.sts.table.admin(&["provider", "check", APP]).await;
    let requests = it.idp.requests();
    assert_eq!(requests.len(), 2 + 2, "a function's and the operator's");
    requests.iter().for_each(assert_introduced);
}

#[tokio::test]
async fn a_cold_function_does_not_fetch() {
    let it = Setup::start().await;
    let token = it.token(&json!({}));
    success(&it.call_alone(&GRANTS, &token).await);
    assert_eq!(it.idp.requests().len(), 2);
    it.idp.answer(JWKS, Answer::text(500, ""));
    success(&it.call_alone(&WEB, &token).await);
    assert_eq!(it.idp.requests().len(), 2);
}

#[tokio::test]
async fn stale_keys_are_served_while_the_provider_is_down() {
    for (age, expected) in [
        (3600, Success),
        (24 * 3600 - 60, Success),
        (24 * 3600 + 1, UNREACHABLE),
    ] {
        let it = Setup::start().await;
        it.put_stale_copy(&[&it.key], age).await;
        it.idp.answer(DISCOVERY, Answer::bytes(""));
        it.check(age, &it.token(&json!({})), expected).await;
    }
}

/// Nobody waits for the fetch, and the next call has its keys and keeps them in the table.
#[tokio::test]
async fn stale_keys_are_replaced_in_the_background() {
    let it = Setup::start().await;
    let new = SigningKey::new("ES256", "k2");
    it.put_stale_copy(&[&it.key], 3600).await;
    it.idp.publish(&[&it.key, &new]);
    let process = Process::of(&it).await;
    let now = SystemClock.now();
    assert_eq!(process.get(Need::Known, now).await.unwrap().len(), 1);
    assert_eq!(it.idp.fetches(JWKS), 0);
    let refreshed = async {
        while process.get(Need::Known, now).await.unwrap().len() == 1 {
            tokio::task::yield_now().await;
        }
    };
    let limit = Duration::from_secs(20);
    tokio::time::timeout(limit, refreshed)
        .await
        .expect("newer keys");
    assert_eq!(it.idp.fetches(JWKS), 1);
    let copy = it.sts.store().key_set_copy(APP).await.unwrap().unwrap();
    assert_eq!(copy.fetched_at, now);
    assert_eq!(copy.document, key_set(&[&it.key, &new]).to_string());
}

#[tokio::test]
async fn the_provider_says_how_long_keys_are_fresh_within_bounds() {
    let it = Setup::start().await;
    let body = key_set(&[&it.key]).to_string();
    let now = SystemClock.now();
    for (header, seconds) in [
        ("x: y", 3600),
        ("cache-control: public, max-age=600", 600),
        ("cache-control: MAX-AGE=\"600\"", 600),
        ("cache-control: max-age=1", 300),
        ("cache-control: max-age=31536000", 86_400),
        ("cache-control: max-age=-1", 300),
        ("cache-control: max-age=soon", 3600),
        ("cache-control: no-store, max-age=600", 300),
        ("cache-control: no-cache", 300),
    ] {
        it.idp
            .answer(JWKS, Answer::reply(200, &[header], body.as_bytes()));
        let process = Process::of(&it).await;
        process.get(Need::Newer, now).await.unwrap();
        let copy = it.sts.store().key_set_copy(APP).await.unwrap().unwrap();
        assert_eq!(copy.fresh_until.since(now), seconds, "{header}");
    }
}

/// A function that still has a provider's old settings writes a copy of the old keys. Whoever
/// has the new settings believes none of them.
#[tokio::test]
async fn t18_a_copy_of_an_old_providers_keys_is_not_believed_for_the_new_one() {
    let it = Setup::start().await;
    let new_key = SigningKey::new("ES256", "k1");
    let new = Provider::start(&[&new_key]).await;
    success(&it.call_alone(&GRANTS, &it.token(&json!({}))).await);
    it.sts
        .table
        .apply(&config([entry(&new, APP, "")].into_iter()))
        .await;
    assert_eq!(it.sts.store().key_set_copy(APP).await.unwrap(), None);

    let rotated = SigningKey::new("ES256", "k2");
    it.idp.publish(&[&it.key, &rotated]);
    let old_token = rotated.token(&it.claims(&json!({})));
    success(&it.call_alone(&GRANTS, &old_token).await);
    let copy = it.sts.store().key_set_copy(APP).await.unwrap().unwrap();
    assert_eq!(copy.document, key_set(&[&it.key, &rotated]).to_string());

    for key in [&it.key, &rotated] {
        let forged = key.token(&claims(&new.issuer, &json!({})));
        let reply = it.call_alone(&WEB, &forged).await;
        outcome(&key.kid, &reply, NOT_BELIEVED);
    }
    let good = new_key.token(&claims(&new.issuer, &json!({})));
    success(&it.call_alone(&WEB, &good).await);
    outcome("old", &it.call_alone(&WEB, &old_token).await, NOT_BELIEVED);
}

/// Within one process as well, keys belong to the settings under which they were fetched.
#[tokio::test]
async fn t18_settings_that_alternate_in_one_process_keep_their_keys() {
    let it = Setup::start().await;
    let (new_key, mut process) = (SigningKey::new("ES256", "k1"), Process::of(&it).await);
    let new = Provider::start(&[&new_key]).await;
    let now = SystemClock.now();
    let old_settings = process.provider.clone();
    it.sts
        .table
        .apply(&config([entry(&new, APP, "")].into_iter()))
        .await;
    let new_settings = it.provider(&new.issuer).await;
    for _ in 0..3 {
        for (settings, key, other) in [
            (&old_settings, &it.key, &new_key),
            (&new_settings, &new_key, &it.key),
        ] {
            process.provider = settings.clone();
            let claims = claims(&settings.issuer, &json!({}));
            assert_eq!(process.verify(&key.token(&claims), now).await, Ok(()));
            let forged = process.verify(&other.token(&claims), now).await;
            assert_eq!(forged, Err(IdentityTokenError::Signature));
        }
    }
    assert_eq!(
        (it.idp.fetches(JWKS), new.fetches(JWKS)),
        (2, 2),
        "the first need, and one for all forged tokens"
    );
}
