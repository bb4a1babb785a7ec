//! An identity token as a proof: `AssumeRoleWithClientGrants` and `AssumeRoleWithWebIdentity`,
//! which differ in names only.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>

mod error;
mod grant;
mod prover;
mod request;
mod response;
mod verify;

use store::{KeySetCopies, ReadPolicies, ReadProviders, ReadRoles};

use crate::call::Call;
use crate::fault::Fault;
use crate::invocation::Invocation;
use crate::issuing::IssueStore;
use crate::wire::{ActionResult, Parameters};

pub use error::ExchangeError;
pub use grant::MAX_POLICIES;
pub use prover::IdentityToken;
pub use request::TokenExchangeRequest;

/// What the two actions differ in.
#[derive(Debug)]
pub struct Names {
    /// What the token is called where it is refused.
    pub token: &'static str,
    /// The reply's element that holds the token's subject.
    pub subject: &'static str,
    /// The longest token unless a provider says otherwise, in characters.
    pub max_token: usize,
}

/// Both actions. Either takes the other's tokens, so that a policy which denies one of them
/// denies both.
const ACTIONS: [&str; 2] = ["AssumeRoleWithClientGrants", "AssumeRoleWithWebIdentity"];

/// The name of the parameter that holds the token; either action takes it from either name.
const TOKEN_PARAMETERS: [&str; 2] = ["Token", "WebIdentityToken"];

/// What a token exchange needs of the store.
pub trait ExchangeStore:
    ReadProviders + KeySetCopies + ReadPolicies + ReadRoles + IssueStore
{
}

impl<S> ExchangeStore for S where
    S: ReadProviders + KeySetCopies + ReadPolicies + ReadRoles + IssueStore
{
}

/// Answers either action.
pub async fn handle<S: ExchangeStore>(
    names: &Names,
    call: &Call<'_, S>,
    parameters: Parameters,
    mut invocation: Invocation<'_>,
) -> Result<ActionResult, Fault> {
    let TokenExchangeRequest { token, asked } = TokenExchangeRequest::parse(names, parameters)?;
    let federated = super::federate(&token, call, asked, &mut invocation).await?;
    Ok(response::result(names, &federated))
}
