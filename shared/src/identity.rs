//! What a process keeps about identity providers between calls.

use std::sync::Arc;

use crate::cache::Cache;
use crate::clock::UnixTime;
use crate::outbound::{Circuits, Outbound};
use crate::store::{IdentityPlugin, ReadPlugins, StoreError};

/// How long a provider's settings are used before they are read again, in seconds. It bounds
/// how long a disabled provider goes on issuing.
const MAX_AGE: i64 = 60;

/// Connections, circuits and settings of identity providers.
#[derive(Debug)]
pub struct Identity {
    /// The client that reaches them.
    pub outbound: Outbound,
    /// Who is left alone for a while.
    pub circuits: Circuits,
    plugins: Cache<Arc<IdentityPlugin>>,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            outbound: Outbound::default(),
            circuits: Circuits::default(),
            plugins: Cache::new(MAX_AGE),
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
}
