//! Values that cannot be wrong: parsed once at the edge, trusted afterwards.

mod access_key;
pub mod cache;
mod duration;
pub mod error;
mod names;
pub mod random;
mod secret;
mod text;
mod unique_id;

pub use access_key::AccessKeyId;
pub use duration::SessionDuration;
pub use names::{
    ExternalId, PolicyName, RevokeType, RoleArn, RoleSessionName, SourceIdentity, Tag,
};
pub use secret::{SecretAccessKey, SessionToken};
pub use text::{is_hidden, shown};
pub use unique_id::{IdKind, UniqueId};

/// The account in ARNs: this service has no accounts.
pub const NO_ACCOUNT: &str = "000000000000";

/// A value breaks the constraint of its parameter.
///
/// The text is the part of AWS's message behind "failed to satisfy constraint: "; it never
/// contains the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Violation(pub(crate) String);

impl Violation {
    /// A constraint in AWS's words.
    pub fn new(constraint: impl Into<String>) -> Self {
        Self(constraint.into())
    }

    /// A text that is too short: at least `min` characters are needed.
    pub fn too_short(min: usize) -> Self {
        Self(format!(
            "Member must have length greater than or equal to {min}"
        ))
    }

    /// A text that is too long: at most `max` characters, or a list of more than `max` members.
    pub fn too_long(max: usize) -> Self {
        Self(format!(
            "Member must have length less than or equal to {max}"
        ))
    }

    /// A text that does not fit a regular expression.
    pub fn pattern(pattern: &str) -> Self {
        Self(format!(
            "Member must satisfy regular expression pattern: {pattern}"
        ))
    }

    /// Checks a text's length in characters.
    pub fn check_length(text: &str, min: usize, max: usize) -> Result<(), Self> {
        let length = text.chars().count();
        if length < min {
            return Err(Self::too_short(min));
        }
        if length > max {
            return Err(Self::too_long(max));
        }
        Ok(())
    }
}
