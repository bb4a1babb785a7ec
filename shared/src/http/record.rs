//! What the log says of a call: one line, with the cause of an error in it once, and an
//! event of the audit trail where the action has one.

use std::time::Duration;

use serde::Serialize;

use super::audit::{Audit, AuditLine, Proof};
use super::metrics::Metrics;
use super::{Fault, Request};
use crate::auth::Caller;
use crate::clock::LogTime;
use crate::error::Chain;
use crate::model::shown;

/// The longest `User-Agent` that is kept, in characters.
const MAX_USER_AGENT: usize = 256;

/// What is known of a call by the time it ends. Names only: no secret, token, signature or
/// parameter that may hold one.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// The action, once it is known to exist.
    pub action: Option<&'static str>,
    /// How callers of the action prove who they are, if the audit trail has the action.
    pub proof: Option<Proof>,
    /// The caller's access key id, once the caller is proven.
    pub caller: Option<String>,
    /// The access key id of the session that was issued, asked about, or used.
    pub session: Option<String>,
    /// What the token's claim names as policies and does not exist.
    pub missing_policies: Vec<String>,
    /// Why policies allowed or denied what was asked, where they were asked.
    pub decision: Option<String>,
    /// The peer's address, from the gateway.
    pub source_ip: Option<String>,
    /// What the caller says of its software.
    pub user_agent: Option<String>,
    /// What the audit trail keeps besides.
    pub audit: Audit,
}

impl Record {
    /// Notes a proven caller, and the session if it is one: the audit trail has that id from
    /// when it was issued.
    pub fn note_caller(&mut self, caller: &Caller) {
        let access_key = caller.access_key().to_string();
        if matches!(caller, Caller::Session(_)) {
            self.session = Some(access_key.clone());
        }
        self.caller = Some(access_key);
    }

    /// Notes where a request comes from.
    pub fn note_origin(&mut self, request: &Request) {
        self.source_ip.clone_from(&request.source_ip);
        let agent = request.header("user-agent");
        self.user_agent = agent.map(|agent| shown(agent, MAX_USER_AGENT));
    }
}

/// A call that has ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended<'a> {
    pub(super) record: &'a Record,
    pub(super) request_id: &'a str,
    pub(super) trace_id: Option<&'a str>,
    pub(super) at: LogTime,
    pub(super) duration: Duration,
    pub(super) fault: Option<&'a Fault>,
}

impl<'a> Ended<'a> {
    /// `OK`, or the error's code.
    pub(super) fn code(&self) -> &'static str {
        self.fault.map_or("OK", |fault| fault.code.as_str())
    }

    pub(super) fn duration_ms(&self) -> f64 {
        self.duration.as_secs_f64() * 1000.0
    }

    /// The line of the call, with `metrics` if there are any.
    pub(super) fn call_line(&self, metrics: Option<Metrics>) -> CallLine<'a> {
        let status = self.fault.map_or(200, |fault| fault.code.status());
        let cause = self.fault.and_then(|fault| fault.source.as_deref());
        CallLine {
            timestamp: self.at.to_string(),
            level: if status >= 500 { "ERROR" } else { "INFO" },
            message: "call",
            request_id: self.request_id,
            trace_id: self.trace_id,
            action: self.record.action,
            caller: self.record.caller.as_deref(),
            session: self.record.session.as_deref(),
            decision: self.record.decision.as_deref(),
            code: self.code(),
            status,
            cause: cause.map(|error| Chain(error).to_string()),
            duration_ms: self.duration_ms(),
            metrics,
        }
    }

    /// The event of the audit trail, if the action has one.
    pub(super) fn audit_line(&self) -> Option<AuditLine<'a>> {
        AuditLine::of(self)
    }
}

#[derive(Serialize)]
pub(super) struct CallLine<'a> {
    timestamp: String,
    level: &'static str,
    message: &'static str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<&'a str>,
    code: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    duration_ms: f64,
    #[serde(flatten)]
    metrics: Option<Metrics>,
}
