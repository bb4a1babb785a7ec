//! The decision: which policies allow or deny a request.

use std::fmt;

use super::action::Action;
use super::arn::Arn;
use super::context::Context;
use super::principal::Principal;
use super::statement::{Effect, Policy, Request, Statement};

/// A policy and the name under which a decision refers to it.
#[derive(Debug, Clone, Copy)]
pub struct NamedPolicy<'a> {
    /// The name in a decision's reason.
    pub name: &'a str,
    /// The compiled policy.
    pub policy: &'a Policy,
}

/// A limit that grants nothing by itself, such as a session policy or a permissions boundary.
#[derive(Debug, Clone, Copy)]
pub struct Ceiling<'a> {
    /// The name in a decision's reason.
    pub name: &'a str,
    /// At least one of them must allow the request. None at all means that nothing is allowed.
    pub policies: &'a [NamedPolicy<'a>],
}

/// All policies that apply to a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Layers<'a> {
    /// Attached to the caller: its own and its groups' or role's.
    pub identity: &'a [NamedPolicy<'a>],
    /// Attached to the resource.
    pub resource: &'a [NamedPolicy<'a>],
    /// Each of them must allow the request on its own.
    pub ceilings: &'a [Ceiling<'a>],
}

/// What is asked: may `principal` do `action` with `resource`?
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// `service:name`, in any case.
    pub action: &'a str,
    /// An ARN, or `*` for an action that has no resource.
    pub resource: &'a str,
    /// Who asks; only policies of resources look at it.
    pub principal: Principal<'a>,
    /// The condition keys of the request.
    pub context: &'a Context,
}

/// The answer, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Granted by this statement; every ceiling allows it too.
    Allow(MatchedStatement),
    /// This statement denies it.
    ExplicitDeny(MatchedStatement),
    /// No statement of this layer allows it.
    ImplicitDeny(Layer),
}

/// A group of policies that counts as one in the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer {
    /// The policies of the caller.
    Identity,
    /// The policies of the resource.
    Resource,
    /// The ceiling of this name.
    Ceiling(String),
}

/// The statement that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedStatement {
    /// Where the policy is attached.
    pub layer: Layer,
    /// The name of the policy.
    pub policy: String,
    /// The position of the statement, counted from 0.
    pub index: usize,
    /// The `Sid` of the statement.
    pub sid: Option<String>,
}

/// Decides a request as the IAM User Guide has it ("Policy evaluation logic").
///
/// A Deny that applies wins, wherever it stands. Else the request needs an Allow in the policies
/// of the caller or of the resource, and one in each ceiling.
pub fn decide(layers: &Layers<'_>, query: &Query<'_>) -> Decision {
    let action = query.action.to_ascii_lowercase();
    let request = prepare(query, &action);
    if let Some(denied) = find_deny(layers, &request) {
        return Decision::ExplicitDeny(denied);
    }
    let Some(granted) = find_grant(layers, &request) else {
        return Decision::ImplicitDeny(Layer::Identity);
    };
    for ceiling in layers.ceilings {
        if find(ceiling.policies, Effect::Allow, &request).is_none() {
            return Decision::ImplicitDeny(Layer::Ceiling(ceiling.name.to_owned()));
        }
    }
    Decision::Allow(granted)
}

/// Looks for a Deny only: for calls that are allowed unless a policy refuses them.
///
/// `None` says nothing about whether anything allows the request.
pub fn explicit_deny(layers: &Layers<'_>, query: &Query<'_>) -> Option<MatchedStatement> {
    let action = query.action.to_ascii_lowercase();
    find_deny(layers, &prepare(query, &action))
}

impl Decision {
    /// Whether the request may go on.
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allow(_))
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allow(statement) => write!(f, "allowed by {statement}"),
            Self::ExplicitDeny(statement) => write!(f, "explicitly denied by {statement}"),
            Self::ImplicitDeny(layer) => write!(f, "no statement of the {layer} allows it"),
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity => f.write_str("identity policies"),
            Self::Resource => f.write_str("resource policies"),
            Self::Ceiling(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for MatchedStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.sid {
            Some(sid) => write!(f, "statement {sid}")?,
            None => write!(f, "statement {}", self.index)?,
        }
        write!(f, " of policy {} ({})", self.policy, self.layer)
    }
}

fn prepare<'a>(query: &Query<'a>, lower_case_action: &'a str) -> Request<'a> {
    Request {
        action: Action::new(lower_case_action),
        resource: Arn::new(query.resource),
        principal: query.principal,
        context: query.context,
    }
}

fn find_deny(layers: &Layers<'_>, request: &Request<'_>) -> Option<MatchedStatement> {
    let find = |policies| find(policies, Effect::Deny, request);
    if let Some(hit) = find(layers.identity) {
        return Some(hit.report(Layer::Identity));
    }
    if let Some(hit) = find(layers.resource) {
        return Some(hit.report(Layer::Resource));
    }
    layers.ceilings.iter().find_map(|ceiling| {
        let hit = find(ceiling.policies)?;
        Some(hit.report(Layer::Ceiling(ceiling.name.to_owned())))
    })
}

fn find_grant(layers: &Layers<'_>, request: &Request<'_>) -> Option<MatchedStatement> {
    if let Some(hit) = find(layers.identity, Effect::Allow, request) {
        return Some(hit.report(Layer::Identity));
    }
    // A policy that names no principals would grant to everybody here.
    let mut policies = layers.resource.iter().filter(|p| p.policy.names_principals);
    let hit = policies.find_map(|p| first(p, Effect::Allow, request))?;
    Some(hit.report(Layer::Resource))
}

/// A statement that applies.
struct Hit<'a> {
    policy: &'a str,
    index: usize,
    statement: &'a Statement,
}

impl Hit<'_> {
    fn report(&self, layer: Layer) -> MatchedStatement {
        MatchedStatement {
            layer,
            policy: self.policy.to_owned(),
            index: self.index,
            sid: self.statement.sid.as_deref().map(str::to_owned),
        }
    }
}

fn find<'a>(
    policies: &[NamedPolicy<'a>],
    effect: Effect,
    request: &Request<'_>,
) -> Option<Hit<'a>> {
    policies.iter().find_map(|p| first(p, effect, request))
}

fn first<'a>(named: &NamedPolicy<'a>, effect: Effect, request: &Request<'_>) -> Option<Hit<'a>> {
    let statements = named.policy.statements.iter().enumerate();
    let mut matching = statements.filter(|(_, s)| s.effect == effect && s.applies(request));
    let (index, statement) = matching.next()?;
    Some(Hit {
        policy: named.name,
        index,
        statement,
    })
}
