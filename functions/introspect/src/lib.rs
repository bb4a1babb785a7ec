//! `POST /introspect`: what credentials are worth, for services that verify requests
//! themselves.
//!
//! JSON in and out, with the members of RFC 7662 (OAuth 2.0 Token Introspection) where they
//! fit. The caller signs as a long-term user whom a policy allows `sts:IntrospectSession`. On
//! request it learns a decision, and the key that verifies the subject's signatures of one
//! day, region and service; never a secret. `docs/RESOURCE-SERVERS.md` shows its use.

mod error;
mod given;
mod request;
mod response;
mod subject;

pub use error::IntrospectError;

use serde_json::Value;
use shared::auth::{AuthStore, secret_of};
use shared::call::Call;
use shared::caller::Caller;
use shared::fault::Fault;
use shared::http::{EventHandler, Reply, read_event};
use shared::invocation::authenticate;
use shared::permissions::{PermissionError, PermissionStore, Permissions, Rights, context, query};
use shared::record::Record;
use shared::request::Request;
use shared::resources::{Deps, Resources};
use shared::sigv4::SigningKey;
use shared::store::ReadService;
use shared::wire::Api;

use request::{IntrospectRequest, Question, Scope};
use response::Introspected;

/// The path that is served.
const PATH: &str = "/introspect";

/// The action that policies allow.
const PERMISSION: &str = "sts:IntrospectSession";

/// What introspection needs of the store.
pub trait IntrospectStore: AuthStore + PermissionStore + ReadService {}

impl<S: AuthStore + PermissionStore + ReadService> IntrospectStore for S {}

/// Introspects over one store.
#[derive(Debug)]
pub struct Introspection<S> {
    resources: Resources<S>,
}

impl<S: IntrospectStore> Introspection<S> {
    /// Users and sessions are read for every request, policies every `deps.policy_seconds`.
    pub fn new(deps: Deps<S>) -> Self {
        Self {
            resources: Resources::new(deps),
        }
    }

    /// Answers a request with JSON.
    pub async fn introspect(
        &self,
        request: &Request,
        record: &mut Record,
    ) -> Result<Value, IntrospectError> {
        if request.method != "POST" || request.path != PATH {
            return Err(IntrospectError::Route);
        }
        let now = self.resources.now();
        let state = self.resources.state(now).await?;
        let call = self.resources.call(&state, now);
        let caller = authenticate(&call, &Api::STS, request, record).await?;
        let asked = IntrospectRequest::parse(&request.body, now)?;
        authorize(&call, &caller, request, &asked).await?;
        let Some(subject) = subject::find(&call, &asked).await? else {
            return Ok(response::inactive());
        };
        record.session = Some(subject.access_key().to_string());
        let decision = match &asked.question {
            Some(question) => Some(decide(&call, &subject, question).await?),
            None => None,
        };
        record.decision = decision.as_ref().map(|(_, reason)| reason.clone());
        let key = asked.scope.as_ref().map(|s| derive(&call, &subject, s));
        Ok(response::active(&Introspected {
            subject: &subject,
            decision,
            signing_key: key.transpose()?,
        }))
    }
}

impl<S: IntrospectStore + Send + 'static> EventHandler for Introspection<S> {
    type Reply = Reply;

    async fn warm_up(&self) {
        // The first request tries again and reports.
        let _state = self.resources.state(self.resources.now()).await;
    }

    async fn answer(&self, event: &str, id: &str, record: &mut Record) -> Result<Reply, Fault> {
        record.action = Some("Introspect");
        let request = read_event(event, id)?;
        record.note_origin(&request);
        let body = self.introspect(&request, record).await?;
        Ok(Reply::json(200, &body, id))
    }

    fn refuse(&self, fault: &Fault, id: &str) -> Reply {
        Reply::json(fault.code.status(), &response::error(fault, id), id)
    }
}

/// Whether the caller may ask about this access key, whether or not that exists.
async fn authorize<S: IntrospectStore>(
    call: &Call<'_, S>,
    caller: &Caller,
    request: &Request,
    asked: &IntrospectRequest,
) -> Result<(), IntrospectError> {
    if matches!(caller, Caller::Session(_)) {
        return Err(IntrospectError::SessionCredentials);
    }
    let permissions = Permissions::of(call.reader(), caller).await?;
    let context = context(caller, Some(&request.facts()), call.now);
    let decision = permissions.decide(&query(PERMISSION, &asked.resource(), &context));
    if decision.is_allowed() {
        Ok(())
    } else {
        Err(IntrospectError::NotAllowed)
    }
}

/// Decides what was asked about the subject. Rights that cannot be had are none.
async fn decide<S: IntrospectStore>(
    call: &Call<'_, S>,
    subject: &Caller,
    question: &Question,
) -> Result<(bool, String), IntrospectError> {
    let rights = match Rights::of(call, subject).await {
        Ok(rights) => rights,
        Err(PermissionError::Store(error)) => return Err(error.into()),
        Err(error) => return Ok((false, error.to_string())),
    };
    let context = question.context(subject, call.now);
    let verdict = rights.decide(&question.action, &question.resource, &context);
    let verdict = verdict.await;
    Ok((verdict.is_allowed(), verdict.to_string()))
}

/// The key that verifies what the subject signs in that scope.
fn derive<S: IntrospectStore>(
    call: &Call<'_, S>,
    subject: &Caller,
    scope: &Scope,
) -> Result<SigningKey, IntrospectError> {
    let secret = secret_of(call.keys, subject)?;
    Ok(SigningKey::derive(secret.expose(), &scope.as_scope()))
}
