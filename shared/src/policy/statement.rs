//! Compiled policies and statements.

use super::action::{Action, ActionPattern};
use super::arn::{Arn, ArnPattern};
use super::condition::Test;
use super::context::Context;
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
    pub(super) principal: Principal<'a>,
    pub(super) context: &'a Context,
}

impl Statement {
    /// Whether the statement is about this request. Cheap tests come first.
    pub(super) fn applies(&self, request: &Request<'_>) -> bool {
        let deny = self.effect == Effect::Deny;
        self.actions.include(request)
            && self
                .principal
                .as_ref()
                .is_none_or(|element| element.matches(request.principal, deny))
            && self.resources.include(request, deny)
            && self.conditions.iter().all(|t| t.holds(request.context))
    }
}

impl Actions {
    fn include(&self, request: &Request<'_>) -> bool {
        let mut patterns = self.patterns.iter();
        patterns.any(|p| p.matches(request.action, request.context)) != self.negated
    }
}

impl Resources {
    /// A pattern whose variable has no value names no resource. Under `NotResource` that would
    /// widen an Allow to every resource, so such an Allow does not apply; a Deny does.
    fn include(&self, request: &Request<'_>, deny: bool) -> bool {
        let context = request.context;
        let named = |p: &ArnPattern| p.matches(request.resource, context);
        if !self.negated {
            return self.patterns.iter().any(named);
        }
        (deny || self.patterns.iter().all(|p| p.is_resolved(context)))
            && !self.patterns.iter().any(named)
    }
}
