//! What is stored, and one trait per thing that a function may do with it.
//!
//! A function asks for the capabilities it needs; its role in the deployment grants exactly
//! the operations behind them. Look-ups return `Ok(None)` for what does not exist.

mod cached;
mod changes;
mod item_key;
mod items;
mod key_set_copy;
mod limits;
mod manage;
mod provider;
mod revocation;
mod session;

use std::future::Future;

use clock::UnixTime;
use model::{AccessKeyId, PolicyName};

pub use cached::CachedStore;
pub use changes::{Change, GroupChange, SettingsChange, UserChange};
pub use item_key::digest_of;
pub use items::{
    Group, IdentityPlugin, KeyEntry, OpaSettings, ServiceRecord, Settings, Status, StoredKeys,
    StoredPolicy, TokenIn, User,
};
pub use key_set_copy::KeySetCopy;
pub use limits::{AttemptLimits, Count, Counter, IssueLimits, TakePlaces};
pub use manage::{
    Listed, ManageGroups, ManageKeys, ManagePlugins, ManagePolicies, ManageProviders,
    ManageSessions, ManageSettings, ManageUsers,
};
pub use provider::{
    GROUPS_CLAIM, Grant, KeySource, LongDurations, MissingPolicies, OpenIdProvider, Role,
};
pub use revocation::{Holder, Scope};
pub use session::{ActsAs, Parent, Session, SessionDetails, token_digest};

/// An item lacks an attribute, or one has an impossible value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[error("item {item} has no usable attribute {attribute}")]
pub struct CorruptItem {
    /// The item's key.
    pub item: String,
    /// The attribute's name.
    pub attribute: &'static str,
}

/// The store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another writer was there first.
    #[error("the item exists already or was changed meanwhile")]
    Conflict,
    /// An item cannot be read.
    #[error(transparent)]
    Corrupt(CorruptItem),
    /// Too many requests for the table's capacity.
    #[error("the table is throttled")]
    Throttled,
    /// The store cannot be reached, or failed.
    #[error("the table cannot be used")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Looks up long-term users.
pub trait ReadUsers: Sync {
    /// The user of that access key, read consistently.
    fn user(
        &self,
        access_key: &AccessKeyId,
    ) -> impl Future<Output = Result<Option<User>, StoreError>> + Send;
}

/// Looks up sessions.
pub trait ReadSessions: Sync {
    /// The session of that access key, read consistently. It may have expired.
    fn session(
        &self,
        access_key: &AccessKeyId,
    ) -> impl Future<Output = Result<Option<Session>, StoreError>> + Send;
}

/// Creates sessions.
pub trait CreateSessions: Sync {
    /// Stores a new session. Once this returns `Ok` the session survives any crash; calling
    /// it again with the same session is harmless, with another one of the same access key
    /// it is a [`StoreError::Conflict`].
    fn create_session(
        &self,
        session: &Session,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Looks up stored policies.
pub trait ReadPolicies: Sync {
    /// The policies of those names, read consistently, in no particular order; names that do
    /// not exist are left out.
    fn policies(
        &self,
        names: &[PolicyName],
    ) -> impl Future<Output = Result<Vec<StoredPolicy>, StoreError>> + Send;
}

/// Reads what the whole service shares.
pub trait ReadService: Sync {
    /// The key ring's entries and the settings, read consistently in one call.
    fn service_record(&self) -> impl Future<Output = Result<ServiceRecord, StoreError>> + Send;
}

/// Looks up identity plugins.
pub trait ReadPlugins: Sync {
    /// The plugin behind the role of that ARN, read consistently.
    fn plugin(
        &self,
        role_arn: &str,
    ) -> impl Future<Output = Result<Option<IdentityPlugin>, StoreError>> + Send;
}

/// Looks up OpenID providers.
pub trait ReadProviders: Sync {
    /// The providers with that issuer, enabled or not, read consistently.
    fn providers(
        &self,
        issuer: &str,
    ) -> impl Future<Output = Result<Vec<OpenIdProvider>, StoreError>> + Send;
}

/// Keeps copies of providers' keys.
pub trait KeySetCopies: Sync {
    /// The copy of a provider's keys, however old and wherever they came from.
    fn key_set_copy(
        &self,
        provider: &str,
    ) -> impl Future<Output = Result<Option<KeySetCopy>, StoreError>> + Send;

    /// Replaces the copy of a provider's keys.
    fn put_key_set_copy(
        &self,
        provider: &str,
        copy: &KeySetCopy,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Remembers which tokens have been used.
pub trait UsedTokens: Sync {
    /// Notes that a token, known by its issuer and its id, has been used for a session, for as
    /// long as it is valid; a [`StoreError::Conflict`] if it had been used for another.
    fn use_token(
        &self,
        token: (&str, &str),
        session: &AccessKeyId,
        until: UnixTime,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Looks up groups.
pub trait ReadGroups: Sync {
    /// The groups of those names, in no particular order; names that do not exist are left out.
    fn groups(
        &self,
        names: &[String],
    ) -> impl Future<Output = Result<Vec<Group>, StoreError>> + Send;
}

/// Looks up roles.
pub trait ReadRoles: Sync {
    /// The role of that ARN, read consistently.
    fn role(&self, arn: &str) -> impl Future<Output = Result<Option<Role>, StoreError>> + Send;
}

/// Looks up revocations.
pub trait ReadRevocations: Sync {
    /// The latest moment until which sessions of one of those scopes are dead, if there is
    /// one; read consistently in one call.
    fn revoked_until(
        &self,
        scopes: &[Scope],
    ) -> impl Future<Output = Result<Option<UnixTime>, StoreError>> + Send;
}

/// Ends sessions.
pub trait Revoke: Sync {
    /// Ends every session of the scope that was issued at `until` or before. One write; a
    /// revocation never moves back.
    fn revoke(
        &self,
        scope: &Scope,
        until: UnixTime,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Ends one session; the first revocation stands.
    fn revoke_session(
        &self,
        access_key: &AccessKeyId,
        at: UnixTime,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}
