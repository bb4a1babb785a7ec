//! The audit trail: one event per session that is issued, refused or revoked.

use domain::record::{Audit, Proof};
use serde::Serialize;

use super::ended::Ended;

/// The line of an event.
#[derive(Serialize)]
pub(crate) struct AuditLine<'a> {
    timestamp: String,
    level: &'static str,
    message: &'static str,
    event: &'static str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
    action: &'static str,
    proof: Proof,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_ip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    missing_policies: &'a [String],
    #[serde(flatten)]
    audit: &'a Audit,
}

impl<'a> AuditLine<'a> {
    /// The event of a call that has ended, if its action is one that is audited.
    pub(crate) fn of(ended: &Ended<'a>) -> Option<Self> {
        let record = ended.record;
        let (action, proof) = (record.action?, record.proof?);
        let event = match ended.fault {
            Some(_) => "refused",
            None if record.audit.revoked.is_some() => "revoked",
            None => "issued",
        };
        Some(Self {
            timestamp: ended.at.to_string(),
            level: "INFO",
            message: "audit",
            event,
            request_id: ended.request_id,
            trace_id: ended.trace_id,
            action,
            proof,
            code: ended.code(),
            caller: record.caller.as_deref(),
            session: record.session.as_deref(),
            source_ip: record.source_ip.as_deref(),
            user_agent: record.user_agent.as_deref(),
            missing_policies: &record.missing_policies,
            audit: &record.audit,
        })
    }
}
