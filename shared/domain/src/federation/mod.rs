//! One federation, several provers: temporary credentials for those who do not sign.
//!
//! Whoever proves them, the way is the same: a proof gives the subject, what its provider limits,
//! what is granted and which claims are kept; then limits, audit and session are ours. An attempt
//! is counted before anything is looked at, and given back unless it failed.

mod duration;
mod error;
pub mod openid;
pub mod plugin;

use std::future::Future;

use model::{PolicyName, RoleArn, UniqueId};
use store::{Authority, KeptClaims, LongDurations, Parent, ReadPolicies, SessionRequest};
use zeroize::Zeroizing;

use crate::call::Call;
use crate::invocation::Invocation;
use crate::issuing::{Attempt, IssueStore, Issuing, Quota, SingleUse};
use crate::permissions::{Permissions, federated_context};
use crate::record::Record;
use crate::session::{
    Credentials, NewSession, ParameterError, check_policy_arns, check_session_policy,
};
use crate::wire::{ValidationError, Validator};

pub use error::{FederationError, ProofError};

/// What the caller asks for, as far as it can be judged without the prover.
#[derive(Debug, Default)]
pub struct FederatedRequest {
    /// `DurationSeconds` as sent; the provider decides about its limits.
    pub duration: Option<Zeroizing<String>>,
    /// What is kept with the session.
    pub session: SessionRequest,
}

impl FederatedRequest {
    /// `DurationSeconds` as sent, if it was.
    pub fn duration(&self) -> Option<&str> {
        self.duration.as_ref().map(|d| d.as_str())
    }
}

/// How long a provider's sessions may last.
#[derive(Debug, Clone, Copy, Default)]
pub struct Validity {
    /// The longest that may be asked for, in seconds; the action's limit if `None`.
    pub longest: Option<u32>,
    /// What becomes of a duration above that.
    pub above: LongDurations,
    /// The longest that comes of it, whatever is asked for, in seconds.
    pub at_most: Option<u32>,
}

/// Somebody who is proven.
#[derive(Debug)]
pub struct Proven<P> {
    /// The name of the session's parent, which no other prover gives to anybody.
    pub subject: String,
    /// The role that is assumed, and its id, where sessions have one.
    pub role: Option<(RoleArn, Option<UniqueId>)>,
    /// How long sessions may last.
    pub validity: Validity,
    /// How much may be issued, and to whom that counts.
    pub quota: Quota,
    /// What the prover keeps of the proof.
    pub proof: P,
}

/// What a proof is good for.
#[derive(Debug)]
pub struct Granted {
    /// The policies of the session: those of its role as they are now, or those that it keeps.
    pub policies: Vec<PolicyName>,
    /// The claims that are kept.
    pub claims: KeptClaims,
    /// The token that opens the session, if it opens no other.
    pub single_use: Option<SingleUse>,
}

/// What makes sure who somebody is who does not sign. A prover is made for one call.
pub trait Prover<S>: Sync {
    /// What is kept of a proof for the grant and for the reply.
    type Proof: Send + Sync;
    /// Why there is no proof, or no grant.
    type Error: ProofError;

    /// The actions that take this proof; a policy that denies one of them denies all.
    const ACTIONS: &'static [&'static str];
    /// The longest session, in seconds.
    const MAX_SECONDS: u32;
    /// Whether [`Prover::prove`] judges the session policy as well.
    const JUDGES_SESSION_POLICY: bool = false;

    /// Whom the proof is about, by its own words. Nobody believes it before it is proven.
    fn unverified_subject(&self) -> Zeroizing<String>;

    /// Makes sure.
    fn prove(
        &self,
        call: &Call<'_, S>,
        asked: &FederatedRequest,
    ) -> impl Future<Output = Result<Proven<Self::Proof>, Self::Error>> + Send;

    /// Whether the proof will last long enough to open anything.
    fn check_end(&self, _call: &Call<'_, S>, _proof: &Self::Proof) -> Result<(), Self::Error> {
        Ok(())
    }

    /// What the proof is good for. The record gets what the audit trail has to know of it.
    fn grant(
        &self,
        call: &Call<'_, S>,
        proven: &Proven<Self::Proof>,
        record: &mut Record,
    ) -> impl Future<Output = Result<Granted, Self::Error>> + Send;
}

