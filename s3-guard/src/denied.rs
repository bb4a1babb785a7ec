//! Refusals as a client of S3 reads them.

use domain::permissions::Verdict;
use domain::verify::{Refusal, S3Code};
use http::{Response, StatusCode};
use s3::OperationError;
use s3s::{Body, S3Error, S3ErrorCode};

/// Why a request gets no further.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Denied {
    /// No policy allows it, or one denies it, or Open Policy Agent does not allow it.
    #[error("{0}")]
    Verdict(Box<Verdict>),
    /// s3s read another request than the one that was decided.
    #[error("the request was read as another operation than the one that was allowed")]
    Mismatch,
    /// What is asked cannot be said.
    #[error(transparent)]
    Operation(#[from] OperationError),
    /// The caller is not proven, or the policies cannot be had.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// Signed in the way that came before Signature Version 4.
    #[error("the request has a signature of Version 2")]
    SignatureVersion2,
    /// The server failed.
    #[error("the server failed")]
    Internal,
}

/// What a caller whose client signs with Signature Version 2 can do about it.
const SIGN_WITH_VERSION_4: &str = "Signature Version 2 is not supported; sign with Signature Version 4. \
    In boto3 that is signature_version s3v4 of the client's Config; \
    for the AWS CLI: aws configure set default.s3.signature_version s3v4";

impl Denied {
    /// The error that the client sees. It names no policy.
    pub(crate) fn to_s3_error(&self) -> S3Error {
        let code = match self {
            Self::Verdict(_) | Self::Mismatch => S3Code::AccessDenied,
            Self::Internal => S3Code::InternalError,
            Self::Refusal(refusal) => refusal.s3_code(),
            Self::Operation(error) => return of_operation(*error),
            Self::SignatureVersion2 => {
                return S3Error::with_message(S3ErrorCode::AccessDenied, SIGN_WITH_VERSION_4);
            }
        };
        let name = S3ErrorCode::from_bytes(code.as_str().as_bytes());
        let name = name.unwrap_or(S3ErrorCode::AccessDenied);
        let mut error = S3Error::with_message(name, code.message());
        if let Ok(status) = StatusCode::from_u16(code.status()) {
            error.set_status_code(status);
        }
        error
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        self.to_s3_error().to_http_response().unwrap_or_else(|_| {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::FORBIDDEN;
            response
        })
    }
}

fn of_operation(error: OperationError) -> S3Error {
    let (code, message) = match error {
        OperationError::Argument => (
            S3ErrorCode::InvalidArgument,
            "A parameter of the request has no value that it can have.",
        ),
        OperationError::Ambiguous => (
            S3ErrorCode::InvalidRequest,
            "The request can be read in more than one way.",
        ),
        OperationError::Malformed => (
            S3ErrorCode::InvalidURI,
            "Could not parse the specified URI.",
        ),
        OperationError::Unknown => (S3ErrorCode::NotImplemented, "The operation is not known."),
    };
    S3Error::with_message(code, message)
}
