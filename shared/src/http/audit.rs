//! The audit trail: one event per session that is issued, refused or revoked.

use serde::Serialize;

use super::record::Ended;
use crate::session::NewSession;

/// How the callers of an action prove who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// A token that an `OpenID` provider signed.
    IdentityToken,
    /// A token for which an identity plugin vouches.
    PluginToken,
    /// Signature Version 4.
    Signature,
}

/// What the audit trail keeps of a session that is issued or of what is revoked. Names only.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Audit {
    /// Whose session it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The role, where it has a meaning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// The session's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_session_name: Option<String>,
    /// Who stands behind the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<String>,
    /// How long the session lives, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u32>,
    /// The policies that it has at first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<String>,
    /// The stored policies that narrow it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policy_arns: Vec<String>,
    /// Whether an inline session policy narrows it as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_policy: Option<bool>,
    /// What was revoked: a session's access key, or the key of a parent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked: Option<String>,
    /// The label under which sessions are or can be revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoke_type: Option<String>,
}

impl Audit {
    /// A session with these policies, about to be issued.
    pub fn of_session(new: &NewSession, policies: Vec<String>) -> Self {
        let details = &new.details;
        let text = ToString::to_string;
        Self {
            parent: Some(new.parent.key()),
            role_arn: details.role_arn.as_ref().map(text),
            role_session_name: details
                .role_session_name
                .as_ref()
                .map(|name| name.as_str().to_owned()),
            source_identity: details
                .source_identity
                .as_ref()
                .map(|identity| identity.as_str().to_owned()),
            duration_seconds: Some(new.duration.secs()),
            policies,
            policy_arns: details
                .policy_arns
                .iter()
                .map(ToString::to_string)
                .collect(),
            session_policy: Some(details.session_policy.is_some()),
            revoked: None,
            revoke_type: details.revoke_type.as_ref().map(ToString::to_string),
        }
    }
}

/// The line of an event.
#[derive(Serialize)]
pub(super) struct AuditLine<'a> {
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
    pub(super) fn of(ended: &Ended<'a>) -> Option<Self> {
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