/// Credentials, and what a reply says about them.
#[derive(Debug)]
pub struct Federated<P> {
    /// The credentials.
    pub credentials: Credentials,
    /// Whose they are.
    pub proven: Proven<P>,
    /// What was asked for.
    pub asked: SessionRequest,
}

/// Issues a session to whom `by` proves.
pub async fn federate<S, P>(
    by: &P,
    call: &Call<'_, S>,
    asked: FederatedRequest,
    invocation: &mut Invocation<'_>,
) -> Result<Federated<P::Proof>, FederationError<P::Error>>
where
    S: ReadPolicies + IssueStore,
    P: Prover<S>,
{
    let source_ip = invocation.request.source_ip.as_deref();
    let attempt = Attempt::admit(call, source_ip, || by.unverified_subject()).await?;
    let result = exchange(by, call, asked, invocation).await;
    let failed = result
        .as_ref()
        .is_err_and(FederationError::is_failed_attempt);
    if !failed {
        attempt.give_back(call.store).await;
    }
    result
}

async fn exchange<S, P>(
    by: &P,
    call: &Call<'_, S>,
    asked: FederatedRequest,
    invocation: &mut Invocation<'_>,
) -> Result<Federated<P::Proof>, FederationError<P::Error>>
where
    S: ReadPolicies + IssueStore,
    P: Prover<S>,
{
    let proven = by.prove(call, &asked).await;
    let proven = proven.map_err(FederationError::Proof)?;
    let record = &mut *invocation.record;
    record.caller = Some(proven.subject.clone());
    let longest = call.settings.max_session_seconds;
    let duration = duration::of(&asked, P::MAX_SECONDS, longest, proven.validity)?;
    let end = by.check_end(call, &proven.proof);
    end.map_err(FederationError::Proof)?;
    check_session_name(&asked.session, proven.role.is_some())?;
    if !P::JUDGES_SESSION_POLICY {
        check_session_policy(&asked.session).map_err(ParameterError::from)?;
    }
    check_policy_arns(call.store, &asked.session).await?;
    let granted = by.grant(call, &proven, record).await;
    let granted = granted.map_err(FederationError::Proof)?;
    let permissions = Permissions::of_policies(call.reader(), granted.policies.clone()).await?;
    let facts = invocation.request.facts();
    let issuing = Issuing {
        actions: P::ACTIONS,
        permissions,
        context: federated_context(&proven.subject, &granted.claims, &facts, call.now),
        quota: proven.quota.clone(),
        single_use: granted.single_use,
        new: NewSession {
            parent: Parent::Federated(proven.subject.clone()),
            principal_id: proven.role.as_ref().and_then(|(_, id)| id.clone()),
            authority: authority(&proven, granted.policies),
            duration,
            asked: asked.session.clone(),
            claims: granted.claims,
        },
    };
    let authorized = issuing.authorize(call).await?;
    Ok(Federated {
        credentials: authorized.mint(call.store, record).await?,
        proven,
        asked: asked.session,
    })
}

/// The policies of a role count as they are when the session is used.
fn authority<P>(proven: &Proven<P>, granted: Vec<PolicyName>) -> Authority {
    match &proven.role {
        Some((arn, _)) => Authority::Role(arn.clone()),
        None => Authority::Granted(granted),
    }
}

/// Holds the name of a role's session to AWS's pattern; without a role it means nothing.
fn check_session_name(asked: &SessionRequest, has_role: bool) -> Result<(), ValidationError> {
    let mut validator = Validator::default();
    if let Some(name) = asked.role_session_name.as_ref().filter(|_| has_role) {
        let text = Zeroizing::new(name.to_string());
        validator.note("roleSessionName", Some(&text), name.check_for_role());
    }
    validator.finish()
}
