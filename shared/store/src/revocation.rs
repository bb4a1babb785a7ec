//! Revocations: one item ends any number of sessions.

use model::RevokeType;

use super::item_key::digest_of;
use super::{Parent, Session};

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
        let details = &session.details;
        let role = details.role_arn.as_ref();
        let role = role.map(|arn| Holder::Role(arn.to_string()));
        let holders = std::iter::once(Holder::Parent(session.parent.clone())).chain(role);
        holders
            .flat_map(|holder| {
                let labelled = details.revoke_type.clone().map(|label| Self {
                    holder: holder.clone(),
                    label: Some(label),
                });
                std::iter::once(Self::all_of(holder)).chain(labelled)
            })
            .collect()
    }
}
