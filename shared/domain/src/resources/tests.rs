use keys::{Binding, KeyState, MasterKey, UnwrapKeys, WrapError, WrappedBy, WrappedKey, Wrapping};
use model::random::OsRandom;
use store::{KeyEntry, ServiceRecord};

use super::*;

pub(super) const NOW: UnixTime = UnixTime::from_secs(1_000_000);

/// A wrapper that wraps nothing, and counts.
#[derive(Debug)]
pub(super) struct FakeKms {
    answer: Mutex<Answer>,
    calls: Mutex<Vec<String>>,
}

/// What [`FakeKms`] answers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    Key,
    No,
    Nothing,
}

impl FakeKms {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            answer: Mutex::new(Answer::Key),
            calls: Mutex::default(),
        })
    }

    pub(super) fn answer(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    /// Which keys it was asked for since the last look.
    pub(super) fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }
}

impl UnwrapKeys for FakeKms {
    fn unwrap_key<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        binding: Binding<'a>,
    ) -> Wrapping<'a, MasterKey> {
        self.calls.lock().unwrap().push(binding.kid.to_owned());
        let result = match *self.answer.lock().unwrap() {
            Answer::Key => MasterKey::from_bytes(&wrapped.bytes),
            Answer::No => return Box::pin(async { Err(WrapError::Disabled("test".into())) }),
            Answer::Nothing => {
                return Box::pin(async { Err(WrapError::Unavailable("test".into())) });
            }
        };
        Box::pin(async { result.ok_or(WrapError::Broken(WrappedBy::Kms)) })
    }
}

/// A key that is its own wrapping, the same for the same id.
pub(super) fn entry(kid: &str, state: KeyState, age: i64, rotated: Option<i64>) -> KeyEntry {
    let bytes = ring::digest::digest(&ring::digest::SHA256, kid.as_bytes());
    KeyEntry {
        kid: kid.to_owned(),
        state,
        wrapped: WrappedKey {
            by: WrappedBy::Kms,
            bytes: bytes.as_ref().to_vec(),
        },
        created_at: NOW.plus(-age),
        rotated_at: rotated.map(|ago| NOW.plus(-ago)),
    }
}

/// A table with nothing but keys; none where it cannot be read.
#[derive(Debug, Clone)]
struct Table(Arc<Mutex<Option<Vec<KeyEntry>>>>);

impl ReadService for Table {
    async fn service_record(&self) -> Result<ServiceRecord, StoreError> {
        let keys = self.0.lock().unwrap().clone();
        let settings = Settings::default();
        keys.map(|keys| ServiceRecord { keys, settings })
            .ok_or(StoreError::Throttled)
    }
}

/// A process that has read nothing.
fn cold(table: &Table, kms: &Arc<FakeKms>) -> Resources<Table> {
    Resources::new(Deps {
        store: table.clone(),
        keys: MasterKeys::new(kms.clone(), "t"),
        clock: Arc::new(NOW),
        random: Box::new(OsRandom),
        policy_seconds: 60,
    })
}

struct Fixture {
    kms: Arc<FakeKms>,
    table: Table,
    resources: Resources<Table>,
}

impl Fixture {
    /// A process that has read a table with one key at [`NOW`].
    async fn warm() -> Self {
        let kms = FakeKms::new();
        let keys = vec![entry("k1", KeyState::Active, 9000, None)];
        let table = Table(Arc::new(Mutex::new(Some(keys))));
        let it = Self {
            resources: cold(&table, &kms),
            kms,
            table,
        };
        it.knows("k1", 0).await.unwrap();
        it
    }

    fn write(&self, keys: Option<Vec<KeyEntry>>) {
        *self.table.0.lock().unwrap() = keys;
    }

    /// Whether the process knows a key, that many seconds after [`NOW`].
    async fn knows(&self, kid: &str, at: i64) -> Result<bool, StateError> {
        let state = self.resources.state(NOW.plus(at)).await?;
        Ok(state.keys.knows(kid))
    }
}

fn rotated() -> Vec<KeyEntry> {
    vec![
        entry("k1", KeyState::Verifying, 9000, Some(0)),
        entry("k2", KeyState::Active, 0, None),
    ]
}

#[tokio::test]
async fn a_new_key_is_noticed_within_a_minute() {
    let it = Fixture::warm().await;
    it.write(Some(rotated()));
    assert!(!it.knows("k2", REFRESH_SECONDS - 1).await.unwrap());
    assert!(it.knows("k2", REFRESH_SECONDS).await.unwrap());
    assert!(it.knows("k1", REFRESH_SECONDS).await.unwrap());
    it.write(Some(rotated().split_off(1)));
    assert!(!it.knows("k1", 2 * REFRESH_SECONDS).await.unwrap());
    assert_eq!(it.kms.take_calls(), ["k1", "k2"]);
}

#[tokio::test]
async fn old_keys_are_used_for_an_hour_while_the_table_cannot_be_read() {
    let it = Fixture::warm().await;
    it.write(None);
    for at in [60, 600, MAX_STALE_SECONDS - 1] {
        assert!(it.knows("k1", at).await.unwrap(), "{at}");
    }
    it.knows("k1", MAX_STALE_SECONDS).await.unwrap_err();
    it.knows("k1", MAX_STALE_SECONDS + 1).await.unwrap_err();
    it.write(Some(rotated()));
    assert!(it.knows("k2", MAX_STALE_SECONDS + 2).await.unwrap());
}

#[tokio::test]
async fn a_reading_that_failed_is_repeated_after_ten_seconds() {
    let it = Fixture::warm().await;
    it.write(None);
    assert!(it.knows("k1", 60).await.unwrap());
    it.write(Some(rotated()));
    assert!(!it.knows("k2", 60 + RETRY_SECONDS - 1).await.unwrap());
    assert!(it.knows("k2", 60 + RETRY_SECONDS).await.unwrap());
}

#[tokio::test]
async fn a_running_process_outlives_a_wrapper_that_is_silent() {
    let it = Fixture::warm().await;
    it.kms.answer(Answer::Nothing);
    for at in (0..24 * 3600).step_by(60) {
        assert!(it.knows("k1", at).await.unwrap(), "{at}");
    }
}

#[tokio::test]
async fn a_cold_process_asks_a_silent_wrapper_again() {
    let it = Fixture::warm().await;
    let cold = cold(&it.table, &it.kms);
    it.kms.answer(Answer::Nothing);
    let error = cold.state(NOW).await.unwrap_err();
    assert!(error.is_temporary(), "{error}");
    it.kms.answer(Answer::Key);
    assert!(cold.state(NOW).await.is_ok());
}

#[tokio::test]
async fn keys_that_are_refused_are_not_used_any_more() {
    for (keys, answer) in [(Vec::new(), Answer::Key), (rotated(), Answer::No)] {
        let it = Fixture::warm().await;
        it.write(Some(keys));
        it.kms.answer(answer);
        it.knows("k1", 60).await.unwrap_err();
        it.knows("k1", 61).await.unwrap_err();
    }
}
