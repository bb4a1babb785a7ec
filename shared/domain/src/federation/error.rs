//! Why somebody who does not sign gets no session.

use crate::fault::Fault;
use crate::issuing::{IssueError, TooManyAttempts};
use crate::permissions::PermissionError;
use crate::session::ParameterError;
use crate::wire::ValidationError;

/// What a prover answers where there is no proof.
pub trait ProofError: std::error::Error + Into<Fault> + Send {
    /// Whether somebody tried a proof that is not good, which counts against source and subject.
    fn is_failed_attempt(&self) -> bool;
}

/// No session comes of it.
#[derive(Debug, thiserror::Error)]
pub enum FederationError<E> {
    /// A policy, a limit or the store forbids it.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The parameters are not acceptable.
    #[error(transparent)]
    Parameters(#[from] ParameterError),
    /// There is no proof, or it is good for nothing.
    #[error(transparent)]
    Proof(E),
    /// Too many have failed.
    #[error(transparent)]
    TooManyAttempts(#[from] TooManyAttempts),
}

impl<E> From<ValidationError> for FederationError<E> {
    fn from(error: ValidationError) -> Self {
        Self::Parameters(error.into())
    }
}

/// What the granted policies say, or that they cannot be had.
impl<E> From<PermissionError> for FederationError<E> {
    fn from(error: PermissionError) -> Self {
        Self::Issue(error.into())
    }
}

impl<E: ProofError> FederationError<E> {
    /// Whether somebody tried a proof that is not good, or no longer.
    pub(super) fn is_failed_attempt(&self) -> bool {
        match self {
            Self::Issue(error) => matches!(error, IssueError::Replayed),
            Self::Proof(error) => error.is_failed_attempt(),
            Self::Parameters(_) | Self::TooManyAttempts(_) => false,
        }
    }
}
