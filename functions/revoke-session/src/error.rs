//! Why `RevokeSession` ends nothing.

use shared::auth::AuthError;
use shared::error::ErrorCode;
use shared::fault::Fault;
use shared::permissions::PermissionError;
use shared::session::ParameterError;
use shared::store::StoreError;

/// The errors of this action.
#[derive(Debug, thiserror::Error)]
pub enum RevokeSessionError {
    /// The caller is not proven.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The sessions are not the caller's, and no policy allows it.
    #[error("the caller may not end these sessions")]
    NotAllowed,
    /// A user named no session.
    #[error("a user must say which sessions are to end")]
    NothingNamed,
    /// The parameters are not acceptable.
    #[error(transparent)]
    Parameters(#[from] ParameterError),
    /// The caller's policies cannot be read.
    #[error(transparent)]
    Permissions(#[from] PermissionError),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RevokeSessionError> for Fault {
    fn from(error: RevokeSessionError) -> Self {
        match error {
            RevokeSessionError::Auth(error) => error.into(),
            // What does not exist is refused like what is somebody else's.
            RevokeSessionError::NotAllowed | RevokeSessionError::Store(StoreError::Conflict) => {
                Self::new(
                    ErrorCode::AccessDenied,
                    "Not authorized to perform sts:RevokeSession on these sessions",
                )
            }
            RevokeSessionError::NothingNamed => Self::new(
                ErrorCode::MissingParameter,
                "Give AccessKeyId or Parent to say which sessions are to end.",
            ),
            RevokeSessionError::Parameters(error) => error.into(),
            RevokeSessionError::Permissions(error) => error.into(),
            RevokeSessionError::Store(error) => error.into(),
        }
    }
}
