//! Why `AssumeRole` issues nothing.

use shared::auth::AuthError;
use shared::error::ErrorCode;
use shared::fault::Fault;
use shared::issuing::IssueError;
use shared::permissions::PermissionError;
use shared::session::ParameterError;

/// The errors of this action.
#[derive(Debug, thiserror::Error)]
pub enum AssumeRoleError {
    /// The caller is not proven.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// A policy, a limit or the store forbids it.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// `SerialNumber` or `TokenCode` was sent.
    #[error("multi-factor authentication is not supported")]
    Mfa,
    /// The parameters are not acceptable.
    #[error(transparent)]
    Parameters(#[from] ParameterError),
    /// The caller has temporary credentials.
    #[error("the caller has temporary credentials")]
    SessionCredentials,
}

/// What the caller's policies say, or that they cannot be had.
impl From<PermissionError> for AssumeRoleError {
    fn from(error: PermissionError) -> Self {
        Self::Issue(error.into())
    }
}

impl From<AssumeRoleError> for Fault {
    fn from(error: AssumeRoleError) -> Self {
        match error {
            AssumeRoleError::Auth(error) => error.into(),
            AssumeRoleError::Issue(error) => error.into(),
            AssumeRoleError::Mfa => Self::new(
                ErrorCode::InvalidParameterValue,
                "SerialNumber and TokenCode are not supported: this service has no multi-factor authentication.",
            ),
            AssumeRoleError::Parameters(error) => error.into(),
            AssumeRoleError::SessionCredentials => Self::new(
                ErrorCode::AccessDenied,
                "Cannot call AssumeRole with session credentials",
            ),
        }
    }
}
