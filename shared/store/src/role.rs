//! Roles: what sessions of an identity provider may do.

use std::future::Future;

use model::{PolicyName, UniqueId};

use super::item_key::digest_of;
use super::{Status, StoreError};

/// A role: what sessions of an identity provider may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// New whenever the role is made: its sessions hold it, and outlive no other.
    pub id: UniqueId,
    /// The provider that vouches.
    pub provider: String,
    /// The role's policies.
    pub policies: Vec<PolicyName>,
    /// Whether sessions of the role may be used.
    pub status: Status,
}

impl Role {
    /// The key of the item of the role of that ARN.
    pub fn item_key(role_arn: &str) -> String {
        format!("ROLE#{}", digest_of(role_arn))
    }
}

/// Looks up roles.
pub trait ReadRoles: Sync {
    /// The role of that ARN, read consistently.
    fn role(&self, arn: &str) -> impl Future<Output = Result<Option<Role>, StoreError>> + Send;
}
