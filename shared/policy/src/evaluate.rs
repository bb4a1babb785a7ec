//! The decision: which policies allow or deny a request.

use std::fmt;

use super::action::Action;
use super::answer::Answer;
use super::arn::Arn;
use super::context::{Context, Fact};
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
    /// What it is done to.
    pub resource: Resource<'a>,
    /// Who asks; only policies of resources look at it.
    pub principal: Principal<'a>,
    /// The condition keys of the request.
    pub context: &'a Context,
}

/// One of several questions about a request, each with condition keys of its own.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// `service:name`, in any case.
    pub action: &'a str,
    /// An ARN, or `*` for an action that has no resource.
    pub resource: &'a str,
    /// The condition keys.
    pub context: Context,
}

/// The resource of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource<'a> {
    /// The one of this ARN, or `*` for an action that has no resource.
    Named(&'a str),
    /// One that the request does not name. An Allow has to cover this ARN, which stands for it;
    /// a Deny applies if its `Resource` is any of the same service and type.
    Unnamed(&'a str),
}

impl<'a> Resource<'a> {
    /// The ARN, named or standing for what is not.
    pub const fn arn(self) -> &'a str {
        match self {
            Self::Named(arn) | Self::Unnamed(arn) => arn,
        }
    }
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
    /// The same, but this statement might if the value of a condition key could be known.
    Unknown(MatchedStatement),
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
    /// The condition key, in lower case, whose value cannot be known here and without which it
    /// cannot be said that the statement applies, or that it does not.
    pub unknown_key: Option<String>,
}

/// Decides a request as the IAM User Guide has it ("Policy evaluation logic").
///
/// A Deny that applies wins, wherever it stands. Else the request needs an Allow in the policies
/// of the caller or of the resource, and one in each ceiling. Where that depends on a condition
/// key whose value cannot be known, a Deny applies and an Allow does not.
pub fn decide(layers: &Layers<'_>, query: &Query<'_>) -> Decision {
    let action = query.action.to_ascii_lowercase();
    let request = prepare(query, &action);
    if let Some(denied) = find_deny(layers, &request) {
        return Decision::ExplicitDeny(denied);
    }
    let Some(granted) = find_grant(layers, &request) else {
        return missing(Layer::Identity, layers.identity, &request);
    };
    for ceiling in layers.ceilings {
        if find(ceiling.policies, ALLOWS, &request).is_none() {
            let layer = Layer::Ceiling(ceiling.name.to_owned());
            return missing(layer, ceiling.policies, &request);
        }
    }
    Decision::Allow(granted)
}

/// Why a layer in which no Allow applies does not allow the request.
fn missing(layer: Layer, policies: &[NamedPolicy<'_>], request: &Request<'_>) -> Decision {
    match find(policies, MIGHT_ALLOW, request) {
        Some(hit) => Decision::Unknown(hit.report(layer, request)),
        None => Decision::ImplicitDeny(layer),
    }
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
            Self::Unknown(statement) => write!(f, "not allowed by {statement}"),
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
        write!(f, " of policy {} ({})", self.policy, self.layer)?;
        match &self.unknown_key {
            Some(key) => write!(f, ", whose condition key {key} cannot be known here"),
            None => Ok(()),
        }
    }
}

fn prepare<'a>(query: &Query<'a>, lower_case_action: &'a str) -> Request<'a> {
    Request {
        action: Action::new(lower_case_action),
        resource: Arn::new(query.resource.arn()),
        is_unnamed: matches!(query.resource, Resource::Unnamed(_)),
        principal: query.principal,
        context: query.context,
    }
}

fn find_deny(layers: &Layers<'_>, request: &Request<'_>) -> Option<MatchedStatement> {
    let find = |policies| find(policies, DENIES, request);
    if let Some(hit) = find(layers.identity) {
        return Some(hit.report(Layer::Identity, request));
    }
    if let Some(hit) = find(layers.resource) {
        return Some(hit.report(Layer::Resource, request));
    }
    layers.ceilings.iter().find_map(|ceiling| {
        let hit = find(ceiling.policies)?;
        Some(hit.report(Layer::Ceiling(ceiling.name.to_owned()), request))
    })
}

fn find_grant(layers: &Layers<'_>, request: &Request<'_>) -> Option<MatchedStatement> {
    if let Some(hit) = find(layers.identity, ALLOWS, request) {
        return Some(hit.report(Layer::Identity, request));
    }
    // A policy that names no principals would grant to everybody here.
    let mut policies = layers.resource.iter().filter(|p| p.policy.names_principals);
    let hit = policies.find_map(|p| first(p, ALLOWS, request))?;
    Some(hit.report(Layer::Resource, request))
}

/// What is looked for: statements of this effect that apply, with one of these answers.
type Sought = (Effect, &'static [Answer]);

const ALLOWS: Sought = (Effect::Allow, &[Answer::Holds]);
const MIGHT_ALLOW: Sought = (Effect::Allow, &[Answer::Unknown]);
const DENIES: Sought = (Effect::Deny, &[Answer::Holds, Answer::Unknown]);

/// A statement that was looked for.
struct Hit<'a> {
    policy: &'a str,
    index: usize,
    statement: &'a Statement,
    answer: Answer,
}

impl Hit<'_> {
    fn report(&self, layer: Layer, request: &Request<'_>) -> MatchedStatement {
        let is_unknown = |key: &&str| request.context.fact(key) == Fact::Unknown;
        let unknown_key = match self.answer {
            Answer::Unknown => self.statement.keys().find(is_unknown),
            Answer::Holds | Answer::Fails => None,
        };
        MatchedStatement {
            unknown_key: unknown_key.map(str::to_owned),
            layer,
            policy: self.policy.to_owned(),
            index: self.index,
            sid: self.statement.sid.as_deref().map(str::to_owned),
        }
    }
}

fn find<'a>(
    policies: &[NamedPolicy<'a>],
    sought: Sought,
    request: &Request<'_>,
) -> Option<Hit<'a>> {
    policies.iter().find_map(|p| first(p, sought, request))
}

fn first<'a>(
    named: &NamedPolicy<'a>,
    (effect, answers): Sought,
    request: &Request<'_>,
) -> Option<Hit<'a>> {
    let statements = named.policy.statements.iter().enumerate();
    let mut of_effect = statements.filter(|(_, statement)| statement.effect == effect);
    of_effect.find_map(|(index, statement)| {
        let answer = statement.applies(request);
        answers.contains(&answer).then_some(Hit {
            policy: named.name,
            index,
            statement,
            answer,
        })
    })
}
