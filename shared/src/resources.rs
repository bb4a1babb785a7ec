//! What a process keeps between calls: the store, keys and settings at most a minute old,
//! and what was read of policies and providers.

use std::sync::{Arc, Mutex, PoisonError};

use crate::call::Call;
use crate::clock::{Clock, UnixTime};
use crate::identity::Identity;
use crate::keys::{KeyFile, KeyRing, KeyState, NoActiveKey, wrap_context};
use crate::outbound::OutboundCall;
use crate::permissions::Policies;
use crate::random::Random;
use crate::store::{KeyEntry, ReadService, Settings, StoreError};

/// How long keys and settings are used before they are read again, in seconds.
const REFRESH_SECONDS: i64 = 60;

/// How long old keys and settings are used while the store cannot be read, in seconds. It
/// bounds how long a retired key or a lowered limit can still count.
const MAX_STALE_SECONDS: i64 = 3600;

/// How long a new key is only known before it signs, in seconds. Every process has read it by
/// then, so none meets a token or a secret that it cannot open.
const PUBLISH_SECONDS: i64 = 2 * REFRESH_SECONDS;

/// Where a process gets everything from.
#[derive(Debug)]
pub struct Deps<S> {
    /// Users, policies and sessions.
    pub store: S,
    /// Unwraps the master keys.
    pub key_file: KeyFile,
    /// The name that the wrapped keys are bound to.
    pub table: String,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where keys and secrets come from.
    pub random: Box<dyn Random>,
    /// How long policies are used before they are read again, in seconds.
    pub policy_seconds: i64,
}

/// Keys and settings as they were read last.
#[derive(Debug)]
pub struct State {
    keys: KeyRing,
    settings: Settings,
    read_at: UnixTime,
}

