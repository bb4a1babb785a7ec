//! Open Policy Agent: asked by guards of data about what policies allow, and able to refuse it.
//!
//! The question is that of `MinIO`: `{"input": {...}}` by `POST`. The answer is
//! `{"result": true}` or `{"result": {"allow": true}}`; whatever else comes back means no.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use clock::UnixTime;
use keys::{KeyRing, SealError};
use policy::Query;
use serde::Serialize;
use serde_json::{Map, Value};
use store::{OpaSettings, Parent, Session, Settings};
use zeroize::Zeroizing;

use crate::caller::Caller;
use crate::identity::Identity;
use crate::outbound::{
    Circuits, Content, Outbound, OutboundError, OutboundReply, OutboundRequest, Reach, is_outage,
};

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(2);

/// The longest question that is asked, in bytes: a server may break off a longer one, which
/// would look like an outage.
const MAX_QUESTION: usize = 256 * 1024;

/// The largest reply that is read, in bytes.
const MAX_REPLY: usize = 64 * 1024;

/// What ARNs of buckets and objects begin with.
const S3_ARN: &str = "arn:aws:s3:::";

/// There is no answer, so that nothing is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpaError {
    /// The reply is not what the protocol says.
    #[error("the reply has no valid result")]
    Broken,
    /// Too many failures in a row; it is left alone for a while.
    #[error("it failed too often and is left alone for a while")]
    CircuitOpen,
    /// No reply.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// Another status than 200.
    #[error("it answered with status {0}")]
    Status(u16),
    /// The question is too long to be asked.
    #[error("the question is too long")]
    TooLong,
    /// The configured URL is none.
    #[error("its URL is not usable")]
    Url,
}

impl OpaError {
    /// Whether the agent is in trouble, and not just with this one question: else a caller's
    /// odd questions would shut everybody out.
    const fn is_outage(self) -> bool {
        match self {
            Self::Outbound(error) => error.is_outage(),
            Self::Status(status) => is_outage(status),
            Self::Broken | Self::CircuitOpen | Self::TooLong | Self::Url => false,
        }
    }
}

/// Open Policy Agent, ready to be asked.
pub struct Agent {
    outbound: Arc<Outbound>,
    circuits: Arc<Circuits>,
    settings: OpaSettings,
    authorization: Option<Zeroizing<String>>,
}

impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Agent(..)")
    }
}

impl Agent {
    /// The agent of these settings, if they name one. The keys open the value of its
    /// `Authorization` header, and may be missing where there is none.
    pub fn of(
        settings: &Settings,
        identity: &Identity,
        keys: Option<&KeyRing>,
    ) -> Result<Option<Self>, SealError> {
        let Some(settings) = &settings.opa else {
            return Ok(None);
        };
        let authorization = match &settings.authorization {
            None => None,
            Some(sealed) => {
                let keys = keys.ok_or(SealError::Broken)?;
                Some(keys.open_text(Settings::ITEM_KEY, sealed)?)
            }
        };
        Ok(Some(Self {
            outbound: Arc::clone(&identity.outbound),
            circuits: Arc::clone(&identity.circuits),
            settings: settings.clone(),
            authorization,
        }))
    }
}

/// The agent, to be asked about one caller.
pub(super) struct Opa {
    agent: Agent,
    subject: Subject,
    now: UnixTime,
}

impl fmt::Debug for Opa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opa(about {:?})", self.subject.account)
    }
}

impl Opa {
    /// Prepares to ask about a caller in these groups.
    pub(super) fn about(agent: Agent, caller: &Caller, groups: &[String], now: UnixTime) -> Self {
        Self {
            agent,
            subject: Subject::new(caller, groups),
            now,
        }
    }

    /// Whether it allows what is asked.
    pub(super) async fn allows(&self, query: &Query<'_>) -> Result<bool, OpaError> {
        let request = self.request(query)?;
        // No plugin or provider has a name with a space.
        let circuit = format!("opa {}", self.agent.settings.url);
        let guard = self.agent.circuits.guard(&circuit, self.now);
        let guard = guard.ok_or(OpaError::CircuitOpen)?;
        let result = match self.agent.outbound.send_within(LIMIT, request).await {
            Ok(reply) => read(&reply),
            Err(error) => Err(error.into()),
        };
        guard.note(!result.is_err_and(OpaError::is_outage));
        result
    }

