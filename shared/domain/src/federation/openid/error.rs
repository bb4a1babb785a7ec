//! Why a token opens no session.

use store::StoreError;

use crate::federation::ProofError;
use crate::identity::KeyFetchError;
use crate::jwt::IdentityTokenError;

/// The token is no proof, or is good for nothing.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The token ends within a minute.
    #[error("the token ends within a minute")]
    AlmostExpired,
    /// The provider's keys cannot be had.
    #[error(transparent)]
    Keys(#[from] KeyFetchError),
    /// The claim names policies that do not exist, and the provider wants all to.
    #[error("claim {0} names policies that do not exist")]
    MissingPolicies(String),
    /// None of the policies that the claim names exists.
    #[error("no policy that claim {0} names exists")]
    NoPolicy(String),
    /// The provider wants each token used once, and this one cannot be told from others.
    #[error("the token has no id")]
    NoTokenId,
    /// The token lacks the claim that names policies.
    #[error("the token has no usable claim {0}")]
    PolicyClaim(String),
    /// No provider of the token's issuer has the role.
    #[error("no provider of the token's issuer has the role")]
    Role,
    /// The token lacks a scope.
    #[error("the token lacks a scope that the provider's configuration requires")]
    Scope,
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The token is not believed.
    #[error(transparent)]
    Token(#[from] IdentityTokenError),
    /// The token is longer than the provider's tokens are.
    #[error("the token is longer than {1} characters")]
    TokenTooLong(&'static str, usize),
    /// The claim names more policies than one may.
    #[error("claim {0} names too many policies")]
    TooManyPolicies(String),
    /// No provider has the token's issuer.
    #[error("no provider has the token's issuer")]
    UnknownIssuer,
}

impl ProofError for ExchangeError {
    fn is_failed_attempt(&self) -> bool {
        matches!(
            self,
            Self::AlmostExpired
                | Self::MissingPolicies(_)
                | Self::NoPolicy(_)
                | Self::NoTokenId
                | Self::PolicyClaim(_)
                | Self::Role
                | Self::Scope
                | Self::Token(_)
                | Self::TokenTooLong(..)
                | Self::TooManyPolicies(_)
                | Self::UnknownIssuer
        )
    }
}
