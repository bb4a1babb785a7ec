//! Stored policies, compiled once per version and kept for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use clock::UnixTime;
use model::cache::Cache;
use model::{PolicyName, UniqueId};
use policy::{Kind, Policy, PolicyError};
use store::{Group, ReadGroups, ReadPolicies, StoreError, StoredPolicy};

/// How many compiled policies are kept before all are dropped.
const MAX_COMPILED: usize = 4096;

/// A compiled policy and its name.
pub type Attached = (String, Arc<Policy>);

/// Stored policies or groups cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PoliciesError {
    /// A group that a user names does not exist.
    #[error("group {0} does not exist")]
    MissingGroup(String),
    /// A policy that is attached does not exist.
    #[error("policy {0} does not exist")]
    MissingPolicy(PolicyName),
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored policy does not parse.
    #[error("policy {0} cannot be used: {1}")]
    Unusable(String, #[source] PolicyError),
}

/// A compiled policy, and what it was compiled from: id and version.
type Compiled = ((UniqueId, u64), Arc<Policy>);

/// Compiled policies and groups that this process has read.
#[derive(Debug)]
pub struct Policies {
    read: Cache<Arc<Policy>>,
    groups: Cache<Group>,
    compiled: Mutex<HashMap<String, Compiled>>,
}

/// Reads policies and groups by way of what this process keeps of them.
#[derive(Debug)]
pub struct Reader<'a, S> {
    /// Where they are stored.
    pub store: &'a S,
    /// What is kept of them.
    pub kept: &'a Policies,
    /// The moment of the call.
    pub now: UnixTime,
}

impl<S> Clone for Reader<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Reader<'_, S> {}

impl<S: ReadPolicies> Reader<'_, S> {
    /// The policies of those names. One that does not exist or does not parse is an error.
    pub async fn policies(
        &self,
        mut names: Vec<PolicyName>,
    ) -> Result<Vec<Attached>, PoliciesError> {
        let Self { store, kept, now } = *self;
        names.sort_unstable();
        names.dedup();
        let mut found = Vec::with_capacity(names.len());
        names.retain(|name| match kept.read.get(name.as_str(), now) {
            Some(policy) => {
                found.push((name.to_string(), policy));
                false
            }
            None => true,
        });
        if names.is_empty() {
            return Ok(found);
        }
        let stored = store.policies(&names).await?;
        for name in names {
            let policy = stored.iter().find(|policy| policy.name == name);
            let policy = policy.ok_or_else(|| PoliciesError::MissingPolicy(name.clone()))?;
            let compiled = kept.compile(policy)?;
            kept.read.put(name.as_str(), compiled.clone(), now);
            found.push((name.to_string(), compiled));
        }
        Ok(found)
    }
}

impl<S: ReadGroups> Reader<'_, S> {
    /// The groups of those names. One that does not exist is an error.
    pub async fn groups(&self, names: &[String]) -> Result<Vec<Group>, PoliciesError> {
        let Self { store, kept, now } = *self;
        let mut names = names.to_vec();
        names.sort_unstable();
        names.dedup();
        let known = names.iter().map(|name| kept.groups.get(name, now));
        if let Some(known) = known.collect() {
            return Ok(known);
        }
        let stored = store.groups(&names).await?;
        let mut found = Vec::with_capacity(names.len());
        for name in names {
            let Some(group) = stored.iter().find(|group| group.name == name) else {
                return Err(PoliciesError::MissingGroup(name));
            };
            kept.groups.put(&name, group.clone(), now);
            found.push(group.clone());
        }
        Ok(found)
    }
}

impl Policies {
    /// Keeps what was read for `max_age` seconds; with 0 every decision reads again, and only
    /// the compiled form of an unchanged version is reused.
    pub fn new(max_age: i64) -> Self {
        Self {
            read: Cache::new(max_age),
            groups: Cache::new(max_age),
            compiled: Mutex::default(),
        }
    }

    fn compile(&self, stored: &StoredPolicy) -> Result<Arc<Policy>, PoliciesError> {
        let source = (stored.id.clone(), stored.version);
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, policy)) = compiled.get(stored.name.as_str())
            && *known == source
        {
            return Ok(policy.clone());
        }
        let policy = Policy::parse(&stored.document, Kind::Stored)
            .map_err(|error| PoliciesError::Unusable(stored.name.to_string(), error))?;
        let policy = Arc::new(policy);
        if compiled.len() >= MAX_COMPILED {
            compiled.clear();
        }
        compiled.insert(stored.name.to_string(), (source, policy.clone()));
        Ok(policy)
    }
}
