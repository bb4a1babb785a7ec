//! What the log and the audit trail will say of a call.

use model::shown;
use serde::Serialize;

use crate::caller::Caller;
use crate::request::Request;

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
