//! Compiled policies and statements.

use super::action::{Action, ActionPattern};
use super::answer::Answer;
use super::arn::{Arn, ArnPattern};
use super::condition::Test;
use super::context::{Context, Fact};
use super::principal::{Principal, PrincipalElement};

/// A compiled policy. Made by [`Policy::parse`], once for any number of evaluations.
#[derive(Debug)]
pub struct Policy {
    pub(super) statements: Box<[Statement]>,
    /// Whether every statement says to whom it applies.
    pub(super) names_principals: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

#[derive(Debug)]
pub(super) struct Statement {
    pub(super) sid: Option<Box<str>>,
    pub(super) effect: Effect,
    /// `None` in policies that are attached to an identity.
    pub(super) principal: Option<PrincipalElement>,
    pub(super) actions: Actions,
    pub(super) resources: Resources,
    pub(super) conditions: Box<[Test]>,
}

/// The element `Action` or `NotAction`.
#[derive(Debug)]
pub(super) struct Actions {
    pub(super) negated: bool,
    pub(super) patterns: Box<[ActionPattern]>,
}

/// The element `Resource` or `NotResource`.
#[derive(Debug)]
pub(super) struct Resources {
    pub(super) negated: bool,
    pub(super) patterns: Box<[ArnPattern]>,
}

/// One request, prepared for comparing it with many statements.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) action: Action<'a>,
    pub(super) resource: Arn<'a>,
    /// Whether `resource` stands for one that the request does not name.
    pub(super) is_unnamed: bool,
    pub(super) principal: Principal<'a>,
    pub(super) context: &'a Context,
}

impl Statement {
    /// Whether the statement is about this request. Cheap tests come first.
    pub(super) fn applies(&self, request: &Request<'_>) -> Answer {
        let deny = self.effect == Effect::Deny;
        let principal = self.principal.as_ref();
        if !self.actions.include(request.action)
            || principal.is_some_and(|element| !element.matches(request.principal, deny))
        {
            return Answer::Fails;
        }
        let conditions = self.conditions.iter().map(|t| t.holds(request.context));
        Answer::all(std::iter::once(self.resources.include(request, deny)).chain(conditions))
    }

    /// The condition keys that the statement depends on, in lower case, in order of appearance.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        let resources = self.resources.patterns.iter().flat_map(ArnPattern::keys);
        resources.chain(self.conditions.iter().flat_map(Test::keys))
    }
}

impl Actions {
    pub(super) fn include(&self, action: Action<'_>) -> bool {
        self.patterns.iter().any(|p| p.matches(action)) != self.negated
    }
}

impl Resources {
    /// A pattern whose variable has no value names no resource. Under `NotResource` that would
    /// widen an Allow to every resource, so such an Allow does not apply; a Deny does.
    ///
    /// A Deny applies to a resource that the request does not name if it is on any like it.
    /// `NotResource` is compared with the ARN that stands for it.
    fn include(&self, request: &Request<'_>, deny: bool) -> Answer {
        let context = request.context;
        let matches = |p: &ArnPattern| p.matches(request.resource, context);
        let named = || Answer::any(self.patterns.iter().map(matches));
        if !self.negated {
            let on_kind = |p: &ArnPattern| p.may_cover_kind_of(request.resource);
            if deny && request.is_unnamed && self.patterns.iter().any(on_kind) {
                return Answer::Holds;
            }
            return named();
        }
        if deny || self.patterns.iter().all(|p| p.is_resolved(context)) {
            return !named();
        }
        let mut keys = self.patterns.iter().flat_map(ArnPattern::keys);
        if keys.any(|key| context.fact(key) == Fact::Unknown) {
            Answer::Unknown
        } else {
            Answer::Fails
        }
    }
}
