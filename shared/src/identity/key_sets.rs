//! Providers' public keys: fetched when needed, kept as long as the provider says, shared
//! through the table.
//!
//! Whoever sends tokens cannot make this process fetch more than once a minute per provider,
//! and calls that need the same fetch wait for one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;
use tokio::sync::Mutex as AsyncMutex;
use url::Url;

use crate::clock::UnixTime;
use crate::jwt::{KeySet, KeySetError};
use crate::outbound::{Outbound, OutboundError, OutboundReply, OutboundRequest, Reach};
use crate::store::{KeySetCopies, KeySetCopy, KeySource, OpenIdProvider};

/// The largest discovery document or key set, in bytes.
const MAX_REPLY: usize = 1024 * 1024;

/// The largest key set of which a copy goes into the table, in bytes.
const MAX_COPY: usize = 256 * 1024;

/// How many redirects within one host are followed.
const MAX_REDIRECTS: usize = 3;

/// How long keys count as fresh, in seconds, whatever the provider says; and if it is silent.
const MIN_FRESH: i64 = 300;
const MAX_FRESH: i64 = 24 * 3600;
const DEFAULT_FRESH: i64 = 3600;

/// How long stale keys are used while the provider is down, in seconds after the fetch.
const MAX_STALE: i64 = 24 * 3600;

/// How often an unknown key id may cause a fetch, in seconds.
const REFETCH_INTERVAL: i64 = 60;

/// A provider's keys cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFetchError {
    /// The discovery document names no key set, or another issuer.
    #[error("the provider's discovery document has no valid {0}")]
    Discovery(&'static str),
    /// What was fetched is no key set.
    #[error(transparent)]
    KeySet(#[from] KeySetError),
    /// The provider did not answer, or was asked a moment ago and had not.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// It answered with another status than 200.
    #[error("the provider answered with status {0}")]
    Status(u16),
    /// The fetch failed less than a minute ago.
    #[error("the provider's keys could not be fetched a moment ago")]
    TriedJustNow,
}

/// What is known of one provider's keys.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) keys: Arc<KeySet>,
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

/// The slot of one provider. The outer lock is what makes a fetch a single flight.
#[derive(Debug, Default)]
struct Slot {
    known: Option<Known>,
    /// The provider's settings when the keys were fetched; new settings, new keys.
    source: Option<KeySource>,
    tried_at: Option<UnixTime>,
    /// When an unknown key id caused a fetch.
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
    /// Newer keys than those that did not have a token's key id.
    Newer,
}

impl KeySets {
    /// The keys of a provider.
    ///
    /// Stale keys are served at once while newer ones are fetched in the background. Only the
    /// first need of a process, and a token with an unknown key id, wait for a fetch.
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
        let shared_slot = self.slot(&provider.name);
        let mut slot = shared_slot.lock().await;
        slot.adopt(provider, store, now).await;
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
        match fetch(outbound, provider, now).await {
            Ok(fetched) => {
                let keys = slot.take_in(fetched);
                slot.save(provider, store).await;
                Ok(keys)
            }
            Err(error) => {
                warn(provider, error);
                stale.ok_or(error)
            }
        }
    }

    fn slot(&self, provider: &str) -> Arc<AsyncMutex<Slot>> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.entry(provider.to_owned()).or_default().clone()
    }
}

impl Slot {
    /// Starts from the table's copy in a new process, and afresh after a change of settings.
    async fn adopt<S: KeySetCopies>(
        &mut self,
        provider: &OpenIdProvider,
        store: &S,
        now: UnixTime,
    ) {
        if self.source.as_ref() == Some(&provider.keys) {
            self.save(provider, store).await;
            return;
        }
        let first = self.source.is_none();
        *self = Self {
            source: Some(provider.keys.clone()),
            ..Self::default()
        };
        if first {
            let copy = store.key_set_copy(&provider.name).await.ok().flatten();
            self.known = copy
                .as_ref()
                .and_then(Known::from_copy)
                .filter(|known| known.is_usable(now));
        }
    }

    fn satisfies(&self, need: Need, now: UnixTime) -> Option<Arc<KeySet>> {
        let known = self.known.as_ref()?;
        let good = match need {
            Need::Known => now < known.fresh_until,
            Need::Newer => false,
        };
        good.then(|| known.keys.clone())
    }

    /// Whether a fetch is due, and if so, notes it. A token with an unknown key id may cause
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

