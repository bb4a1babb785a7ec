//! What is stored: a room an item, with one trait per thing that may be done with it.
//!
//! A function asks for the capabilities it needs; its role in the deployment grants exactly
//! the operations behind them. Look-ups return `Ok(None)` for what does not exist.
//! `docs/DATA-MODEL.md` tells the life of each item.

mod cached;
mod change;
mod counter;
mod error;
mod group;
mod item_key;
mod key_ring;
mod key_set_copy;
mod limits;
mod listed;
mod place;
mod plugin;
mod policy;
mod provider;
mod revocation;
mod role;
mod service;
mod session;
mod settings;
mod status;
mod used_token;
mod user;

pub use cached::CachedStore;
pub use change::Change;
pub use counter::{Count, Counter};
pub use error::{CorruptItem, StoreError};
pub use group::{Group, GroupChange, ManageGroups, ReadGroups};
pub use item_key::digest_of;
pub use key_ring::{KeyEntry, ManageKeys, StoredKeys};
pub use key_set_copy::{KeySetCopies, KeySetCopy};
pub use limits::IssueLimits;
pub use listed::Listed;
pub use place::TakePlaces;
pub use plugin::{IdentityPlugin, ManagePlugins, ReadPlugins, TokenIn};
pub use policy::{ManagePolicies, ReadPolicies, StoredPolicy};
pub use provider::{
    GROUPS_CLAIM, Grant, KeySource, LongDurations, ManageProviders, MissingPolicies,
    OpenIdProvider, ReadProviders,
};
pub use revocation::{Holder, ReadRevocations, Revoke, Scope};
pub use role::{ReadRoles, Role};
pub use service::{ReadService, ServiceRecord};
pub use session::{
    Authority, CreateSessions, KeptClaims, ManageSessions, Parent, ReadSessions, Session,
    SessionRequest, token_digest,
};
pub use settings::{AttemptLimits, ManageSettings, OpaSettings, Settings, SettingsChange};
pub use status::Status;
pub use used_token::UsedTokens;
pub use user::{ManageUsers, ReadUsers, User, UserChange};
