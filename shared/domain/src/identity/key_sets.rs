//! Providers' public keys: fetched when needed, kept as long as the provider says, shared
//! through the table.
//!
//! Whoever sends tokens cannot make this process fetch more than once a minute per provider,
//! and calls that need the same fetch wait for one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use clock::UnixTime;
use store::{KeySetCopies, KeySetCopy, KeySource, OpenIdProvider};
use tokio::sync::Mutex as AsyncMutex;

use super::fetch::{Fetched, KeyFetchError, fetch};
use crate::jwt::KeySet;
use crate::outbound::Outbound;

/// The largest key set of which a copy goes into the table, in bytes.
const MAX_COPY: usize = 256 * 1024;

/// How long stale keys are used while the provider is down, in seconds after the fetch.
const MAX_STALE: i64 = 24 * 3600;

/// How often tokens that no key verifies may cause a fetch, in seconds.
const REFETCH_INTERVAL: i64 = 60;

/// What is known of one provider's keys.
#[derive(Debug, Clone)]
struct Known {
    keys: Arc<KeySet>,
    fetched_at: UnixTime,
    fresh_until: UnixTime,
}

impl Known {
    fn from_copy(copy: &KeySetCopy) -> Option<Self> {
        let keys = Arc::new(KeySet::parse(copy.document.as_bytes()).ok()?);
        Some(Self {
            keys,
            fetched_at: copy.fetched_at,
            fresh_until: copy.fresh_until,
        })
    }

    fn is_usable(&self, now: UnixTime) -> bool {
        now.since(self.fetched_at) < MAX_STALE
    }
}

/// The slot of one provider's settings: others have other keys. The outer lock is what makes
/// a fetch a single flight.
#[derive(Debug)]
struct Slot {
    /// The [`OpenIdProvider::key_source_digest`].
    source: String,
    known: Option<Known>,
    /// Whether the table's copy has been looked at.
    adopted: bool,
    tried_at: Option<UnixTime>,
    /// When a token that no key verified caused a fetch.
    newer_at: Option<UnixTime>,
    /// Keys that were fetched in the background, where the table was out of reach.
    unsaved: Option<KeySetCopy>,
}

/// The keys of all providers that this process has seen.
#[derive(Debug, Default)]
pub struct KeySets(Mutex<HashMap<String, Arc<AsyncMutex<Slot>>>>);

/// What keys a caller needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The keys that are known, unless they are too old.
    Known,
    /// Newer keys than those of which none verified a token.
    Newer,
}

impl KeySets {
    /// The keys of a provider.
    ///
    /// Stale keys are served at once while newer ones are fetched in the background. Only the
    /// first need of a process, and a token that no key verifies, wait for a fetch.
    pub async fn get<S: KeySetCopies>(
        &self,
        (outbound, store): (&Arc<Outbound>, &S),
        provider: &OpenIdProvider,
        need: Need,
        now: UnixTime,
    ) -> Result<Arc<KeySet>, KeyFetchError> {
        if let KeySource::Jwks(document) = &provider.keys {
            return Ok(Arc::new(KeySet::parse(document.as_bytes())?));
        }
        let shared_slot = self.slot(provider.key_source_digest());
        let mut slot = shared_slot.lock().await;
        slot.adopt(provider, store, now).await;
        slot.save(provider, store).await;
        if let Some(keys) = slot.satisfies(need, now) {
            return Ok(keys);
        }
        let stale = slot.fallback(now);
        if !slot.may_fetch(need, now) {
            return stale.ok_or(KeyFetchError::TriedJustNow);
        }
        if need == Need::Known
            && let Some(stale) = stale
        {
            drop(slot);
            tokio::spawn(refresh(
                shared_slot,
                outbound.clone(),
                provider.clone(),
                now,
            ));
            return Ok(stale);
        }
        match fetch(outbound, provider).await {
            Ok(fetched) => {
                let keys = slot.take_in(fetched, now);
                slot.save(provider, store).await;
                Ok(keys)
            }
            Err(error) => {
                warn(provider, &error);
                stale.ok_or(error)
            }
        }
    }

