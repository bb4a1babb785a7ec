//! What who does not sign is told.

use model::error::ErrorCode;

use super::NOT_BELIEVED;
use crate::fault::Fault;
use crate::federation::openid::{ExchangeError, MAX_POLICIES};
use crate::federation::plugin::PluginTokenError;
use crate::federation::{FederationError, ProofError};
use crate::jwt::IdentityTokenError;
use crate::wire::ValidationError;

impl<E: ProofError> From<FederationError<E>> for Fault {
    fn from(error: FederationError<E>) -> Self {
        match error {
            FederationError::Issue(error) => error.into(),
            FederationError::Parameters(error) => error.into(),
            FederationError::Proof(error) => error.into(),
            FederationError::TooManyAttempts(error) => error.into(),
        }
    }
}

impl From<ExchangeError> for Fault {
    fn from(error: ExchangeError) -> Self {
        use ExchangeError as E;
        match error {
            E::AlmostExpired | E::Token(IdentityTokenError::Expired) => {
                Self::caused_by(ErrorCode::ExpiredTokenException, "The identity token has expired.", error)
            }
            E::Keys(_) => Self::caused_by(
                ErrorCode::IdpCommunicationError,
                "The identity provider's keys could not be retrieved.",
                error,
            ),
            E::MissingPolicies(claim) => Self::new(
                ErrorCode::IdpRejectedClaim,
                format!("The identity token's claim '{claim}' names policies that do not exist."),
            ),
            E::NoPolicy(claim) => Self::new(
                ErrorCode::AccessDenied,
                format!("None of the policies that the token's claim '{claim}' names exists."),
            ),
            E::PolicyClaim(claim) => Self::new(
                ErrorCode::IdpRejectedClaim,
                format!("The identity token has no usable claim '{claim}', which names the policies."),
            ),
            E::Role => Self::caused_by(
                ErrorCode::AccessDenied,
                "Not authorized to assume the requested role with this identity token.",
                error,
            ),
            E::Scope | E::Token(IdentityTokenError::Audience) => Self::caused_by(
                ErrorCode::IdpRejectedClaim,
                "The identity token's claims do not satisfy the provider's configuration.",
                error,
            ),
            E::Store(error) => error.into(),
            E::TokenTooLong(name, max) => ValidationError::single(format!(
                "Value at '{name}' failed to satisfy constraint: Member must have length less than or equal to {max}"
            ))
            .into(),
            E::TooManyPolicies(claim) => Self::new(
                ErrorCode::IdpRejectedClaim,
                format!("The identity token's claim '{claim}' names more than {MAX_POLICIES} policies."),
            ),
            E::NoTokenId | E::Token(_) | E::UnknownIssuer => {
                Self::caused_by(ErrorCode::InvalidIdentityToken, NOT_BELIEVED, error)
            }
        }
    }
}

impl From<PluginTokenError> for Fault {
    fn from(error: PluginTokenError) -> Self {
        match error {
            PluginTokenError::Parameters(error) => error.into(),
            PluginTokenError::Plugin(error) => Self::caused_by(
                ErrorCode::IdpCommunicationError,
                "The identity provider could not be reached or gave no usable answer.",
                error,
            ),
            PluginTokenError::Refused(reason) => {
                let reason = reason.as_deref().unwrap_or("the token was not accepted");
                Self::new(
                    ErrorCode::AccessDenied,
                    format!("The identity provider refused the token: {reason}"),
                )
            }
            PluginTokenError::Role => Self::new(
                ErrorCode::AccessDenied,
                "Not authorized to perform sts:AssumeRoleWithCustomToken",
            ),
            PluginTokenError::Seal(error) => Self::internal(error),
            PluginTokenError::Store(error) => error.into(),
            PluginTokenError::TokenTooLong(max) => ValidationError::single(format!(
                "Value at 'token' failed to satisfy constraint: Member must have length less than or equal to {max} when encoded for a URL"
            ))
            .into(),
        }
    }
}
