//! What declared items refer to, and what only one of them may have.

use std::collections::{BTreeMap, HashSet};

use model::PolicyName;

use crate::error::Error;
use crate::item::{Declared, refusal};

/// The policies and groups that a declaration may refer to.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    pub(crate) policies: HashSet<&'a PolicyName>,
    pub(crate) groups: HashSet<&'a str>,
}

impl Known<'_> {
    /// Refuses policies that are neither declared nor stored.
    pub(crate) fn check_policies<D: Declared>(
        &self,
        declared: &D,
        names: &[PolicyName],
    ) -> Result<(), Error> {
        match names.iter().find(|name| !self.policies.contains(name)) {
            Some(name) => Err(refusal(declared, format!("policy {name} does not exist"))),
            None => Ok(()),
        }
    }

    /// Refuses groups that are neither declared nor stored.
    pub(crate) fn check_groups<D: Declared>(
        &self,
        declared: &D,
        names: &[String],
    ) -> Result<(), Error> {
        match names.iter().find(|n| !self.groups.contains(n.as_str())) {
            Some(name) => Err(refusal(declared, format!("group {name} does not exist"))),
            None => Ok(()),
        }
    }
}

/// Whose the roles are, by their ARNs: a role has one owner.
#[derive(Debug)]
pub(crate) struct RoleOwners(pub(crate) BTreeMap<String, String>);

impl RoleOwners {
    /// Gives a role to its declared owner; refuses one that somebody else has.
    pub(crate) fn claim<D: Declared>(&mut self, declared: &D, arn: String) -> Result<(), Error> {
        match self.0.get(&arn) {
            Some(owner) if owner != declared.name() => {
                let reason = format!("its role {arn} is that of {owner} already");
                Err(refusal(declared, reason))
            }
            _ => {
                self.0.insert(arn, declared.name().to_owned());
                Ok(())
            }
        }
    }
}

/// Refuses a role without policies, which no session could do anything with.
pub(crate) fn check_role_policies(policies: &[PolicyName]) -> Result<(), Error> {
    if policies.is_empty() {
        return Err(Error::Invalid(
            "role_policies must name at least one policy".to_owned(),
        ));
    }
    Ok(())
}
