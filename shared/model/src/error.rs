//! The closed list of error codes that the service puts on the wire.
//!
//! A code fixes status and fault type; the text belongs to the error that maps to it. The
//! list follows the AWS STS API reference ("Common Errors" and the actions' own errors);
//! `docs/ERRORS.md` is checked against it by a test.

use std::error::Error;
use std::fmt;

/// An error with its causes, on one line, for the log.
#[derive(Debug)]
pub struct Chain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// Who has to change something before the call can work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorType {
    /// The caller. Repeating the same request is pointless unless the code says otherwise.
    Sender,
    /// The service.
    Receiver,
}

impl ErrorType {
    /// The text of the `Type` element.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sender => "Sender",
            Self::Receiver => "Receiver",
        }
    }
}

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $wire:literal, $status:literal, $fault:ident;)*) => {
        /// An error code of the STS query protocol.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)*
        }

        impl ErrorCode {
            /// Every code, in alphabetical order of the wire text.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The text of the `Code` element. Some lack the suffix that the SDK's shape has.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $wire,)* }
            }

            /// The code of that text.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str() == text)
            }

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// Whose fault it is.
            pub const fn error_type(self) -> ErrorType {
                match self { $(Self::$name => ErrorType::$fault,)* }
            }
        }
    };
}

error_codes! {
    /// The caller is known and may not do this.
    AccessDenied = "AccessDenied", 403, Sender;
    /// The security token of a signed request has expired.
    ExpiredToken = "ExpiredToken", 403, Sender;
    /// The identity token that was handed over has expired.
    ExpiredTokenException = "ExpiredTokenException", 400, Sender;
    /// The identity provider could not be asked; SDKs retry.
    IdpCommunicationError = "IDPCommunicationError", 400, Sender;
    /// The identity provider's claims do not allow this.
    IdpRejectedClaim = "IDPRejectedClaim", 403, Sender;
    /// The signature's parameters are missing or malformed.
    IncompleteSignature = "IncompleteSignature", 400, Sender;
    /// Something broke on the service's side.
    InternalFailure = "InternalFailure", 500, Receiver;
    /// The action is not one of this service's.
    InvalidAction = "InvalidAction", 400, Sender;
    /// The access key or the security token is not known.
    InvalidClientTokenId = "InvalidClientTokenId", 403, Sender;
    /// The identity token that was handed over is not acceptable.
    InvalidIdentityToken = "InvalidIdentityToken", 400, Sender;
    /// Parameters that exclude each other, or one given twice.
    InvalidParameterCombination = "InvalidParameterCombination", 400, Sender;
    /// A parameter has a value that this service does not support.
    InvalidParameterValue = "InvalidParameterValue", 400, Sender;
    /// The session policy is not a valid policy document.
    MalformedPolicyDocument = "MalformedPolicyDocument", 400, Sender;
    /// Query or form body cannot be decoded.
    MalformedQueryString = "MalformedQueryString", 400, Sender;
    /// There is no `Action` parameter.
    MissingAction = "MissingAction", 400, Sender;
    /// The request is not signed.
    MissingAuthenticationToken = "MissingAuthenticationToken", 403, Sender;
    /// A mandatory parameter is missing.
    MissingParameter = "MissingParameter", 400, Sender;
    /// Policies and tags do not fit into a session token.
    PackedPolicyTooLarge = "PackedPolicyTooLarge", 400, Sender;
    /// Storage or keys cannot be reached; SDKs retry.
    ServiceUnavailable = "ServiceUnavailable", 503, Receiver;
    /// The signature does not fit the request, or its time, scope or signed headers are wrong.
    SignatureDoesNotMatch = "SignatureDoesNotMatch", 403, Sender;
    /// Too many requests; SDKs retry.
    Throttling = "Throttling", 400, Sender;
    /// A parameter does not satisfy its constraints.
    ValidationError = "ValidationError", 400, Sender;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_unique() {
        let codes: Vec<_> = ErrorCode::ALL.iter().map(|c| c.as_str()).collect();
        let mut sorted = codes.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(codes, sorted);
    }

    /// The table under "Codes" has a row for each code and no other, in the same order.
    #[test]
    fn docs_errors_lists_every_code() {
        let document = include_str!("../../../docs/ERRORS.md");
        let mut sections = document.split("\n## ");
        let table = sections.find(|s| s.starts_with("Codes\n")).unwrap();
        let rows = table.lines().filter(|line| line.starts_with("| `"));
        let documented: Vec<_> = rows
            .map(|row| row.split(" | ").take(3).collect::<Vec<_>>().join(" | "))
            .collect();
        let expected: Vec<_> = ErrorCode::ALL
            .iter()
            .map(|c| {
                let (code, status, fault) = (c.as_str(), c.status(), c.error_type().as_str());
                format!("| `{code}` | {status} | {fault}")
            })
            .collect();
        assert_eq!(documented, expected);
    }

    #[test]
    fn status_and_fault_agree() {
        for code in ErrorCode::ALL {
            let expected = if code.status() >= 500 {
                ErrorType::Receiver
            } else {
                ErrorType::Sender
            };
            assert_eq!(code.error_type(), expected, "{code:?}");
        }
    }
}