    fn slot(&self, source: String) -> Arc<AsyncMutex<Slot>> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.entry(source.clone());
        slot.or_insert_with(|| Arc::new(AsyncMutex::new(Slot::new(source))))
            .clone()
    }
}

impl Slot {
    const fn new(source: String) -> Self {
        Self {
            source,
            known: None,
            adopted: false,
            tried_at: None,
            newer_at: None,
            unsaved: None,
        }
    }

    /// Starts from the table's copy, unless whoever wrote it had other settings: a function
    /// may go on with a provider's old ones for a minute.
    async fn adopt<S: KeySetCopies>(
        &mut self,
        provider: &OpenIdProvider,
        store: &S,
        now: UnixTime,
    ) {
        if std::mem::replace(&mut self.adopted, true) {
            return;
        }
        let copy = store.key_set_copy(&provider.name).await.ok().flatten();
        self.known = copy
            .filter(|copy| copy.source == self.source)
            .and_then(|copy| Known::from_copy(&copy))
            .filter(|known| known.is_usable(now));
    }

    fn satisfies(&self, need: Need, now: UnixTime) -> Option<Arc<KeySet>> {
        let known = self.known.as_ref()?;
        let good = match need {
            Need::Known => now < known.fresh_until,
            Need::Newer => false,
        };
        good.then(|| known.keys.clone())
    }

    /// Whether a fetch is due, and if so, notes it. A token that no key verifies may cause
    /// one right after the first, so that a rotation between the two goes unnoticed by callers.
    fn may_fetch(&mut self, need: Need, now: UnixTime) -> bool {
        let last = match need {
            Need::Known => &mut self.tried_at,
            Need::Newer => &mut self.newer_at,
        };
        let due = last.is_none_or(|at| now.since(at) >= REFETCH_INTERVAL);
        if due {
            *last = Some(now);
        }
        due
    }

    fn take_in(&mut self, fetched: Fetched, now: UnixTime) -> Arc<KeySet> {
        let fresh_until = now.plus(fetched.fresh_seconds);
        self.known = Some(Known {
            keys: fetched.keys.clone(),
            fetched_at: now,
            fresh_until,
        });
        let small = fetched.document.len() <= MAX_COPY;
        self.unsaved = small.then(|| KeySetCopy {
            source: self.source.clone(),
            document: fetched.document,
            fetched_at: now,
            fresh_until,
        });
        fetched.keys
    }

    /// A copy that cannot be kept costs the next cold function a fetch, and nobody else anything.
    async fn save<S: KeySetCopies>(&mut self, provider: &OpenIdProvider, store: &S) {
        let Some(copy) = self.unsaved.take() else {
            return;
        };
        if let Err(error) = store.put_key_set_copy(&provider.name, &copy).await {
            tracing::warn!(provider = provider.name, %error, "a copy of a provider's keys could not be kept");
        }
    }

    /// Old keys, while new ones cannot be had.
    fn fallback(&self, now: UnixTime) -> Option<Arc<KeySet>> {
        self.known
            .as_ref()
            .filter(|known| known.is_usable(now))
            .map(|known| known.keys.clone())
    }
}

/// Fetches newer keys while old ones are in use.
async fn refresh(
    slot: Arc<AsyncMutex<Slot>>,
    outbound: Arc<Outbound>,
    provider: OpenIdProvider,
    now: UnixTime,
) {
    match fetch(&outbound, &provider).await {
        Ok(fetched) => {
            slot.lock().await.take_in(fetched, now);
        }
        Err(error) => warn(&provider, &error),
    }
}

fn warn(provider: &OpenIdProvider, error: &KeyFetchError) {
    tracing::warn!(provider = provider.name, %error, "a provider's keys could not be fetched");
}
