//! Why there is no answer, in the codes of the query protocol.

use shared::auth::AuthError;
use shared::error::ErrorCode;
use shared::fault::Fault;
use shared::permissions::PermissionError;
use shared::resources::StateError;
use shared::store::StoreError;
use shared::wire::ValidationError;

/// The errors of introspection. What is wrong with the credentials that are asked about is
/// none: they are inactive.
#[derive(Debug, thiserror::Error)]
pub enum IntrospectError {
    /// The caller is not proven.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The body is not what this operation takes.
    #[error(transparent)]
    Invalid(#[from] ValidationError),
    /// No policy lets the caller ask about this access key.
    #[error("no policy allows it")]
    NotAllowed,
    /// The caller's policies cannot be had.
    #[error(transparent)]
    Permissions(#[from] PermissionError),
    /// Another path or method.
    #[error("the path and method are not served")]
    Route,
    /// The caller has temporary credentials.
    #[error("the caller has temporary credentials")]
    SessionCredentials,
    /// Keys and settings cannot be had.
    #[error(transparent)]
    State(#[from] StateError),
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<IntrospectError> for Fault {
    fn from(error: IntrospectError) -> Self {
        match error {
            IntrospectError::Auth(error) => error.into(),
            IntrospectError::Invalid(error) => error.into(),
            IntrospectError::NotAllowed => Self::new(
                ErrorCode::AccessDenied,
                "Not authorized to perform sts:IntrospectSession on this access key",
            ),
            IntrospectError::Permissions(error) => error.into(),
            IntrospectError::Route => Self::new(
                ErrorCode::InvalidAction,
                "Introspection is served at POST /introspect only.",
            ),
            IntrospectError::SessionCredentials => Self::new(
                ErrorCode::AccessDenied,
                "Cannot introspect with session credentials",
            ),
            IntrospectError::State(error) => error.into(),
            IntrospectError::Store(error) => error.into(),
        }
    }
}
