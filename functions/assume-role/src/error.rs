//! Why `AssumeRole` issues nothing.

use shared::auth::AuthError;
use shared::error::ErrorCode;
use shared::http::Fault;
use shared::permissions::PermissionError;
use shared::session::{MintError, ParameterError};

/// The errors of this action.
#[derive(Debug, thiserror::Error)]
pub enum AssumeRoleError {
    /// The caller is not proven.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// `SerialNumber` or `TokenCode` was sent.
    #[error("multi-factor authentication is not supported")]
    Mfa,
    /// The credentials could not be made.
    #[error(transparent)]
    Mint(#[from] MintError),
    /// The parameters are not acceptable.
    #[error(transparent)]
    Parameters(#[from] ParameterError),
    /// A policy denies it, or the caller's policies cannot be had.
    #[error(transparent)]
    Permissions(#[from] PermissionError),
    /// The caller has temporary credentials.
    #[error("the caller has temporary credentials")]
    SessionCredentials,
}

impl From<AssumeRoleError> for Fault {
    fn from(error: AssumeRoleError) -> Self {
        match error {
            AssumeRoleError::Auth(error) => error.into(),
            AssumeRoleError::Mfa => Self::new(
                ErrorCode::InvalidParameterValue,
                "SerialNumber and TokenCode are not supported: this service has no multi-factor authentication.",
            ),
            AssumeRoleError::Mint(error) => error.into(),
            AssumeRoleError::Parameters(error) => error.into(),
            AssumeRoleError::Permissions(error) => error.into(),
            AssumeRoleError::SessionCredentials => Self::new(
                ErrorCode::AccessDenied,
                "Cannot call AssumeRole with session credentials",
            ),
        }
    }
}