    fn take_in(&mut self, (known, copy): (Known, KeySetCopy)) -> Arc<KeySet> {
        let keys = known.keys.clone();
        self.known = Some(known);
        self.unsaved = (copy.document.len() <= MAX_COPY).then_some(copy);
        keys
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
    match fetch(&outbound, &provider, now).await {
        Ok(fetched) => {
            slot.lock().await.take_in(fetched);
        }
        Err(error) => warn(&provider, error),
    }
}

fn warn(provider: &OpenIdProvider, error: KeyFetchError) {
    tracing::warn!(provider = provider.name, %error, "a provider's keys could not be fetched");
}

async fn fetch(
    outbound: &Outbound,
    provider: &OpenIdProvider,
    now: UnixTime,
) -> Result<(Known, KeySetCopy), KeyFetchError> {
    let url = key_set_url(outbound, provider).await?;
    fetch_from(outbound, provider, url, now).await
}

pub(super) async fn fetch_from(
    outbound: &Outbound,
    provider: &OpenIdProvider,
    url: Url,
    now: UnixTime,
) -> Result<(Known, KeySetCopy), KeyFetchError> {
    let reply = get(outbound, provider, url).await?;
    let document = String::from_utf8(reply.body.to_vec()).map_err(|_| KeySetError::Malformed)?;
    let keys = Arc::new(KeySet::parse(document.as_bytes())?);
    let fresh_until = now.plus(fresh_seconds(&reply));
    let copy = KeySetCopy {
        document,
        fetched_at: now,
        fresh_until,
    };
    Ok((
        Known {
            keys,
            fetched_at: now,
            fresh_until,
        },
        copy,
    ))
}

/// The configured URL, or the one that the discovery document names.
pub(super) async fn key_set_url(
    outbound: &Outbound,
    provider: &OpenIdProvider,
) -> Result<Url, KeyFetchError> {
    let configured = match &provider.keys {
        KeySource::JwksUrl(url) => return parse_url(url),
        KeySource::ConfigUrl(url) => parse_url(url)?,
        KeySource::Jwks(_) => return Err(KeyFetchError::Discovery("jwks_uri")),
    };
    discover(outbound, provider, configured).await
}

/// Reads a discovery document: its issuer must be the provider's (Discovery 1.0 section 4.3).
async fn discover(
    outbound: &Outbound,
    provider: &OpenIdProvider,
    url: Url,
) -> Result<Url, KeyFetchError> {
    #[derive(Deserialize)]
    struct Document {
        issuer: String,
        jwks_uri: String,
    }
    let reply = get(outbound, provider, url).await?;
    let document: Document = serde_json::from_slice(&reply.body)
        .map_err(|_| KeyFetchError::Discovery("issuer or jwks_uri"))?;
    if document.issuer != provider.issuer {
        return Err(KeyFetchError::Discovery("issuer"));
    }
    document
        .jwks_uri
        .parse()
        .map_err(|_| KeyFetchError::Discovery("jwks_uri"))
}

fn parse_url(url: &str) -> Result<Url, KeyFetchError> {
    url.parse().map_err(|_| KeyFetchError::Discovery("URL"))
}

async fn get(
    outbound: &Outbound,
    provider: &OpenIdProvider,
    mut url: Url,
) -> Result<OutboundReply, KeyFetchError> {
    for _ in 0..=MAX_REDIRECTS {
        let reply = outbound.send(request(provider, url.clone())).await?;
        match reply.status.as_u16() {
            200 => return Ok(reply),
            status @ (301 | 302 | 303 | 307 | 308) => {
                url = redirect(&url, &reply).ok_or(KeyFetchError::Status(status))?;
            }
            status => return Err(KeyFetchError::Status(status)),
        }
    }
    Err(KeyFetchError::Status(302))
}

fn request(provider: &OpenIdProvider, url: Url) -> OutboundRequest {
    let reach = if is_configured_host(provider, &url) {
        Reach::Configured
    } else {
        Reach::Learned
    };
    OutboundRequest {
        allow_http: provider.allow_http,
        url,
        reach,
        form: None,
        authorization: None,
        max_reply: MAX_REPLY,
    }
}

/// Whether the operator named the host; one that only a document names must be public.
fn is_configured_host(provider: &OpenIdProvider, url: &Url) -> bool {
    let configured = match &provider.keys {
        KeySource::ConfigUrl(configured) | KeySource::JwksUrl(configured) => Url::parse(configured),
        KeySource::Jwks(_) => return false,
    };
    configured.is_ok_and(|configured| configured.host_str() == url.host_str())
}

/// A redirect within the same host and scheme.
fn redirect(from: &Url, reply: &OutboundReply) -> Option<Url> {
    let to = from
        .join(reply.headers.get("location")?.to_str().ok()?)
        .ok()?;
    (to.origin() == from.origin()).then_some(to)
}

/// How long a reply says that it is good for (RFC 9111 section 5.2.2.1), within our bounds.
fn fresh_seconds(reply: &OutboundReply) -> i64 {
    let control = reply
        .headers
        .get("cache-control")
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let directives = || control.split(',').map(|d| d.trim().to_ascii_lowercase());
    if directives().any(|d| d == "no-store" || d == "no-cache") {
        return MIN_FRESH;
    }
    let max_age = directives().find_map(|d| {
        d.strip_prefix("max-age=")?
            .trim_matches('"')
            .parse::<i64>()
            .ok()
    });
    max_age.unwrap_or(DEFAULT_FRESH).clamp(MIN_FRESH, MAX_FRESH)
}
