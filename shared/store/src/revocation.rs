//! Revocations: one item ends any number of sessions.

use std::future::Future;

use clock::UnixTime;
use model::{AccessKeyId, RevokeType};

use super::item_key::digest_of;
use super::{Parent, Session, StoreError};

/// Which sessions a revocation ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Whose they are.
    pub holder: Holder,
    /// Under which label they were issued; all of the holder's if `None`.
    pub label: Option<RevokeType>,
}

/// Who has sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A parent.
    Parent(Parent),
    /// The role of that ARN.
    Role(String),
}

impl Holder {
    /// The holder as a unique key.
    pub fn key(&self) -> String {
        match self {
            Self::Parent(parent) => parent.key(),
            Self::Role(arn) => format!("role/{arn}"),
        }
    }
}

impl Scope {
    /// All sessions of the holder.
    pub const fn all_of(holder: Holder) -> Self {
        Self {
            holder,
            label: None,
        }
    }

    /// The key of the scope's item. Each label has an item of its own: what other labels there
    /// are costs neither a session nor a revocation anything.
    pub fn item_key(&self) -> String {
        let holder = digest_of(&self.holder.key());
        match &self.label {
            None => format!("REVOKED#{holder}"),
            Some(label) => format!("REVOKED#{holder}#{}", digest_of(label.as_str())),
        }
    }

    /// The scopes that a session falls under: those of its parent and of its role, and if it
    /// has a label, those of its label within them.
    pub fn of(session: &Session) -> Vec<Self> {
        let role = session.role_arn();
        let role = role.map(|arn| Holder::Role(arn.to_string()));
        let holders = std::iter::once(Holder::Parent(session.parent.clone())).chain(role);
        holders
            .flat_map(|holder| {
                let labelled = session.asked.revoke_type.clone().map(|label| Self {
                    holder: holder.clone(),
                    label: Some(label),
                });
                std::iter::once(Self::all_of(holder)).chain(labelled)
            })
            .collect()
    }
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
