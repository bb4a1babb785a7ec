//! Groups: policies that their members have in common.

use std::future::Future;

use model::PolicyName;

use super::{Listed, Status, StoreError};

/// A group: policies that its members have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The group's name.
    pub name: String,
    /// Whether its members get its policies.
    pub status: Status,
    /// Policies attached to the group.
    pub policies: Vec<PolicyName>,
}

impl Group {
    /// The key of a group's item.
    pub fn item_key(name: &str) -> String {
        format!("GROUP#{name}")
    }
}

/// A change of a group; what is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupChange {
    /// The new status.
    pub status: Option<Status>,
    /// All policies from now on.
    pub policies: Option<Vec<PolicyName>>,
}

/// Looks up groups.
pub trait ReadGroups: Sync {
    /// The groups of those names, in no particular order; names that do not exist are left out.
    fn groups(
        &self,
        names: &[String],
    ) -> impl Future<Output = Result<Vec<Group>, StoreError>> + Send;
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
