//! Long-term users.

use std::future::Future;

use keys::Sealed;
use model::{AccessKeyId, PolicyName, UniqueId};

use super::{Change, IssueLimits, Listed, Status, StoreError};

/// A long-term user.
#[derive(Debug, Clone)]
pub struct User {
    /// New whenever a user is made: the user's sessions hold it, and outlive no other.
    pub id: UniqueId,
    /// The user's name and access key id at once.
    pub access_key: AccessKeyId,
    /// The secret access key, sealed for this item.
    pub secret: Sealed,
    /// Whether the user may sign requests, and sessions of the user may be used.
    pub status: Status,
    /// Policies attached to the user.
    pub policies: Vec<PolicyName>,
    /// Groups that the user belongs to.
    pub groups: Vec<String>,
    /// The longest session that the user may have, in seconds; the service's limit if `None`.
    pub max_session_seconds: Option<u32>,
    /// How much may be issued to the user.
    pub limits: IssueLimits,
}

impl User {
    /// The key of a user's item.
    pub fn item_key(access_key: &AccessKeyId) -> String {
        format!("USER#{access_key}")
    }
}

/// A change of a user; what is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserChange {
    /// The new secret, sealed for the user's item.
    pub secret: Option<Sealed>,
    /// The new status.
    pub status: Option<Status>,
    /// All policies from now on.
    pub policies: Option<Vec<PolicyName>>,
    /// All groups from now on.
    pub groups: Option<Vec<String>>,
    /// The longest session, in seconds.
    pub max_session_seconds: Change<u32>,
    /// All limits from now on.
    pub limits: Option<IssueLimits>,
}

/// Looks up long-term users.
pub trait ReadUsers: Sync {
    /// The user of that access key, read consistently.
    fn user(
        &self,
        access_key: &AccessKeyId,
    ) -> impl Future<Output = Result<Option<User>, StoreError>> + Send;
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
