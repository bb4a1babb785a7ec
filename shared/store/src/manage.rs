//! What operators may do with the store, beyond what functions may.
//!
//! Lists come over the index, which trails the table by moments; everything that is looked
//! up by name is read consistently. An item that cannot be read is an error to who looks it up,
//! and does not hide the others from who lists them. Creating what exists, and changing what does not, is a
//! [`StoreError::Conflict`].

use std::future::Future;

use keys::Sealed;
use model::{AccessKeyId, PolicyName};

use super::{
    CorruptItem, Group, GroupChange, IdentityPlugin, KeyEntry, OpaSettings, OpenIdProvider, Parent,
    ReadGroups, ReadPlugins, ReadPolicies, ReadProviders, ReadSessions, ReadUsers, Revoke, Session,
    SettingsChange, StoreError, StoredKeys, StoredPolicy, User, UserChange,
};

/// What a list found.
#[derive(Debug)]
pub struct Listed<T> {
    /// The items.
    pub items: Vec<T>,
    /// What could not be read.
    pub corrupt: Vec<CorruptItem>,
}

impl<T> Listed<T> {
    /// The items, if all could be read: for who must not miss one.
    pub fn complete(self) -> Result<Vec<T>, StoreError> {
        match self.corrupt.into_iter().next() {
            Some(corrupt) => Err(StoreError::Corrupt(corrupt)),
            None => Ok(self.items),
        }
    }
}

/// Lists and changes users.
pub trait ManageUsers: ReadUsers {
    /// All users, by name.
    fn list_users(&self) -> impl Future<Output = Result<Listed<User>, StoreError>> + Send;

    /// Stores a new user.
    fn create_user(&self, user: &User) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Changes some attributes of a user and leaves the others as they are by then.
    fn change_user(
        &self,
        access_key: &AccessKeyId,
        change: &UserChange,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Replaces the sealed secret, only if it is still the one of `user`.
    fn reseal_user(
        &self,
        user: &User,
        secret: &Sealed,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Deletes a user, if there is one.
    fn delete_user(
        &self,
        access_key: &AccessKeyId,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Lists and changes groups.
pub trait ManageGroups: ReadGroups {
    /// All groups, by name.
    fn list_groups(&self) -> impl Future<Output = Result<Listed<Group>, StoreError>> + Send;

    /// Stores a new group.
    fn create_group(&self, group: &Group) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Changes some attributes of a group and leaves the others as they are by then.
    fn change_group(
        &self,
        name: &str,
        change: &GroupChange,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Deletes a group, if there is one.
    fn delete_group(&self, name: &str) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Lists and changes policies.
pub trait ManagePolicies: ReadPolicies {
    /// All policies, by name.
    fn list_policies(
        &self,
    ) -> impl Future<Output = Result<Listed<StoredPolicy>, StoreError>> + Send;

    /// Stores a new policy.
    fn create_policy(
        &self,
        policy: &StoredPolicy,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Replaces a policy's document; its version grows by one.
    fn change_policy(
        &self,
        name: &PolicyName,
        document: &str,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Deletes a policy, if there is one.
    fn delete_policy(
        &self,
        name: &PolicyName,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Lists and changes identity plugins. Names are unique among them, and so are roles.
pub trait ManagePlugins: ReadPlugins {
    /// All plugins, by name.
    fn list_plugins(
        &self,
    ) -> impl Future<Output = Result<Listed<IdentityPlugin>, StoreError>> + Send;

    /// The plugin of that name, read consistently.
    fn plugin_named(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Option<IdentityPlugin>, StoreError>> + Send;

    /// Stores a new plugin.
    fn create_plugin(
        &self,
        plugin: &IdentityPlugin,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Replaces a plugin by one of the same name, only if it is still the one that was
    /// `read`. With another role, the old role goes.
    fn change_plugin(
        &self,
        read: &IdentityPlugin,
        plugin: &IdentityPlugin,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Deletes a plugin and its role, only if it is still the one that was `read`.
    fn delete_plugin(
        &self,
        read: &IdentityPlugin,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Lists and changes OpenID providers. Names are unique among them, and so are roles.
pub trait ManageProviders: ReadProviders {
    /// All providers, by name.
    fn list_providers(
        &self,
    ) -> impl Future<Output = Result<Listed<OpenIdProvider>, StoreError>> + Send;

    /// The provider of that name, read consistently.
    fn provider_named(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Option<OpenIdProvider>, StoreError>> + Send;

    /// Stores a new provider and its roles.
    fn create_provider(
        &self,
        provider: &OpenIdProvider,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Replaces a provider by one of the same name, only if it is still the one that was
    /// `read`. Roles that the new one lacks go, and the copy of its keys does if they come
    /// from elsewhere now.
    fn change_provider(
        &self,
        read: &OpenIdProvider,
        provider: &OpenIdProvider,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Deletes a provider, its roles and the copy of its keys, only if it is still the one
    /// that was `read`.
    fn delete_provider(
        &self,
        read: &OpenIdProvider,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Changes the settings.
pub trait ManageSettings: Sync {
    /// Changes some settings and leaves the others as they are by then.
    fn change_settings(
        &self,
        change: &SettingsChange,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Replaces the settings of Open Policy Agent, only if they are still those that were
    /// `read`.
    fn replace_opa(
        &self,
        read: &OpaSettings,
        opa: &OpaSettings,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Reads and replaces the key ring.
pub trait ManageKeys: Sync {
    /// The key ring, read consistently; empty before `sts-admin init`.
    fn stored_keys(&self) -> impl Future<Output = Result<StoredKeys, StoreError>> + Send;

    /// Replaces the ring's entries in one write, only if the ring is still the one that was
    /// `read`.
    fn replace_keys(
        &self,
        read: &StoredKeys,
        entries: &[KeyEntry],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Lists sessions.
pub trait ManageSessions: ReadSessions + Revoke {
    /// All sessions that the table still holds, expired ones too, the oldest first. Reads the
    /// whole table.
    fn list_sessions(&self) -> impl Future<Output = Result<Listed<Session>, StoreError>> + Send;

    /// The sessions of one parent that the table still holds, the oldest first.
    fn list_sessions_of(
        &self,
        parent: &Parent,
    ) -> impl Future<Output = Result<Listed<Session>, StoreError>> + Send;
}
