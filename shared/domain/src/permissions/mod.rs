//! What a caller may do: the policies that apply, and the decision with its reason.
//!
//! A session may do what its parent may do now and what each session policy allows. Whatever
//! cannot be read or parsed denies: a policy or group that is missing here might hold a Deny.

mod context;
mod opa;
mod rights;

use std::sync::Arc;

use keys::SealError;
use model::{NO_ACCOUNT, PolicyName, RoleArn};
use policy::{
    Ceiling, Context, Decision, Kind, Layer, Layers, MatchedStatement, NamedPolicy, Policy,
    Principal, Query, Resource,
};
use store::{
    Authority, Group, Parent, ReadGroups, ReadPolicies, ReadRoles, ReadUsers, Session, Status,
    StoreError, User,
};

use crate::caller::Caller;
use crate::policies::{Attached, PoliciesError, Reader};
use crate::session::NewSession;

pub use context::{
    actions_with, claim_key, context, federated_context, imagined, is_of_claims, is_supplied,
};
pub use opa::{Agent, OpaError};
pub use rights::{Rights, Verdict};

/// The name of the inline session policy in a decision's reason.
const SESSION_POLICY: &str = "session policy";

/// What a caller may do cannot be said; the answer is no.
#[derive(Debug, thiserror::Error)]
pub enum PermissionError {
    /// Open Policy Agent cannot be asked: the value of its `Authorization` header does not open.
    #[error("the authorization for Open Policy Agent does not open")]
    Authorization(#[from] SealError),
    /// A policy says so.
    #[error("explicitly denied by {0}")]
    Denied(Box<MatchedStatement>),
    /// No policy allows what a session brings with it.
    #[error("{action}: {decision}")]
    NotAllowed {
        /// The action that would have to be allowed.
        action: &'static str,
        /// Why it is not.
        decision: Box<Decision>,
    },
    /// The parent is gone or disabled, or the session's role is.
    #[error("the session's parent or role does not exist or is disabled")]
    Parent,
    /// A policy or a group that applies cannot be had.
    #[error(transparent)]
    Policies(PoliciesError),
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<PoliciesError> for PermissionError {
    fn from(error: PoliciesError) -> Self {
        match error {
            PoliciesError::Store(error) => Self::Store(error),
            error => Self::Policies(error),
        }
    }
}

/// What the store must be able to do for a decision.
pub trait PermissionStore: ReadUsers + ReadGroups + ReadPolicies + ReadRoles {}

impl<S: ReadUsers + ReadGroups + ReadPolicies + ReadRoles> PermissionStore for S {}

/// The policies that apply to one caller.
#[derive(Debug, Clone, Default)]
pub struct Permissions {
    identity: Vec<Attached>,
    /// Each is a limit of its own.
    ceilings: Vec<Attached>,
    /// The enabled groups of the user.
    groups: Vec<String>,
}

impl Permissions {
    /// These policies, of which each ceiling is a limit of its own.
    pub const fn new(identity: Vec<Attached>, ceilings: Vec<Attached>) -> Self {
        Self {
            identity,
            ceilings,
            groups: Vec::new(),
        }
    }

    /// The policies of a verified caller.
    pub async fn of<S: PermissionStore>(
        reader: Reader<'_, S>,
        caller: &Caller,
    ) -> Result<Self, PermissionError> {
        match caller {
            Caller::User(user) => Self::of_user(reader, user).await,
            Caller::Session(session) => Self::of_session(reader, session).await,
        }
    }

    /// The policies of a user and the user's enabled groups.
    pub async fn of_user<S: ReadGroups + ReadPolicies>(
        reader: Reader<'_, S>,
        user: &User,
    ) -> Result<Self, PermissionError> {
        if user.status == Status::Disabled {
            return Err(PermissionError::Parent);
        }
        let mut names = user.policies.clone();
        let groups = groups(reader, &user.groups).await?;
        names.extend(groups.iter().flat_map(|group| group.policies.clone()));
        Ok(Self {
            identity: reader.policies(names).await?,
            ceilings: Vec::new(),
            groups: groups.into_iter().map(|group| group.name).collect(),
        })
    }

    /// The policies of a role, or those that a claim granted.
    pub async fn of_policies<S: ReadPolicies>(
        reader: Reader<'_, S>,
        names: Vec<PolicyName>,
    ) -> Result<Self, PermissionError> {
        Ok(Self {
            identity: reader.policies(names).await?,
            ..Self::default()
        })
    }

    /// The policies of a session's parent as they are now, limited by the session's own.
    pub async fn of_session<S: PermissionStore>(
        reader: Reader<'_, S>,
        session: &Session,
    ) -> Result<Self, PermissionError> {
        let base = match &session.authority {
            Authority::User => {
                let user = user_of(reader.store, session).await?;
                Self::of_user(reader, &user).await?
            }
            Authority::Role(arn) => {
                let policies = role_policies(reader.store, session, arn).await?;
                Self::of_policies(reader, policies).await?
            }
            Authority::Granted(granted) => Self::of_policies(reader, granted.clone()).await?,
        };
        Ok(Self {
            ceilings: ceilings(reader, session).await?,
            ..base
        })
    }

    /// Decides a request.
    pub fn decide(&self, query: &Query<'_>) -> Decision {
        self.with_layers(|layers| policy::decide(layers, query))
    }

    /// The Deny that applies to a request, if one does.
    pub fn explicit_deny(&self, query: &Query<'_>) -> Option<MatchedStatement> {
        self.with_layers(|layers| policy::explicit_deny(layers, query))
    }

    /// Lets a session be issued by these actions, as `AssumeRole`, unless a statement denies one
    /// of them: nothing has to allow what users and roles exist for. Tags and a source identity
    /// open what other policies grant to those who have them, so they must be allowed (IAM User
    /// Guide, "Pass session tags in AWS STS" and "Monitor and control actions taken with assumed
    /// roles"). `context` is that of the request, to which the session's is added.
    pub fn may_issue(
        &self,
        actions: &[&str],
        new: &NewSession,
        mut context: Context,
    ) -> Result<(), PermissionError> {
        let asked = &new.asked;
        context::add_session_request(&mut context, asked, new.duration.secs());
        let own = own_role(&new.parent);
        let role = new.authority.role_arn().map(RoleArn::as_str);
        let resource = role.map_or(Resource::Unnamed(&own), Resource::Named);
        for action in actions {
            let action = format!("sts:{action}");
            if let Some(denied) = self.explicit_deny(&query_of(&action, resource, &context)) {
                return Err(PermissionError::Denied(Box::new(denied)));
            }
        }
        let brings_tags = !asked.tags.is_empty() || !asked.transitive_tag_keys.is_empty();
        for (action, is_asked) in [
            ("sts:TagSession", brings_tags),
            ("sts:SetSourceIdentity", asked.source_identity.is_some()),
        ] {
            let decide = || self.decide(&query_of(action, resource, &context));
            match is_asked.then(decide) {
                None | Some(Decision::Allow(_)) => {}
                Some(decision) => {
                    let decision = Box::new(decision);
                    return Err(PermissionError::NotAllowed { action, decision });
                }
            }
        }
        Ok(())
    }

    /// All policies that are looked at, by layer and name, ceilings last.
    pub fn policies(&self) -> impl Iterator<Item = (Layer, &str)> {
        let identity = self.identity.iter();
        let identity = identity.map(|(name, _)| (Layer::Identity, name.as_str()));
        let ceilings = self.ceilings.iter();
        identity.chain(ceilings.map(|(name, _)| (Layer::Ceiling(name.clone()), name.as_str())))
    }

    /// Whether a policy depends on a condition key that begins like this, in lower case.
    pub fn have_key(&self, beginning: &str) -> bool {
        let mut all = self.identity.iter().chain(&self.ceilings);
        all.any(|(_, policy)| policy.has_key(beginning))
    }

    fn with_layers<T>(&self, decide: impl FnOnce(&Layers<'_>) -> T) -> T {
        let identity: Vec<_> = self.identity.iter().map(named).collect();
        let limits: Vec<_> = self.ceilings.iter().map(|limit| [named(limit)]).collect();
        let ceilings: Vec<_> = limits
            .iter()
            .map(|limit| Ceiling {
                name: limit[0].name,
                policies: limit,
            })
            .collect();
        decide(&Layers {
            identity: &identity,
            resource: &[],
            ceilings: &ceilings,
        })
    }
}

/// Asks whether `caller` may do `action` with `resource`.
pub fn query<'a>(action: &'a str, resource: &'a str, context: &'a Context) -> Query<'a> {
    query_of(action, Resource::Named(resource), context)
}

fn query_of<'a>(action: &'a str, resource: Resource<'a>, context: &'a Context) -> Query<'a> {
    Query {
        action,
        resource,
        principal: Principal::Anonymous,
        context,
    }
}

