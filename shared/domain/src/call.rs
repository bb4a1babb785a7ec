//! What one call works with: the store, the keys, the settings, and one moment in time.

use clock::UnixTime;
use keys::KeyRing;
use model::random::Random;
use store::Settings;

use crate::identity::Identity;
use crate::policies::{Policies, Reader};

/// The surroundings of one call. The time is read once, so that every check of a call agrees.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a, S> {
    /// Users, policies and sessions.
    pub store: &'a S,
    /// The keys that sign and seal.
    pub keys: &'a KeyRing,
    /// The operator's settings.
    pub settings: &'a Settings,
    /// What the process keeps about identity providers.
    pub identity: &'a Identity,
    /// Policies that the process has read and compiled.
    pub policies: &'a Policies,
    /// When the call arrived.
    pub now: UnixTime,
    /// Where keys and secrets come from.
    pub random: &'a dyn Random,
}

impl<'a, S> Call<'a, S> {
    /// What reads policies and groups.
    pub const fn reader(&self) -> Reader<'a, S> {
        Reader {
            store: self.store,
            kept: self.policies,
            now: self.now,
        }
    }
}
