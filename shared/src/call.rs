//! What one call works with: the store, the keys, the settings, and one moment in time.

use crate::clock::UnixTime;
use crate::identity::Identity;
use crate::keys::KeyRing;
use crate::permissions::Policies;
use crate::random::Random;
use crate::store::Settings;

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
