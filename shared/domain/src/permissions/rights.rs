//! What a caller may do: policies decide, and Open Policy Agent where the settings name one.

use std::fmt;

use clock::UnixTime;
use policy::{Asked, Context, Decision};

use super::opa::{Agent, Opa, OpaError};
use super::{PermissionError, PermissionStore, Permissions, query};
use crate::call::Call;
use crate::caller::Caller;

/// What a caller may do now, for any number of decisions about one request.
#[derive(Debug, Default)]
pub struct Rights {
    permissions: Permissions,
    opa: Option<Opa>,
}

/// The answer, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Of the policies alone: they do not allow it, or nobody else is to be asked.
    Policies(Decision),
    /// Policies allow it, and Open Policy Agent does.
    Confirmed(Decision),
    /// Policies allow it, and Open Policy Agent does not.
    Refused,
    /// Policies allow it, and Open Policy Agent gave no answer.
    Unanswered(OpaError),
}

impl Rights {
    /// The rights of a verified caller.
    pub async fn of<S: PermissionStore>(
        call: &Call<'_, S>,
        caller: &Caller,
    ) -> Result<Self, PermissionError> {
        let permissions = Permissions::of(call.reader(), caller).await?;
        let agent = Agent::of(call.settings, call.identity, Some(call.keys))?;
        Ok(Self::confirmed_by(agent, permissions, caller, call.now))
    }

    /// What these policies allow and, where there is one, an agent confirms.
    pub fn confirmed_by(
        agent: Option<Agent>,
        permissions: Permissions,
        caller: &Caller,
        now: UnixTime,
    ) -> Self {
        let opa = agent.map(|agent| Opa::about(agent, caller, &permissions.groups, now));
        Self { permissions, opa }
    }

    /// Decides one action on one resource. What policies do not allow nobody else can: Open
    /// Policy Agent is asked only about what they do.
    pub async fn decide(&self, action: &str, resource: &str, context: &Context) -> Verdict {
        let query = query(action, resource, context);
        let decision = self.permissions.decide(&query);
        match &self.opa {
            Some(opa) if decision.is_allowed() => match opa.allows(&query).await {
                Ok(true) => Verdict::Confirmed(decision),
                Ok(false) => Verdict::Refused,
                Err(error) => Verdict::Unanswered(error),
            },
            _ => Verdict::Policies(decision),
        }
    }

    /// Decides all of `asked`; the first that is not allowed is the answer. `None` if nothing is
    /// asked.
    pub async fn decide_all(&self, asked: &[Asked<'_>]) -> Option<Verdict> {
        let mut last = None;
        for asked in asked {
            let verdict = self.decide(asked.action, asked.resource, &asked.context);
            let verdict = verdict.await;
            let goes_on = verdict.is_allowed();
            last = Some(verdict);
            if !goes_on {
                break;
            }
        }
        last
    }

    /// The policies that are looked at.
    pub const fn permissions(&self) -> &Permissions {
        &self.permissions
    }
}

impl Verdict {
    /// Whether the request may go on.
    pub const fn is_allowed(&self) -> bool {
        match self {
            Self::Policies(decision) => decision.is_allowed(),
            Self::Confirmed(_) => true,
            Self::Refused | Self::Unanswered(_) => false,
        }
    }

    /// Whether Open Policy Agent was asked.
    pub const fn has_asked(&self) -> bool {
        !matches!(self, Self::Policies(_))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policies(decision) => decision.fmt(f),
            Self::Confirmed(decision) => write!(f, "{decision} and by Open Policy Agent"),
            Self::Refused => f.write_str("not allowed by Open Policy Agent"),
            Self::Unanswered(error) => {
                write!(f, "not allowed: Open Policy Agent gave no answer: {error}")
            }
        }
    }
}
