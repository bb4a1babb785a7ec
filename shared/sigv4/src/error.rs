//! Why a signature is refused, in AWS's words.

use std::fmt;

use clock::UnixTime;

/// A reason to refuse a signature; the text is the one that AWS gives.
///
/// Variants stand in the order in which the checks run. No text holds a signature or a
/// session token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The query ends within a percent escape.
    #[error("Incomplete trailing escape % sequence")]
    IncompleteEscape,
    /// A percent sign in the query is followed by something else than two hex digits.
    #[error("Illegal hex character in escape % pattern: %{0}")]
    IllegalEscape(Echo),
    /// The request carries no signature of this family.
    #[error("Request is missing Authentication Token")]
    MissingAuthenticationToken,
    /// The request carries more than one form of authentication; AWS gives no text.
    #[error("")]
    AmbiguousAuthentication,
    /// The `Authorization` header uses another algorithm of AWS.
    #[error("Unsupported AWS 'algorithm': '{0}'.")]
    UnsupportedAlgorithm(Echo),
    /// A part of the `Authorization` header lacks the equal sign. Of the part, only leading
    /// letters are repeated: it may be a signature.
    #[error(
        "'{0}' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256'"
    )]
    NotKeyValue(Echo),
    /// Parts of the signature are missing in header form; the text lists them.
    #[error("{0} Authorization=AWS4-HMAC-SHA256")]
    IncompleteHeader(String),
    /// Parts of the signature are missing in query form; the text lists them.
    #[error("{0} Re-examine the query-string parameters.")]
    IncompleteQuery(String),
    /// `host` is not among the signed headers.
    #[error("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")]
    HostNotSigned,
    /// This header of the request has to be signed and is not.
    #[error("There were headers present in the request which were not signed: '{0}'.")]
    UnsignedHeader(Echo),
    /// The time of signing has another format.
    #[error(
        "Date must be in ISO-8601 'basic format'. Got '{0}'. See http://en.wikipedia.org/wiki/ISO_8601"
    )]
    InvalidDate(Echo),
    /// `X-Amz-Expires` is not a number of seconds up to a week.
    #[error("X-Amz-Expires must be a whole number of seconds from 1 to 604800.")]
    InvalidExpires,
    /// The signature is too old.
    #[error(
        "Signature expired: {} is now earlier than {} ({} - {window})",
        signed_at.amz_date(), now.plus(-window.0).amz_date(), now.amz_date()
    )]
    Expired {
        /// The time of signing.
        signed_at: UnixTime,
        /// The verifier's time.
        now: UnixTime,
        /// How long the signature was good for.
        window: Window,
    },
    /// The signature comes from the future.
    #[error(
        "Signature not yet current: {} is still later than {} ({} + {window})",
        signed_at.amz_date(), now.plus(window.0).amz_date(), now.amz_date()
    )]
    NotYetCurrent {
        /// The time of signing.
        signed_at: UnixTime,
        /// The verifier's time.
        now: UnixTime,
        /// How far clocks may differ.
        window: Window,
    },
    /// The credential does not have five parts.
    #[error(
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{0}'"
    )]
    MalformedCredential(Echo),
    /// The credential is scoped to something else; the text lists every deviation.
    #[error("{0}")]
    WrongScope(String),
    /// The signature was made with another key or over another request.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
    )]
    SignatureDoesNotMatch,
}

impl Error {
    /// The code with which AWS answers.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::IncompleteEscape | Self::IllegalEscape(_) => "MalformedQueryString",
            Self::MissingAuthenticationToken => "MissingAuthenticationToken",
            Self::UnsupportedAlgorithm(_)
            | Self::NotKeyValue(_)
            | Self::IncompleteHeader(_)
            | Self::IncompleteQuery(_)
            | Self::InvalidDate(_)
            | Self::InvalidExpires
            | Self::MalformedCredential(_) => "IncompleteSignature",
            Self::AmbiguousAuthentication
            | Self::HostNotSigned
            | Self::UnsignedHeader(_)
            | Self::Expired { .. }
            | Self::NotYetCurrent { .. }
            | Self::WrongScope(_)
            | Self::SignatureDoesNotMatch => "SignatureDoesNotMatch",
        }
    }

    /// The HTTP status with which AWS answers.
    pub fn status(&self) -> u16 {
        match self.code() {
            "MissingAuthenticationToken" | "SignatureDoesNotMatch" => 403,
            _ => 400,
        }
    }
}

/// What a client sent, cut to 256 characters of printable ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Echo(String);

impl Echo {
    const MAX_LENGTH: usize = 256;
    const MAX_NAME_LENGTH: usize = 32;

    pub(super) fn new(text: &str) -> Self {
        let printable = |c: char| match c {
            ' '..='~' => c,
            _ => '?',
        };
        Self(text.chars().take(Self::MAX_LENGTH).map(printable).collect())
    }

    /// Repeats the letters that the text begins with and nothing that could be a secret.
    pub(super) fn leading_letters(text: &str) -> Self {
        let letters = text.chars().take_while(char::is_ascii_alphabetic);
        Self(letters.take(Self::MAX_NAME_LENGTH).collect())
    }
}

impl fmt::Display for Echo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A number of seconds that reads `15 min.` when it is whole minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window(pub(super) i64);

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 % 60 == 0 {
            write!(f, "{} min.", self.0 / 60)
        } else {
            write!(f, "{} sec.", self.0)
        }
    }
}
