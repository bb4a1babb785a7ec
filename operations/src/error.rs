//! Why an operation is not carried out.

use domain::resources::UnlockError;
use keys::{SealError, WrapError};
use model::Violation;
use model::random::RandomError;
use policy::PolicyError;
use store::StoreError;

/// An operation was not carried out. No text holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another writer was there first.
    #[error("{0} meanwhile: try again")]
    Changed(String),
    /// What is declared does not fit what is stored, or what is declared beside it.
    #[error("{reason}")]
    Declaration {
        /// What it is, such as `user`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// What is wrong, with kind and name.
        reason: String,
    },
    /// There is such an item already.
    #[error("{kind} {name} exists already")]
    Exists {
        /// What it is, such as `user`.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// Others would be left without what they refer to.
    #[error("{0}")]
    InUse(String),
    /// A value cannot be.
    #[error("{0}")]
    Invalid(String),
    /// There is no such item.
    #[error("{kind} {name} does not exist")]
    Missing {
        /// What it should be, such as `user`.
        kind: &'static str,
        /// The name that was given.
        name: String,
    },
    /// A name does not follow its rules.
    #[error("{kind} {name:?} has no valid name: {violation}")]
    Name {
        /// What it should be, such as `user`.
        kind: &'static str,
        /// The name that was given.
        name: String,
        /// The rule.
        violation: Violation,
    },
    /// A user that is declared is new, and nobody said the secret.
    #[error("user {0} is new and needs a secret")]
    NoSecret(String),
    /// A policy document is none.
    #[error("policy {name}")]
    Policy {
        /// The policy.
        name: String,
        /// What is wrong with it.
        source: PolicyError,
    },
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// It would do harm.
    #[error("{0}")]
    Refused(String),
    /// A secret cannot be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The master keys cannot be unwrapped.
    #[error(transparent)]
    Unlock(#[from] UnlockError),
    /// A master key cannot be made.
    #[error("no master key can be made")]
    Wrap(#[from] WrapError),
}

impl Error {
    /// There is no such item.
    pub fn missing(kind: &'static str, name: &(impl ToString + ?Sized)) -> Self {
        Self::Missing {
            kind,
            name: name.to_string(),
        }
    }

    /// What was planned does not fit what is stored by now.
    pub(crate) fn table_changed() -> Self {
        Self::Changed("the table was changed".to_owned())
    }

    /// There is such an item already.
    pub(crate) fn exists(kind: &'static str, name: &(impl ToString + ?Sized)) -> Self {
        Self::Exists {
            kind,
            name: name.to_string(),
        }
    }
}

/// The result of a write, with what to say where another writer was first.
pub(crate) fn or_conflict<T>(
    written: Result<T, StoreError>,
    conflict: impl FnOnce() -> Error,
) -> Result<T, Error> {
    match written {
        Err(StoreError::Conflict) => Err(conflict()),
        written => Ok(written?),
    }
}
