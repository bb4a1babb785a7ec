//! What a process keeps between calls: the store, keys and settings at most a minute old,
//! and what was read of policies and providers.

mod master_keys;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clock::{Clock, UnixTime};
use keys::KeyRing;
use model::error::Chain;
use model::random::Random;
use store::{ReadService, Settings, StoreError};

use crate::call::Call;
use crate::identity::Identity;
use crate::outbound::OutboundCall;
use crate::policies::Policies;

pub use master_keys::{MasterKeys, UnlockError};

/// How long keys and settings are used before they are read again, in seconds.
const REFRESH_SECONDS: i64 = 60;

/// How long old keys and settings are used while the store cannot be read, in seconds. It
/// bounds how long a retired key or a lowered limit can still count.
const MAX_STALE_SECONDS: i64 = 3600;

/// How long a reading that failed, or goes on, is not repeated while old keys and settings do
/// as well, in seconds.
const RETRY_SECONDS: i64 = 10;

/// Where a process gets everything from.
#[derive(Debug)]
pub struct Deps<S> {
    /// Users, policies and sessions.
    pub store: S,
    /// Unwraps the master keys.
    pub keys: MasterKeys,
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
    /// The table's keys cannot be used.
    #[error(transparent)]
    Keys(#[from] UnlockError),
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl StateError {
    /// Whether the keys that were read before may go on being used.
    const fn is_temporary(&self) -> bool {
        match self {
            Self::Keys(UnlockError::NoActiveKey(_) | UnlockError::Refused { .. }) => false,
            Self::Keys(UnlockError::Unavailable { .. }) | Self::Store(_) => true,
        }
    }
}

/// The surroundings of all calls of a process.
#[derive(Debug)]
pub struct Resources<S> {
    deps: Deps<S>,
    identity: Identity,
    policies: Policies,
    known: Mutex<Known>,
}

/// What a process knows of keys and settings.
#[derive(Debug, Default)]
struct Known {
    state: Option<Arc<State>>,
    /// When a call last set out to read them again.
    tried_at: Option<UnixTime>,
}

impl<S: ReadService> Resources<S> {
    /// Nothing is read yet.
    pub fn new(deps: Deps<S>) -> Self {
        Self {
            policies: Policies::new(deps.policy_seconds),
            identity: Identity::default(),
            known: Mutex::default(),
            deps,
        }
    }

    /// The current time.
    pub fn now(&self) -> UnixTime {
        self.deps.clock.now()
    }

    /// The calls to identity providers that have ended since they were last taken.
    pub fn take_provider_calls(&self) -> Vec<OutboundCall> {
        self.identity.outbound.take_calls()
    }

    /// Keys and settings, at most a minute old as long as the store can be read.
    pub async fn state(&self, now: UnixTime) -> Result<Arc<State>, StateError> {
        let old = match self.known().at(now) {
            Answer::Use(state) => return Ok(state),
            Answer::Refresh(old) => old,
        };
        match (self.refresh(now).await, old) {
            (Err(error), Some(old)) if error.is_temporary() => {
                tracing::warn!(error = %Chain(&error), "keys and settings could not be read again");
                Ok(old)
            }
            (result, _) => result,
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

    /// Reads keys and settings. What is known is forgotten if the keys are of no use any more.
    async fn refresh(&self, now: UnixTime) -> Result<Arc<State>, StateError> {
        let result = self.read(now).await.map(Arc::new);
        match &result {
            Ok(state) => self.known().state = Some(state.clone()),
            Err(error) if error.is_temporary() => {}
            Err(_) => self.known().state = None,
        }
        result
    }

    async fn read(&self, now: UnixTime) -> Result<State, StateError> {
        let record = self.deps.store.service_record().await?;
        Ok(State {
            keys: self.deps.keys.ring(&record.keys, now).await?,
            settings: record.settings,
            read_at: now,
        })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What to do about what is known.
enum Answer {
    Use(Arc<State>),
    /// Read again; if that fails, the old state may do.
    Refresh(Option<Arc<State>>),
}

impl Known {
    /// Of several calls that find an old state, the first reads it again.
    fn at(&mut self, now: UnixTime) -> Answer {
        let Some(state) = self.state.clone() else {
            return Answer::Refresh(None);
        };
        let age = now.since(state.read_at);
        if age >= MAX_STALE_SECONDS {
            self.state = None;
            return Answer::Refresh(None);
        }
        let is_fresh = (0..REFRESH_SECONDS).contains(&age);
        let is_tried = |at| (0..RETRY_SECONDS).contains(&now.since(at));
        if is_fresh || self.tried_at.is_some_and(is_tried) {
            return Answer::Use(state);
        }
        self.tried_at = Some(now);
        Answer::Refresh(Some(state))
    }
}

#[cfg(test)]
mod tests;