/// Keys and settings cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// No key of the table opens, or none is active.
    #[error("the table holds no usable keys; has `sts-admin init` been run with this key file?")]
    Keys(#[from] NoActiveKey),
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The surroundings of all calls of a process.
#[derive(Debug)]
pub struct Resources<S> {
    deps: Deps<S>,
    identity: Identity,
    policies: Policies,
    state: Mutex<Option<Arc<State>>>,
}

impl<S: ReadService> Resources<S> {
    /// Nothing is read yet.
    pub fn new(deps: Deps<S>) -> Self {
        Self {
            policies: Policies::new(deps.policy_seconds),
            identity: Identity::default(),
            state: Mutex::new(None),
            deps,
        }
    }

    /// The calls to identity providers that have ended since they were last taken.
    pub fn take_provider_calls(&self) -> Vec<OutboundCall> {
        self.identity.outbound.take_calls()
    }

    /// The current time.
    pub fn now(&self) -> UnixTime {
        self.deps.clock.now()
    }

    /// Keys and settings, at most a minute old as long as the store can be read.
    pub async fn state(&self, now: UnixTime) -> Result<Arc<State>, StateError> {
        let known = self
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match known {
            Some(state) if (0..REFRESH_SECONDS).contains(&now.since(state.read_at)) => Ok(state),
            Some(state) if now.since(state.read_at) < MAX_STALE_SECONDS => {
                Ok(self.refresh(now).await.unwrap_or_else(|error| {
                    tracing::warn!(%error, "keys and settings could not be read again");
                    state
                }))
            }
            Some(_) | None => self.refresh(now).await,
        }
    }

    /// One call's view of everything.
    pub fn call<'a>(&'a self, state: &'a State, now: UnixTime) -> Call<'a, S> {
        Call {
            store: &self.deps.store,
            keys: &state.keys,
            settings: &state.settings,
            identity: &self.identity,
            policies: &self.policies,
            now,
            random: self.deps.random.as_ref(),
        }
    }

    async fn refresh(&self, now: UnixTime) -> Result<Arc<State>, StateError> {
        let record = self.deps.store.service_record().await?;
        let keys = unlock(&record.keys, &self.deps.key_file, &self.deps.table, now)?;
        let state = Arc::new(State {
            keys,
            settings: record.settings,
            read_at: now,
        });
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = Some(state.clone());
        Ok(state)
    }
}

/// Unwraps the keys of a ring. A key made a moment ago waits while its predecessor signs on.
pub fn unlock(
    entries: &[KeyEntry],
    key_file: &KeyFile,
    table: &str,
    now: UnixTime,
) -> Result<KeyRing, NoActiveKey> {
    let signer = signer(entries, now).map(|entry| &entry.kid);
    let usable = entries
        .iter()
        .filter(|entry| entry.state != KeyState::Retired)
        .filter_map(|entry| {
            let context = wrap_context(table, &entry.kid);
            let key = key_file.unwrap(&entry.wrapped, &context).ok()?;
            let state = if Some(&entry.kid) == signer {
                KeyState::Active
            } else {
                KeyState::Verifying
            };
            Some((entry.kid.clone(), state, key))
        });
    KeyRing::new(usable)
}

/// The key that signs now: the active one, or the one before it for the first two minutes.
fn signer(entries: &[KeyEntry], now: UnixTime) -> Option<&KeyEntry> {
    let active = entries
        .iter()
        .find(|entry| entry.state == KeyState::Active)?;
    if now.since(active.created_at) >= PUBLISH_SECONDS {
        return Some(active);
    }
    let verifying = entries
        .iter()
        .filter(|entry| entry.state == KeyState::Verifying);
    Some(
        verifying
            .max_by_key(|entry| entry.rotated_at)
            .unwrap_or(active),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::MasterKey;
    use crate::random::OsRandom;

    const NOW: UnixTime = UnixTime::from_secs(1_000_000);

    fn key_file() -> KeyFile {
        KeyFile::parse("8f1c0d6b5a79e4233b2c91d0f7a8564e1b0a9c8d7e6f5a4b3c2d1e0f9a8b7c6d").unwrap()
    }

    fn entry(kid: &str, state: KeyState, age: i64, rotated: Option<i64>) -> KeyEntry {
        let key = MasterKey::generate(&OsRandom).unwrap();
        KeyEntry {
            kid: kid.to_owned(),
            state,
            wrapped: key_file()
                .wrap(&key, &wrap_context("t", kid), &OsRandom)
                .unwrap(),
            created_at: NOW.plus(-age),
            rotated_at: rotated.map(|ago| NOW.plus(-ago)),
        }
    }

    fn active_kid(entries: &[KeyEntry]) -> Option<String> {
        unlock(entries, &key_file(), "t", NOW)
            .ok()
            .map(|ring| ring.active_kid().to_owned())
    }

    #[test]
    fn a_new_key_signs_once_every_process_knows_it() {
        let ring = |age| {
            [
                entry("k1", KeyState::Verifying, 9000, Some(5000)),
                entry("k2", KeyState::Verifying, 5000, Some(age)),
                entry("k3", KeyState::Active, age, None),
            ]
        };
        assert_eq!(active_kid(&ring(119)).as_deref(), Some("k2"));
        assert_eq!(active_kid(&ring(120)).as_deref(), Some("k3"));
    }

    #[test]
    fn the_first_key_signs_at_once() {
        assert_eq!(
            active_kid(&[entry("k1", KeyState::Active, 0, None)]).as_deref(),
            Some("k1")
        );
    }

    #[test]
    fn t10_a_ring_that_does_not_open_is_no_ring() {
        assert_eq!(active_kid(&[]), None);
        assert_eq!(active_kid(&[entry("k1", KeyState::Retired, 0, None)]), None);
        let moved = KeyEntry {
            kid: "k2".to_owned(),
            ..entry("k1", KeyState::Active, 0, None)
        };
        assert_eq!(active_kid(&[moved]), None);
    }
}