/// The role that stands for a parent's own rights, which no request names.
fn own_role(parent: &Parent) -> String {
    format!("arn:aws:iam::{NO_ACCOUNT}:role/{}", parent.name())
}

fn named((name, policy): &Attached) -> NamedPolicy<'_> {
    NamedPolicy { name, policy }
}

/// The enabled groups.
async fn groups<S: ReadGroups>(
    reader: Reader<'_, S>,
    names: &[String],
) -> Result<Vec<Group>, PermissionError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let groups = reader.groups(names).await?;
    Ok(groups
        .into_iter()
        .filter(|group| group.status == Status::Enabled)
        .collect())
}

/// The user in whose name a session acts, and nobody else of that name.
async fn user_of<S: ReadUsers>(store: &S, session: &Session) -> Result<User, PermissionError> {
    let Parent::User(access_key) = &session.parent else {
        return Err(PermissionError::Parent);
    };
    let user = store.user(access_key).await?;
    user.filter(|user| session.is_of(&user.id))
        .ok_or(PermissionError::Parent)
}

async fn role_policies<S: ReadRoles>(
    store: &S,
    session: &Session,
    arn: &RoleArn,
) -> Result<Vec<PolicyName>, PermissionError> {
    let role = store.role(arn.as_str()).await?;
    let role = role
        .filter(|role| role.status == Status::Enabled && session.is_of(&role.id))
        .ok_or(PermissionError::Parent)?;
    Ok(role.policies)
}

async fn ceilings<S: ReadPolicies>(
    reader: Reader<'_, S>,
    session: &Session,
) -> Result<Vec<Attached>, PermissionError> {
    let asked = &session.asked;
    let mut ceilings = reader.policies(asked.policy_arns.clone()).await?;
    if let Some(document) = &asked.session_policy {
        let policy = Policy::parse(document, Kind::Session)
            .map_err(|error| PoliciesError::Unusable(SESSION_POLICY.to_owned(), error))?;
        ceilings.push((SESSION_POLICY.to_owned(), Arc::new(policy)));
    }
    Ok(ceilings)
}
