//! Why a guard refuses, in the words of S3 and of the query protocol.

use sigv4;
use store::StoreError;

use crate::auth::AuthError;
use crate::permissions::PermissionError;
use crate::resources::StateError;

/// A guard refuses before any policy is asked, or because none can be.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The caller is not proven.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// Nothing was asked, so nothing can be allowed.
    #[error("no action was asked about")]
    NothingAsked,
    /// The caller's policies cannot be had.
    #[error(transparent)]
    Permission(#[from] PermissionError),
    /// Keys and settings cannot be had.
    #[error(transparent)]
    State(#[from] StateError),
}

/// An error code of the S3 API ("List of error codes").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum S3Code {
    /// The caller may not do this.
    AccessDenied,
    /// The `Authorization` header is malformed.
    AuthorizationHeaderMalformed,
    /// The presigned parameters are malformed.
    AuthorizationQueryParametersError,
    /// The temporary credentials have ended.
    ExpiredToken,
    /// Something broke.
    InternalError,
    /// No user has the access key.
    InvalidAccessKeyId,
    /// The session token is not valid.
    InvalidToken,
    /// The times of signer and verifier are too far apart.
    RequestTimeTooSkewed,
    /// The store cannot be reached.
    ServiceUnavailable,
    /// The signature does not fit the request.
    SignatureDoesNotMatch,
    /// Too many requests.
    SlowDown,
}

impl S3Code {
    /// The code on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "AccessDenied",
            Self::AuthorizationHeaderMalformed => "AuthorizationHeaderMalformed",
            Self::AuthorizationQueryParametersError => "AuthorizationQueryParametersError",
            Self::ExpiredToken => "ExpiredToken",
            Self::InternalError => "InternalError",
            Self::InvalidAccessKeyId => "InvalidAccessKeyId",
            Self::InvalidToken => "InvalidToken",
            Self::RequestTimeTooSkewed => "RequestTimeTooSkewed",
            Self::ServiceUnavailable => "ServiceUnavailable",
            Self::SignatureDoesNotMatch => "SignatureDoesNotMatch",
            Self::SlowDown => "SlowDown",
        }
    }

    /// The HTTP status.
    pub const fn status(self) -> u16 {
        match self {
            Self::AuthorizationHeaderMalformed
            | Self::AuthorizationQueryParametersError
            | Self::ExpiredToken
            | Self::InvalidToken => 400,
            Self::AccessDenied
            | Self::InvalidAccessKeyId
            | Self::RequestTimeTooSkewed
            | Self::SignatureDoesNotMatch => 403,
            Self::InternalError => 500,
            Self::ServiceUnavailable | Self::SlowDown => 503,
        }
    }

    /// The public text.
    pub const fn message(self) -> &'static str {
        match self {
            Self::AccessDenied => "Access Denied.",
            Self::AuthorizationHeaderMalformed => {
                "The authorization header that you provided is not valid."
            }
            Self::AuthorizationQueryParametersError => {
                "The authorization query parameters that you provided are not valid."
            }
            Self::ExpiredToken => "The provided token has expired.",
            Self::InternalError => "An internal error occurred. Try again.",
            Self::InvalidAccessKeyId => {
                "The AWS access key ID that you provided does not exist in our records."
            }
            Self::InvalidToken => "The provided token is malformed or otherwise not valid.",
            Self::RequestTimeTooSkewed => {
                "The difference between the request time and the server's time is too large."
            }
            Self::ServiceUnavailable => "Service is unable to handle request.",
            Self::SignatureDoesNotMatch => {
                "The request signature that the server calculated does not match the signature that you provided."
            }
            Self::SlowDown => "Please reduce your request rate.",
        }
    }
}

impl Refusal {
    /// The refusal as an object store's clients know it.
    pub fn s3_code(&self) -> S3Code {
        match self {
            Self::Auth(error) => of_auth(error),
            Self::Permission(PermissionError::Store(error))
            | Self::State(StateError::Store(error)) => of_store(error),
            Self::NothingAsked | Self::Permission(_) => S3Code::AccessDenied,
            Self::State(StateError::Keys(_)) => S3Code::ServiceUnavailable,
        }
    }
}

fn of_auth(error: &AuthError) -> S3Code {
    match error {
        AuthError::AmbiguousQuery => S3Code::AuthorizationQueryParametersError,
        AuthError::Disabled => S3Code::AccessDenied,
        AuthError::ExpiredToken => S3Code::ExpiredToken,
        AuthError::InvalidToken => S3Code::InvalidToken,
        AuthError::Seal(_) => S3Code::InternalError,
        AuthError::Signature(error) => of_signature(error),
        AuthError::Store(error) => of_store(error),
        AuthError::UnknownKey => S3Code::InvalidAccessKeyId,
    }
}

fn of_signature(error: &sigv4::Error) -> S3Code {
    use sigv4::Error as E;
    match error {
        E::AmbiguousAuthentication
        | E::HostNotSigned
        | E::MissingAuthenticationToken
        | E::UnsignedHeader(_) => S3Code::AccessDenied,
        E::Expired { .. } | E::NotYetCurrent { .. } => S3Code::RequestTimeTooSkewed,
        E::IllegalEscape(_) | E::IncompleteEscape | E::IncompleteQuery(_) | E::InvalidExpires => {
            S3Code::AuthorizationQueryParametersError
        }
        E::IncompleteHeader(_)
        | E::InvalidDate(_)
        | E::MalformedCredential(_)
        | E::NotKeyValue(_)
        | E::UnsupportedAlgorithm(_)
        | E::WrongScope(_) => S3Code::AuthorizationHeaderMalformed,
        E::SignatureDoesNotMatch => S3Code::SignatureDoesNotMatch,
    }
}

fn of_store(error: &StoreError) -> S3Code {
    match error {
        StoreError::Throttled => S3Code::SlowDown,
        StoreError::Unavailable(_) => S3Code::ServiceUnavailable,
        StoreError::Conflict | StoreError::Corrupt { .. } => S3Code::InternalError,
    }
}
