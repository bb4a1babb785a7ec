//! Changes to items, attribute by attribute, so that two operators at once do not undo each
//! other's work.

use keys::Sealed;
use model::PolicyName;

use super::{AttemptLimits, IssueLimits, OpaSettings, Status};

/// What becomes of an optional attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It gets this value.
    Set(T),
    /// It goes.
    Remove,
}

/// The attribute as it shall be.
impl<T> From<Option<T>> for Change<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Remove, Self::Set)
    }
}

/// A change of a user; what is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserChange {
    /// The new secret, sealed for the user's item.
    pub secret: Option<Sealed>,
    /// The new status.
    pub status: Option<Status>,
    /// All policies from now on.
    pub policies: Option<Vec<PolicyName>>,
    /// All groups from now on.
    pub groups: Option<Vec<String>>,
    /// The longest session, in seconds.
    pub max_session_seconds: Change<u32>,
    /// All limits from now on.
    pub limits: Option<IssueLimits>,
}

/// A change of a group; what is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupChange {
    /// The new status.
    pub status: Option<Status>,
    /// All policies from now on.
    pub policies: Option<Vec<PolicyName>>,
}

/// A change of the settings; what is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SettingsChange {
    /// The longest session that any caller may have, in seconds.
    pub max_session_seconds: Change<u32>,
    /// The regions that a signature's scope may name; any, if empty.
    pub regions: Option<Vec<String>>,
    /// What condition keys begin with that somebody else supplies, from now on.
    pub condition_keys: Option<Vec<String>>,
    /// How often callers who do not sign may fail, from now on.
    pub failed_attempts: Option<AttemptLimits>,
    /// Who else has to allow what guards of data let through.
    pub opa: Change<OpaSettings>,
}
