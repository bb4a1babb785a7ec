//! The lines that end a call: one of the log, with the cause of an error in it once, and an
//! event of the audit trail where the action has one.

use std::time::Duration;

use clock::LogTime;
use domain::fault::Fault;
use domain::record::Record;
use model::error::Chain;
use serde::Serialize;

use super::audit::AuditLine;
use super::metrics::Metrics;

/// A call that has ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended<'a> {
    pub(crate) record: &'a Record,
    pub(crate) request_id: &'a str,
    pub(crate) trace_id: Option<&'a str>,
    pub(crate) at: LogTime,
    pub(crate) duration: Duration,
    pub(crate) fault: Option<&'a Fault>,
}

impl<'a> Ended<'a> {
    /// `OK`, or the error's code.
    pub(crate) fn code(&self) -> &'static str {
        self.fault.map_or("OK", |fault| fault.code.as_str())
    }

    pub(crate) fn duration_ms(&self) -> f64 {
        self.duration.as_secs_f64() * 1000.0
    }

    /// The line of the call, with `metrics` if there are any.
    pub(crate) fn call_line(&self, metrics: Option<Metrics>) -> CallLine<'a> {
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
    pub(crate) fn audit_line(&self) -> Option<AuditLine<'a>> {
        AuditLine::of(self)
    }
}

#[derive(Serialize)]
pub(crate) struct CallLine<'a> {
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
