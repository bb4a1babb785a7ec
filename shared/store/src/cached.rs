//! A store that remembers what it read for a few seconds.
//!
//! For guards of data, who verify many requests of the same sessions. The age limit is how
//! long a revoked session, a disabled user or a changed role can still count, and how long
//! sessions of one that was made anew may have to wait. What does not exist is never
//! remembered.

use std::fmt::Debug;
use std::sync::Arc;

use clock::{Clock, UnixTime};
use model::cache::Cache;
use model::{AccessKeyId, PolicyName};

use super::{
    Group, ReadGroups, ReadPolicies, ReadRevocations, ReadRoles, ReadService, ReadSessions,
    ReadUsers, Role, Scope, ServiceRecord, Session, StoreError, StoredPolicy, User,
};

/// A store with a memory.
#[derive(Debug)]
pub struct CachedStore<S> {
    inner: S,
    clock: Arc<dyn Clock>,
    users: Cache<User>,
    sessions: Cache<Session>,
    roles: Cache<Role>,
    revocations: Cache<Option<UnixTime>>,
}

impl<S> CachedStore<S> {
    /// Remembers for `max_age` seconds; with 0 it reads every time.
    pub fn new(inner: S, clock: Arc<dyn Clock>, max_age: i64) -> Self {
        Self {
            inner,
            clock,
            users: Cache::new(max_age),
            sessions: Cache::new(max_age),
            roles: Cache::new(max_age),
            revocations: Cache::new(max_age),
        }
    }

    /// Returns what is remembered under `name`, or reads and remembers what exists.
    async fn remember<V: Clone>(
        &self,
        cache: &Cache<V>,
        name: &str,
        read: impl Future<Output = Result<Option<V>, StoreError>>,
    ) -> Result<Option<V>, StoreError> {
        let now = self.clock.now();
        if let Some(value) = cache.get(name, now) {
            return Ok(Some(value));
        }
        let value = read.await?;
        if let Some(value) = &value {
            cache.put(name, value.clone(), now);
        }
        Ok(value)
    }
}

impl<S: ReadUsers + Debug> ReadUsers for CachedStore<S> {
    async fn user(&self, access_key: &AccessKeyId) -> Result<Option<User>, StoreError> {
        self.remember(
            &self.users,
            access_key.as_str(),
            self.inner.user(access_key),
        )
        .await
    }
}

impl<S: ReadSessions + Debug> ReadSessions for CachedStore<S> {
    async fn session(&self, access_key: &AccessKeyId) -> Result<Option<Session>, StoreError> {
        self.remember(
            &self.sessions,
            access_key.as_str(),
            self.inner.session(access_key),
        )
        .await
    }
}

impl<S: ReadRoles + Debug> ReadRoles for CachedStore<S> {
    async fn role(&self, arn: &str) -> Result<Option<Role>, StoreError> {
        self.remember(&self.roles, arn, self.inner.role(arn)).await
    }
}

impl<S: ReadRevocations + Debug> ReadRevocations for CachedStore<S> {
    async fn revoked_until(&self, scopes: &[Scope]) -> Result<Option<UnixTime>, StoreError> {
        let name = scopes
            .iter()
            .map(Scope::item_key)
            .collect::<Vec<_>>()
            .join("\n");
        let read = async { self.inner.revoked_until(scopes).await.map(Some) };
        let until = self.remember(&self.revocations, &name, read).await?;
        Ok(until.flatten())
    }
}

impl<S: ReadPolicies + Debug> ReadPolicies for CachedStore<S> {
    async fn policies(&self, names: &[PolicyName]) -> Result<Vec<StoredPolicy>, StoreError> {
        self.inner.policies(names).await
    }
}

impl<S: ReadGroups + Debug> ReadGroups for CachedStore<S> {
    async fn groups(&self, names: &[String]) -> Result<Vec<Group>, StoreError> {
        self.inner.groups(names).await
    }
}

impl<S: ReadService + Debug> ReadService for CachedStore<S> {
    async fn service_record(&self) -> Result<ServiceRecord, StoreError> {
        self.inner.service_record().await
    }
}
