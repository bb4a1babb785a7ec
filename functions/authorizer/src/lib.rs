//! A Lambda authorizer for HTTP APIs: who signed the request, and may they send it?
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>
//!
//! It verifies Signature Version 4 with users' keys and temporary credentials, decides
//! `execute-api:Invoke` on the route's ARN, or the actions of an S3 operation, by the caller's
//! policies, and tells the API behind who called. It never sees a body; `docs/RESOURCE-SERVERS.md` says what follows from that.

mod event;
mod response;
mod settings;

pub use event::AuthorizerEvent;
pub use response::{Authorized, Response};
pub use settings::{Actions, ResponseForm, Settings};

use shared::auth::AuthError;
use shared::error::ErrorCode;
use shared::fault::Fault;
use shared::http::EventHandler;
use shared::permissions::{Verdict, context};
use shared::policy::Asked;
use shared::record::Record;
use shared::resources::Deps;
use shared::sigv4::{self, MustSign};
use shared::verify::{Guard, GuardStore, Refusal, Verified, Watch};

/// The action that policies allow.
const INVOKE: &str = "execute-api:Invoke";

/// Authorises events over one store.
#[derive(Debug)]
pub struct Authorizer<S> {
    guard: Guard<S>,
    settings: Settings,
}

impl<S: GuardStore> Authorizer<S> {
    /// An authorizer that remembers what it reads for `deps.policy_seconds`.
    pub fn new(deps: Deps<S>, settings: Settings) -> Self {
        Self {
            guard: Guard::new(deps),
            settings,
        }
    }

    /// Lets a request through, or says why not.
    pub async fn authorize(
        &self,
        event: &AuthorizerEvent,
        record: &mut Record,
    ) -> Result<Authorized, Fault> {
        let watch = self.guard.watch().await?;
        let verified = self.verify(&watch, event).await?;
        record.note_caller(&verified.caller);
        let verdict = self.decide(&watch, event, &verified).await?;
        let reason = verdict.to_string();
        record.decision = Some(reason.clone());
        if !verdict.is_allowed() {
            return Err(Fault::new(ErrorCode::AccessDenied, reason));
        }
        Ok(Authorized {
            route_arn: event.route_arn.clone(),
            caller: verified.caller,
            payload: verified.payload,
            reason,
        })
    }

    /// Decides all that the request needs.
    async fn decide(
        &self,
        watch: &Watch<'_, S>,
        event: &AuthorizerEvent,
        verified: &Verified,
    ) -> Result<Verdict, Fault> {
        let Verified {
            caller, moments, ..
        } = verified;
        let context = context(caller, Some(&event.request.facts()), moments.now);
        let verdict = match self.settings.actions {
            Actions::ExecuteApi => {
                let asked = Asked {
                    action: INVOKE,
                    resource: &event.route_arn,
                    context,
                };
                watch.decide(caller, &[asked]).await
            }
            Actions::S3 => {
                let operation = event.operation().map_err(|error| {
                    Fault::caused_by(ErrorCode::AccessDenied, "The operation is not known", error)
                })?;
                // The keys of a multi-object deletion stand in the body: it asks for nothing
                // that could be decided here, and the guard refuses it.
                let asked = operation.asked(&context, *moments);
                watch.decide(caller, &asked).await
            }
        };
        Ok(verdict?)
    }

    /// Verifies the signature over each path that the gateway may have received.
    async fn verify(
        &self,
        watch: &Watch<'_, S>,
        event: &AuthorizerEvent,
    ) -> Result<Verified, Refusal> {
        let mut rules = watch.rules(&self.settings.service);
        if self.settings.actions == Actions::S3 {
            // Whatever they signed for: the headers say what they ask for.
            rules.must_sign = MustSign::All;
        }
        let payload = event.payload(rules.service == "s3");
        let mut headers = Vec::new();
        let parts = event.request.signed_parts(&mut headers);
        let [first, second] = event.paths();
        let with = |path| sigv4::Request { path, ..parts };
        match watch.verify(&with(&first), &rules, payload).await {
            Err(Refusal::Auth(AuthError::Signature(sigv4::Error::SignatureDoesNotMatch)))
                if first != second =>
            {
                watch.verify(&with(&second), &rules, payload).await
            }
            result => result,
        }
    }
}

impl<S: GuardStore + Send + 'static> EventHandler for Authorizer<S> {
    type Reply = Response;

    async fn warm_up(&self) {
        // The first event tries again and reports.
        let _warm = self.guard.warm_up().await;
    }

    async fn answer(&self, event: &str, id: &str, record: &mut Record) -> Result<Response, Fault> {
        record.action = Some("Authorize");
        let event = AuthorizerEvent::parse(event, id)?;
        record.note_origin(&event.request);
        let authorized = self.authorize(&event, record).await?;
        Ok(Response::allow(self.settings.response, &authorized))
    }

    fn refuse(&self, fault: &Fault, _id: &str) -> Response {
        Response::deny(self.settings.response, fault)
    }
}
