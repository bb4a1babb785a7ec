//! Revocations: one item ends any number of sessions.

use std::collections::BTreeMap;

use super::{Parent, Session};
use crate::clock::UnixTime;

/// Whose sessions a revocation ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Those of one parent.
    Parent(Parent),
    /// Those of one role.
    Role(String),
}

impl Scope {
    /// The key of the scope's item. The item is never deleted: it has to outlive every session
    /// that it covers, and it is small.
    pub fn item_key(&self) -> String {
        match self {
            Self::Parent(parent) => format!("REVOKED#{}", parent.key()),
            Self::Role(arn) => format!("REVOKED#role/{arn}"),
        }
    }

    /// The scopes that a session falls under.
    pub fn of(session: &Session) -> Vec<Self> {
        let role = session
            .details
            .role_arn
            .as_ref()
            .map(|arn| Self::Role(arn.to_string()));
        std::iter::once(Self::Parent(session.parent.clone()))
            .chain(role)
            .collect()
    }
}

/// Which sessions of a scope are dead.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revocation {
    /// All that were issued at this moment or before.
    pub all_until: Option<UnixTime>,
    /// Those with a label that were issued at this moment or before.
    pub types_until: BTreeMap<String, UnixTime>,
}

impl Revocation {
    /// Whether the session is among them.
    pub fn covers(&self, session: &Session) -> bool {
        let label = session
            .details
            .revoke_type
            .as_ref()
            .and_then(|label| self.types_until.get(label.as_str()));
        [self.all_until.as_ref(), label]
            .into_iter()
            .flatten()
            .any(|until| session.issued_at <= *until)
    }
}
