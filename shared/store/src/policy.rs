//! Stored policies.

use std::future::Future;

use model::random::{Random, RandomError};
use model::{IdKind, PolicyName, UniqueId};

use super::{Listed, StoreError};

/// A stored policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPolicy {
    /// New whenever a policy is made.
    pub id: UniqueId,
    /// Its name.
    pub name: PolicyName,
    /// The document as it was stored.
    pub document: String,
    /// Grows with every change. Id and version together name the compiled form in memory.
    pub version: u64,
}

impl StoredPolicy {
    /// A policy that is made now.
    pub fn new(
        name: PolicyName,
        document: impl Into<String>,
        random: &dyn Random,
    ) -> Result<Self, RandomError> {
        Ok(Self {
            id: UniqueId::generate(IdKind::Policy, random)?,
            name,
            document: document.into(),
            version: 1,
        })
    }

    /// The key of a policy's item.
    pub fn item_key(name: &PolicyName) -> String {
        format!("POLICY#{name}")
    }
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
