//! What a process keeps about identity providers between calls.

mod fetch;
mod inspect;
mod key_sets;

use std::sync::Arc;

use clock::UnixTime;
use model::cache::Cache;
use store::{IdentityPlugin, OpenIdProvider, ReadPlugins, ReadProviders, StoreError};

use crate::outbound::{Circuits, Outbound};

pub use fetch::{KeyFetchError, compare_issuer};
pub use inspect::{Inspected, inspect};
pub use key_sets::{KeySets, Need};

/// How long a provider's settings are used before they are read again, in seconds. It bounds
/// how long a disabled provider goes on issuing.
const MAX_AGE: i64 = 60;

/// Connections, circuits and settings of identity providers.
#[derive(Debug)]
pub struct Identity {
    /// The client that reaches them.
    pub outbound: Arc<Outbound>,
    /// Who is left alone for a while.
    pub circuits: Arc<Circuits>,
    /// Providers' public keys.
    pub key_sets: KeySets,
    plugins: Cache<Arc<IdentityPlugin>>,
    providers: Cache<Arc<[OpenIdProvider]>>,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            outbound: Arc::default(),
            circuits: Arc::default(),
            key_sets: KeySets::default(),
            plugins: Cache::new(MAX_AGE),
            providers: Cache::new(MAX_AGE),
        }
    }
}

impl Identity {
    /// The plugin behind a role, at most a minute old.
    pub async fn plugin<S: ReadPlugins>(
        &self,
        store: &S,
        role_arn: &str,
        now: UnixTime,
    ) -> Result<Option<Arc<IdentityPlugin>>, StoreError> {
        if let Some(plugin) = self.plugins.get(role_arn, now) {
            return Ok(Some(plugin));
        }
        let plugin = store.plugin(role_arn).await?.map(Arc::new);
        if let Some(plugin) = &plugin {
            self.plugins.put(role_arn, plugin.clone(), now);
        }
        Ok(plugin)
    }

    /// The providers of an issuer, at most a minute old.
    pub async fn providers<S: ReadProviders>(
        &self,
        store: &S,
        issuer: &str,
        now: UnixTime,
    ) -> Result<Arc<[OpenIdProvider]>, StoreError> {
        if let Some(providers) = self.providers.get(issuer, now) {
            return Ok(providers);
        }
        let providers: Arc<[OpenIdProvider]> = store.providers(issuer).await?.into();
        if !providers.is_empty() {
            self.providers.put(issuer, providers.clone(), now);
        }
        Ok(providers)
    }
}
