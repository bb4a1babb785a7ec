//! The master keys that a process holds: unwrapped once, and again when they have become old.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clock::UnixTime;
use keys::{Binding, KeyRing, KeyState, MasterKey, NoActiveKey, UnwrapKeys, WrapError, WrappedKey};
use model::error::Chain;
use store::KeyEntry;

/// How long an unwrapped key is used before it is unwrapped again, in seconds. It bounds how
/// long a process works on with keys that nobody lets it unwrap any more.
const MAX_AGE_SECONDS: i64 = 3600;

/// How long an unwrapped key is used while it cannot be unwrapped again because the wrapper
/// does not answer, in seconds.
const MAX_HELD_SECONDS: i64 = 24 * 3600;

/// How long a wrapper that did not answer is left alone where held keys do as well, in seconds.
const REST_SECONDS: i64 = 60;

/// How long a new key is only known before it signs, in seconds. Every process has read it by
/// then, so none meets a token or a secret that it cannot open.
const PUBLISH_SECONDS: i64 = 2 * super::REFRESH_SECONDS;

/// The keys of a table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UnlockError {
    /// No key is active.
    #[error("the table holds no active key; has `sts-admin init` been run?")]
    NoActiveKey(#[from] NoActiveKey),
    /// The active key does not open, now or later.
    #[error("the active key {kid} does not open")]
    Refused {
        /// The key's id.
        kid: String,
        /// Why it does not open.
        source: WrapError,
    },
    /// A key that is not held cannot be unwrapped now.
    #[error("the key {kid} cannot be unwrapped now")]
    Unavailable {
        /// The key's id.
        kid: String,
        /// What failed.
        source: WrapError,
    },
}

/// Unwraps the master keys of one table and holds them; they are wiped when it is dropped,
/// and each as soon as the table has it no more.
#[derive(Debug)]
pub struct MasterKeys {
    table: String,
    wrapper: Arc<dyn UnwrapKeys>,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    keys: HashMap<String, HeldKey>,
    /// When the wrapper did not answer last.
    failed_at: Option<UnixTime>,
}

#[derive(Debug)]
struct HeldKey {
    wrapped: WrappedKey,
    key: MasterKey,
    unwrapped_at: UnixTime,
}

impl MasterKeys {
    /// Unwraps by `wrapper` the keys of the table of that name. Nothing is unwrapped yet.
    pub fn new(wrapper: Arc<dyn UnwrapKeys>, table: impl Into<String>) -> Self {
        Self {
            table: table.into(),
            wrapper,
            held: Mutex::default(),
        }
    }

    /// The ring of these entries. The active key must open; another key that does not open
    /// stays out of the ring. A key that cannot be asked for now is not one that does not
    /// exist: without it there is no ring. A key made a moment ago waits while its
    /// predecessor signs on.
    pub async fn ring(&self, entries: &[KeyEntry], now: UnixTime) -> Result<KeyRing, UnlockError> {
        let usable = entries.iter().filter(|e| e.state != KeyState::Retired);
        let usable: Vec<_> = usable.collect();
        self.keep_only(&usable);
        let mut opened = Vec::new();
        for entry in usable {
            match self.key(entry, now).await {
                Ok(key) => opened.push((entry, key)),
                Err(source) => refuse(entry, source)?,
            }
        }
        let signer = signer(opened.iter().map(|(entry, _)| *entry), now);
        let signer = signer.map(|entry| entry.kid.clone());
        let keys = opened.into_iter().map(|(entry, key)| {
            let state = if signer.as_ref() == Some(&entry.kid) {
                KeyState::Active
            } else {
                KeyState::Verifying
            };
            (entry.kid.clone(), state, key)
        });
        Ok(KeyRing::new(keys)?)
    }

    /// The key of one entry: held, or unwrapped now.
    async fn key(&self, entry: &KeyEntry, now: UnixTime) -> Result<MasterKey, WrapError> {
        if let Some(key) = self.held().usable(entry, now) {
            return Ok(key);
        }
        let binding = Binding {
            table: &self.table,
            kid: &entry.kid,
        };
        let result = self.wrapper.unwrap_key(&entry.wrapped, binding).await;
        self.held().note(entry, result, now)
    }

    /// Wipes what is not among these entries.
    fn keep_only(&self, entries: &[&KeyEntry]) {
        self.held().keys.retain(|kid, held| {
            let mut entries = entries.iter();
            entries.any(|entry| entry.kid == *kid && entry.wrapped == held.wrapped)
        });
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// The entry's key if it need not be unwrapped: it is young enough, or the wrapper rests.
    fn usable(&self, entry: &KeyEntry, now: UnixTime) -> Option<MasterKey> {
        let held = self.keys.get(&entry.kid)?;
        let rests = self
            .failed_at
            .is_some_and(|at| (0..REST_SECONDS).contains(&now.since(at)));
        let limit = if rests {
            MAX_HELD_SECONDS
        } else {
            MAX_AGE_SECONDS
        };
        (0..limit)
            .contains(&now.since(held.unwrapped_at))
            .then(|| held.key.clone())
    }

    /// Keeps what unwrapping gave. A held key stands in for one that cannot be had now, and
    /// is wiped if the wrapper refuses it.
    fn note(
        &mut self,
        entry: &KeyEntry,
        result: Result<MasterKey, WrapError>,
        now: UnixTime,
    ) -> Result<MasterKey, WrapError> {
        match result {
            Ok(key) => {
                let held = HeldKey {
                    wrapped: entry.wrapped.clone(),
                    key: key.clone(),
                    unwrapped_at: now,
                };
                self.keys.insert(entry.kid.clone(), held);
                self.failed_at = None;
                Ok(key)
            }
            Err(error) if error.is_temporary() => {
                self.failed_at = Some(now);
                let Some(key) = self.usable(entry, now) else {
                    self.keys.remove(&entry.kid);
                    return Err(error);
                };
                let error = Chain(&error);
                tracing::warn!(kid = entry.kid, %error, "a held key could not be unwrapped again");
                Ok(key)
            }
            Err(error) => {
                self.keys.remove(&entry.kid);
                Err(error)
            }
        }
    }
}

/// What follows from a key that does not open.
fn refuse(entry: &KeyEntry, source: WrapError) -> Result<(), UnlockError> {
    let kid = entry.kid.clone();
    if source.is_temporary() {
        return Err(UnlockError::Unavailable { kid, source });
    }
    if entry.state == KeyState::Active {
        return Err(UnlockError::Refused { kid, source });
    }
    tracing::warn!(kid, error = %Chain(&source), "a key does not open");
    Ok(())
}

/// The key that signs now: the active one, or the one before it for the first two minutes.
fn signer<'a>(
    entries: impl Iterator<Item = &'a KeyEntry> + Clone,
    now: UnixTime,
) -> Option<&'a KeyEntry> {
    let active = entries.clone().find(|e| e.state == KeyState::Active)?;
    if now.since(active.created_at) >= PUBLISH_SECONDS {
        return Some(active);
    }
    let verifying = entries.filter(|e| e.state == KeyState::Verifying);
    let predecessor = verifying.max_by_key(|entry| entry.rotated_at);
    Some(predecessor.unwrap_or(active))
}

#[cfg(test)]
mod tests;
