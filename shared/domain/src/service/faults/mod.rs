//! Every error of the rooms below, turned into what the caller sees. Nowhere else.

mod proofs;

use model::error::ErrorCode;
use store::StoreError;

use crate::auth::AuthError;
use crate::fault::Fault;
use crate::issuing::{IssueError, TooManyAttempts};
use crate::jwt::TokenError;
use crate::permissions::PermissionError;
use crate::resources::StateError;
use crate::session::{MintError, ParameterError};
use crate::verify::Refusal;
use crate::wire::{QueryError, ValidationError};

/// What the caller learns of a token that is not believed, whatever the reason.
const NOT_BELIEVED: &str = "The identity token could not be validated.";

impl From<QueryError> for Fault {
    fn from(error: QueryError) -> Self {
        let code = match &error {
            QueryError::BadEscape
            | QueryError::NotUtf8
            | QueryError::TooMany
            | QueryError::TrailingEscape => ErrorCode::MalformedQueryString,
            QueryError::Duplicate(_) => ErrorCode::InvalidParameterCombination,
            QueryError::List(_) | QueryError::Unknown(_) => ErrorCode::ValidationError,
        };
        Self::new(code, error.to_string())
    }
}

impl From<ValidationError> for Fault {
    fn from(error: ValidationError) -> Self {
        Self::new(ErrorCode::ValidationError, error.to_string())
    }
}

impl From<sigv4::Error> for Fault {
    fn from(error: sigv4::Error) -> Self {
        match ErrorCode::parse(error.code()) {
            Some(code) => Self::new(code, error.to_string()),
            None => Self::internal(error),
        }
    }
}

impl From<AuthError> for Fault {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::AmbiguousQuery => Self::new(
                ErrorCode::MalformedQueryString,
                "A signed query string must encode '+' as %2B and a space as %20.",
            ),
            AuthError::Disabled => Self::new(ErrorCode::AccessDenied, "The user is disabled."),
            AuthError::ExpiredToken => Self::new(
                ErrorCode::ExpiredToken,
                "The security token included in the request is expired",
            ),
            AuthError::InvalidToken => Self::new(
                ErrorCode::InvalidClientTokenId,
                "The security token included in the request is invalid",
            ),
            AuthError::Seal(error) => Self::internal(error),
            AuthError::Signature(error) => error.into(),
            AuthError::Store(error) => error.into(),
            AuthError::UnknownKey => Self::new(
                ErrorCode::InvalidClientTokenId,
                "The security token included in the request is invalid.",
            ),
        }
    }
}

impl From<ParameterError> for Fault {
    fn from(error: ParameterError) -> Self {
        match error {
            ParameterError::Invalid(error) => error.into(),
            ParameterError::Policy(error) => {
                Self::new(ErrorCode::MalformedPolicyDocument, error.to_string())
            }
            ParameterError::Query(error) => error.into(),
            ParameterError::Store(error) => error.into(),
            ParameterError::UnknownPolicy(name) => Self::new(
                ErrorCode::ValidationError,
                format!("The policy '{name}' named in PolicyArns does not exist."),
            ),
        }
    }
}

impl From<MintError> for Fault {
    fn from(error: MintError) -> Self {
        match error {
            MintError::Store(error) => error.into(),
            MintError::Token(TokenError::TooLarge) => Self::new(
                ErrorCode::PackedPolicyTooLarge,
                "The session policy and claims do not fit into a session token of 4096 characters.",
            ),
            error => Self::internal(error),
        }
    }
}

/// What cannot be decided is refused.
impl From<PermissionError> for Fault {
    fn from(error: PermissionError) -> Self {
        match error {
            PermissionError::Store(error) => error.into(),
            PermissionError::Denied(_) => Self::caused_by(
                ErrorCode::AccessDenied,
                "Access Denied: a policy denies this explicitly",
                error,
            ),
            PermissionError::NotAllowed { action, .. } => Self::caused_by(
                ErrorCode::AccessDenied,
                &format!("Access Denied: no policy allows {action}"),
                error,
            ),
            error => Self::caused_by(ErrorCode::AccessDenied, "Access Denied", error),
        }
    }
}

impl From<StateError> for Fault {
    fn from(error: StateError) -> Self {
        Self::caused_by(
            ErrorCode::ServiceUnavailable,
            "The request has failed due to a temporary failure of the server.",
            error,
        )
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Throttled => Self::caused_by(ErrorCode::Throttling, "Rate exceeded", error),
            StoreError::Unavailable(_) => Self::caused_by(
                ErrorCode::ServiceUnavailable,
                "The request has failed due to a temporary failure of the server.",
                error,
            ),
            StoreError::Conflict | StoreError::Corrupt { .. } => Self::internal(error),
        }
    }
}

impl From<IssueError> for Fault {
    fn from(error: IssueError) -> Self {
        match error {
            // To try again is of no use before a session ends.
            IssueError::LiveSessions => Self::caused_by(
                ErrorCode::AccessDenied,
                "The limit of sessions at the same time is reached.",
                error,
            ),
            IssueError::Mint(error) => error.into(),
            IssueError::Permissions(error) => error.into(),
            IssueError::Rate => Self::caused_by(ErrorCode::Throttling, "Rate exceeded", error),
            IssueError::Replayed => {
                Self::caused_by(ErrorCode::InvalidIdentityToken, NOT_BELIEVED, error)
            }
            IssueError::Store(error) => error.into(),
        }
    }
}

impl From<TooManyAttempts> for Fault {
    fn from(error: TooManyAttempts) -> Self {
        match error {
            TooManyAttempts::Full => Self::caused_by(ErrorCode::Throttling, "Rate exceeded", error),
            TooManyAttempts::Store(error) => error.into(),
        }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Auth(error) => error.into(),
            Refusal::NothingAsked => {
                Self::caused_by(ErrorCode::AccessDenied, "Access Denied", refusal)
            }
            Refusal::Permission(error) => error.into(),
            Refusal::State(error) => error.into(),
        }
    }
}