    fn request(&self, query: &Query<'_>) -> Result<OutboundRequest, OpaError> {
        let question = Question::new(&self.subject, query);
        let content = serde_json::to_string(&question).map_err(|_| OpaError::Broken)?;
        if content.len() > MAX_QUESTION {
            return Err(OpaError::TooLong);
        }
        Ok(OutboundRequest {
            url: self.agent.settings.url.parse().map_err(|_| OpaError::Url)?,
            reach: Reach::Configured,
            allow_http: self.agent.settings.allow_http,
            content: Some(Content::Json(Zeroizing::new(content))),
            authorization: self.agent.authorization.clone(),
            max_reply: MAX_REPLY,
        })
    }
}

/// Who asks, in the names of `MinIO`.
#[derive(Serialize)]
struct Subject {
    account: String,
    groups: Vec<String>,
    claims: Map<String, Value>,
    /// There is no root user here.
    owner: bool,
}

impl Subject {
    fn new(caller: &Caller, groups: &[String]) -> Self {
        let (groups, claims) = match caller {
            Caller::User(_) => (groups.to_vec(), Map::new()),
            Caller::Session(session) => (groups_of(session, groups), claims_of(session)),
        };
        Self {
            account: caller.access_key().to_string(),
            groups,
            claims,
            owner: false,
        }
    }
}

/// The groups of a session's user, or those that the identity provider names.
fn groups_of(session: &Session, groups: &[String]) -> Vec<String> {
    match &session.parent {
        Parent::User(_) => groups.to_vec(),
        Parent::Federated(_) => {
            let texts = match session.claims.values.get("groups") {
                Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
                Some(Value::String(group)) => vec![group.as_str()],
                _ => Vec::new(),
            };
            texts.into_iter().map(str::to_owned).collect()
        }
    }
}

/// The kept claims, and those that the session's token has of its own, which no provider sets.
fn claims_of(session: &Session) -> Map<String, Value> {
    let mut claims = session.claims.values.clone();
    let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    set("accessKey", session.access_key.as_str().into());
    set("exp", session.expires_at.secs().into());
    set("parent", session.parent.name().into());
    if let Some(role) = session.role_arn() {
        set("roleArn", role.as_str().into());
    }
    claims
}

#[derive(Serialize)]
struct Question<'a> {
    input: Input<'a>,
}

#[derive(Serialize)]
struct Input<'a> {
    #[serde(flatten)]
    subject: &'a Subject,
    action: &'a str,
    bucket: &'a str,
    object: &'a str,
    resource: &'a str,
    conditions: BTreeMap<&'a str, &'a [String]>,
}

impl<'a> Question<'a> {
    fn new(subject: &'a Subject, query: &Query<'a>) -> Self {
        let resource = query.resource.arn();
        let path = resource.strip_prefix(S3_ARN).unwrap_or_default();
        let (bucket, object) = path.split_once('/').unwrap_or((path, ""));
        Self {
            input: Input {
                subject,
                action: query.action,
                // All buckets are none in particular.
                bucket: if bucket == "*" { "" } else { bucket },
                object,
                resource,
                conditions: query.context.all().collect(),
            },
        }
    }
}

fn read(reply: &OutboundReply) -> Result<bool, OpaError> {
    if reply.status.as_u16() != 200 {
        return Err(OpaError::Status(reply.status.as_u16()));
    }
    let reply: Map<String, Value> =
        serde_json::from_slice(&reply.body).map_err(|_| OpaError::Broken)?;
    match reply.get("result") {
        // A rule that is not defined for the question does not allow it.
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(allow)) => Ok(*allow),
        Some(Value::Object(rule)) => {
            let allow = rule.get("allow").and_then(Value::as_bool);
            allow.ok_or(OpaError::Broken)
        }
        Some(_) => Err(OpaError::Broken),
    }
}

#[cfg(test)]
mod tests;
