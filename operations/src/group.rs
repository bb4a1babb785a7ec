//! Groups: policies that users have in common.

use std::slice;

use model::PolicyName;
use store::{
    Group, GroupChange, ManageGroups, ManageUsers, ReadGroups, ReadPolicies, Status, User,
};

use crate::differences::Differences;
use crate::error::{Error, or_conflict};
use crate::item::{Declared, Item};
use crate::names::{group_name, unique};
use crate::policy::require_policies;
use crate::references::Known;

/// A group as it shall be; what `change` leaves out stays as it is.
#[derive(Debug)]
pub struct DesiredGroup {
    name: String,
    change: GroupChange,
}

/// How a group is written.
#[derive(Debug)]
pub enum GroupWrite {
    /// It is new.
    Create(Group),
    /// It is there.
    Change(String, GroupChange),
}

/// Adds a group, whose policies must exist.
pub async fn add<S: ManageGroups + ReadPolicies>(
    store: &S,
    desired: DesiredGroup,
) -> Result<Group, Error> {
    let group = desired.into_new();
    require_policies(store, &group.policies).await?;
    let exists = || Error::exists(DesiredGroup::KIND, &group.name);
    // The write alone would take an equal group for its own.
    let stored = store.groups(slice::from_ref(&group.name)).await?;
    if !stored.is_empty() {
        return Err(exists());
    }
    or_conflict(store.create_group(&group).await, exists)?;
    Ok(group)
}

/// The group of that name.
pub async fn find<S: ReadGroups>(store: &S, name: &str) -> Result<Group, Error> {
    let mut groups = store.groups(&[name.to_owned()]).await?;
    let group = groups.pop();
    group.ok_or_else(|| Error::missing(DesiredGroup::KIND, name))
}

/// The users who belong to the group.
pub async fn members<S: ManageUsers>(store: &S, name: &str) -> Result<Vec<String>, Error> {
    let users = store.list_users().await?.complete()?;
    let belongs = |user: &&User| user.groups.iter().any(|g| g == name);
    let members = users.iter().filter(belongs);
    Ok(members.map(|user| user.access_key.to_string()).collect())
}

/// Enables or disables a group: a disabled one gives its members nothing.
pub async fn set_status<S: ManageGroups>(
    store: &S,
    name: &str,
    status: Status,
) -> Result<(), Error> {
    let group = find(store, name).await?;
    let change = GroupChange {
        status: Some(status),
        policies: None,
    };
    Ok(store.change_group(&group.name, &change).await?)
}

/// Deletes a group; refuses one that has members.
pub async fn remove<S: ManageGroups + ManageUsers>(store: &S, name: &str) -> Result<(), Error> {
    let group = find(store, name).await?;
    let members = members(store, name).await?;
    if !members.is_empty() {
        let members = members.join(", ");
        return Err(Error::InUse(format!("group {name} has members: {members}")));
    }
    Ok(store.delete_group(&group.name).await?)
}

/// Refuses names of groups that are not stored.
pub(crate) async fn require_groups<S: ReadGroups>(
    store: &S,
    names: &[String],
) -> Result<(), Error> {
    let stored = store.groups(names).await?;
    match names.iter().find(|n| !stored.iter().any(|g| g.name == **n)) {
        Some(name) => Err(Error::missing(DesiredGroup::KIND, name)),
        None => Ok(()),
    }
}

impl Declared for DesiredGroup {
    const KIND: &'static str = "group";

    fn name(&self) -> &str {
        &self.name
    }
}

impl DesiredGroup {
    /// A group of that name, of which nothing else is said.
    pub fn new(name: &str) -> Result<Self, Error> {
        Ok(Self {
            name: group_name(name)?,
            change: GroupChange::default(),
        })
    }

    /// With those attributes.
    #[must_use]
    pub fn with(self, change: GroupChange) -> Self {
        let policies = change.policies.map(unique);
        Self {
            change: GroupChange { policies, ..change },
            ..self
        }
    }

    /// The policies that are attached.
    pub(crate) fn policies(&self) -> &[PolicyName] {
        self.change.policies.as_deref().unwrap_or_default()
    }

    pub(crate) fn check_references(&self, known: &Known<'_>) -> Result<(), Error> {
        known.check_policies(self, self.policies())
    }

    /// Compares.
    pub(crate) fn plan(self, stored: Option<&Group>) -> Item<GroupWrite> {
        let name = self.name.clone();
        let Some(stored) = stored else {
            return Item::new(Self::KIND, name, GroupWrite::Create(self.into_new()));
        };
        let mut differences = Differences::default();
        let change = GroupChange {
            status: differences.status(self.change.status, stored.status),
            policies: differences.list("policies", self.change.policies, &stored.policies),
        };
        let write = GroupWrite::Change(self.name, change);
        Item::stored(Self::KIND, name, differences.0, write)
    }

    fn into_new(self) -> Group {
        Group {
            name: self.name,
            status: self.change.status.unwrap_or(Status::Enabled),
            policies: self.change.policies.unwrap_or_default(),
        }
    }
}

impl GroupWrite {
    pub(crate) async fn carry_out<S: ManageGroups>(self, store: &S) -> Result<(), Error> {
        let written = match self {
            Self::Create(group) => store.create_group(&group).await,
            Self::Change(name, change) => store.change_group(&name, &change).await,
        };
        or_conflict(written, Error::table_changed)
    }
}
