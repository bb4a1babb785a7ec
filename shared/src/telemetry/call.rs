//! The log: one line a call, with the cause of an error in it once.

use model::error::Chain;
use serde::Serialize;

use super::ended::Ended;
use super::metrics::Metrics;

/// The line of a call.
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

impl<'a> CallLine<'a> {
    /// The line of a call that has ended, with `metrics` if there are any.
    pub(crate) fn of(ended: &Ended<'a>, metrics: Option<Metrics>) -> Self {
        let status = ended.fault.map_or(200, |fault| fault.code.status());
        let cause = ended.fault.and_then(|fault| fault.source.as_deref());
        let record = ended.record;
        Self {
            timestamp: ended.at.to_string(),
            level: if status >= 500 { "ERROR" } else { "INFO" },
            message: "call",
            request_id: ended.request_id,
            trace_id: ended.trace_id,
            action: record.action,
            caller: record.caller.as_deref(),
            session: record.session.as_deref(),
            decision: record.decision.as_deref(),
            code: ended.code(),
            status,
            cause: cause.map(|error| Chain(error).to_string()),
            duration_ms: ended.duration_ms(),
            metrics,
        }
    }
}
