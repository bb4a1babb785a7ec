//! Stored policies.

use std::slice;

use model::PolicyName;
use model::random::Random;
use policy::{Kind, Policy, canned};
use serde_json::Value;
use store::{
    Grant, ManageGroups, ManagePlugins, ManagePolicies, ManageProviders, ManageUsers, ReadPolicies,
    ReadService, StoredPolicy,
};

use crate::error::{Error, or_conflict};
use crate::item::{Declared, Item};
use crate::lint::{self, Finding, Supplied};
use crate::names::policy_name;

/// A policy with a document that was checked.
#[derive(Debug)]
pub struct DesiredPolicy {
    name: PolicyName,
    document: String,
}

/// How a policy is written.
#[derive(Debug)]
pub enum PolicyWrite {
    /// It is new.
    Create(DesiredPolicy),
    /// It is there.
    Change(DesiredPolicy),
}

/// A policy that was added, and what it depends on that nobody supplies.
#[derive(Debug)]
pub struct Added {
    /// The policy as it is stored.
    pub policy: StoredPolicy,
    /// None, if they were to be refused.
    pub findings: Vec<Finding>,
}

/// Adds a policy. `strict` refuses one that depends on what nobody supplies.
pub async fn add<S>(
    store: &S,
    random: &dyn Random,
    desired: DesiredPolicy,
    strict: bool,
) -> Result<Added, Error>
where
    S: ManagePolicies + ManagePlugins + ManageProviders + ReadService,
{
    let supplied = Supplied::read(store).await?;
    let findings = supplied.findings_of(desired.name.as_str(), &desired.document);
    lint::refuse(&findings, strict)?;
    let policy = StoredPolicy::new(desired.name, desired.document, random)?;
    or_conflict(store.create_policy(&policy).await, || {
        Error::exists(DesiredPolicy::KIND, &policy.name)
    })?;
    Ok(Added { policy, findings })
}

/// Adds the canned policies that are missing; every name with whether it was.
pub async fn add_canned<S: ManagePolicies>(
    store: &S,
    random: &dyn Random,
) -> Result<Vec<(PolicyName, bool)>, Error> {
    let mut canned_policies = Vec::with_capacity(canned::ALL.len());
    for (name, document) in canned::ALL {
        let name = policy_name(name)?;
        let is_missing = store.policies(slice::from_ref(&name)).await?.is_empty();
        if is_missing {
            let policy = StoredPolicy::new(name.clone(), document, random)?;
            store.create_policy(&policy).await?;
        }
        canned_policies.push((name, is_missing));
    }
    Ok(canned_policies)
}

/// The policy of that name.
pub async fn find<S: ReadPolicies>(store: &S, name: &str) -> Result<StoredPolicy, Error> {
    let name = policy_name(name)?;
    let mut policies = store.policies(slice::from_ref(&name)).await?;
    let policy = policies.pop();
    policy.ok_or_else(|| Error::missing(DesiredPolicy::KIND, &name))
}

/// Deletes a policy; refuses one that is attached to somebody.
pub async fn remove<S>(store: &S, name: &str) -> Result<(), Error>
where
    S: ManagePolicies + ManageUsers + ManageGroups + ManagePlugins + ManageProviders,
{
    let policy = find(store, name).await?;
    let holders = holders(store, &policy.name).await?;
    if !holders.is_empty() {
        let holders = holders.join(", ");
        return Err(Error::InUse(format!(
            "policy {name} is attached to {holders}"
        )));
    }
    Ok(store.delete_policy(&policy.name).await?)
}

/// Who has the policy: users, groups, and those who have roles.
async fn holders<S>(store: &S, name: &PolicyName) -> Result<Vec<String>, Error>
where
    S: ManageUsers + ManageGroups + ManagePlugins + ManageProviders,
{
    let mut holders = Vec::new();
    for user in store.list_users().await?.complete()? {
        if user.policies.contains(name) {
            holders.push(format!("user {}", user.access_key));
        }
    }
    for group in store.list_groups().await?.complete()? {
        if group.policies.contains(name) {
            holders.push(format!("group {}", group.name));
        }
    }
    for plugin in store.list_plugins().await?.complete()? {
        if plugin.policies.contains(name) {
            holders.push(format!("plugin {}", plugin.name));
        }
    }
    for provider in store.list_providers().await?.complete()? {
        if matches!(&provider.grant, Grant::Role(policies) if policies.contains(name)) {
            holders.push(format!("provider {}", provider.name));
        }
    }
    Ok(holders)
}

/// Parses a document that is to be stored.
pub fn parse(name: &str, document: &str) -> Result<Policy, Error> {
    Policy::parse(document, Kind::Stored).map_err(|source| Error::Policy {
        name: name.to_owned(),
        source,
    })
}

/// Refuses names of policies that are not stored.
pub(crate) async fn require_policies<S: ReadPolicies>(
    store: &S,
    names: &[PolicyName],
) -> Result<(), Error> {
    let stored = store.policies(names).await?;
    match names.iter().find(|n| !stored.iter().any(|p| p.name == **n)) {
        Some(name) => Err(Error::missing(DesiredPolicy::KIND, name)),
        None => Ok(()),
    }
}

impl Declared for DesiredPolicy {
    const KIND: &'static str = "policy";

    fn name(&self) -> &str {
        self.name.as_str()
    }
}

impl DesiredPolicy {
    /// Checks the document, which is then stored as it is.
    pub fn new(name: PolicyName, document: impl Into<String>) -> Result<Self, Error> {
        let document = document.into();
        parse(name.as_str(), &document)?;
        Ok(Self { name, document })
    }

    /// The policy's name.
    pub const fn policy_name(&self) -> &PolicyName {
        &self.name
    }

    /// The document as it was given.
    pub fn document(&self) -> &str {
        &self.document
    }

    /// Compares.
    pub(crate) fn plan(self, stored: Option<&StoredPolicy>) -> Item<PolicyWrite> {
        let name = self.name.to_string();
        let Some(stored) = stored else {
            return Item::new(Self::KIND, name, PolicyWrite::Create(self));
        };
        let mut details = Vec::new();
        if !same_json(&stored.document, &self.document) {
            details.push("document changed".to_owned());
        }
        Item::stored(Self::KIND, name, details, PolicyWrite::Change(self))
    }
}

impl PolicyWrite {
    pub(crate) async fn carry_out<S: ManagePolicies>(
        self,
        store: &S,
        random: &dyn Random,
    ) -> Result<(), Error> {
        let written = match self {
            Self::Create(new) => {
                let policy = StoredPolicy::new(new.name, new.document, random)?;
                store.create_policy(&policy).await
            }
            Self::Change(changed) => store.change_policy(&changed.name, &changed.document).await,
        };
        or_conflict(written, Error::table_changed)
    }
}

/// Whether two documents say the same, layout and order of members aside.
fn same_json(a: &str, b: &str) -> bool {
    let parse = serde_json::from_str::<Value>;
    a == b || matches!((parse(a), parse(b)), (Ok(a), Ok(b)) if a == b)
}
