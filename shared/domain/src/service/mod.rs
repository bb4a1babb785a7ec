//! From a request to the action that answers it.

mod faults;

use std::future::Future;
use std::pin::Pin;

use model::error::{Chain, ErrorCode};
use store::ReadService;

use crate::call::Call;
use crate::fault::Fault;
use crate::invocation::Invocation;
use crate::outbound::OutboundCall;
use crate::record::{Proof, Record};
use crate::request::Request;
use crate::resources::{Deps, Resources};
use crate::wire::{ActionResult, Api, Parameters};

/// Which methods an action answers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Methods {
    /// `POST`.
    Post,
    /// `POST`, and `GET` for presigned URLs.
    PostAndGet,
}

/// The action's result, or why there is none.
pub type Outcome<'a> = Pin<Box<dyn Future<Output = Result<ActionResult, Fault>> + Send + 'a>>;

/// The function behind an action. It gets the parameters without `Action` and `Version`; what it
/// does not take is refused by [`Parameters::finish`].
pub type Handler<S> = for<'a> fn(&'a Call<'a, S>, Parameters, Invocation<'a>) -> Outcome<'a>;

/// An action of the service.
#[derive(Debug)]
pub struct Action<S> {
    /// The API that it belongs to.
    pub api: &'static Api,
    /// The value of the `Action` parameter, and the path behind `/`.
    pub name: &'static str,
    /// Which methods it answers to.
    pub methods: Methods,
    /// How its callers prove who they are, if it issues or revokes: the audit trail has its
    /// calls then.
    pub audited: Option<Proof>,
    /// What answers it.
    pub handle: Handler<S>,
}

/// Some actions over one store.
#[derive(Debug)]
pub struct Service<S: 'static> {
    resources: Resources<S>,
    actions: &'static [Action<S>],
}

impl<S: ReadService> Service<S> {
    /// A service of these actions. Nothing is read yet.
    pub fn new(deps: Deps<S>, actions: &'static [Action<S>]) -> Self {
        Self {
            resources: Resources::new(deps),
            actions,
        }
    }

    /// Reads keys and settings ahead of the first call, while the platform lets a function
    /// run at full speed. A failure is not the end: the first call tries again.
    pub async fn warm_up(&self) {
        if let Err(error) = self.resources.state(self.resources.now()).await {
            tracing::warn!(error = %Chain(&error), "keys and settings could not be read at start");
        }
    }

    /// The calls to identity providers that have ended since they were last taken.
    pub fn take_provider_calls(&self) -> Vec<OutboundCall> {
        self.resources.take_provider_calls()
    }

    /// Answers a request with an XML document.
    pub async fn answer(&self, request: &Request, record: &mut Record) -> Result<String, Fault> {
        record.note_origin(request);
        let (action, parameters) = self.route(request)?;
        record.action = Some(action.name);
        record.proof = action.audited;
        let result = self.carry_out(action, parameters, (request, record)).await;
        let result = result.map_err(|fault| fault.of(action.api))?;
        let document = action
            .api
            .success_document(action.name, &result, &request.id);
        Ok(document)
    }

    async fn carry_out(
        &self,
        action: &Action<S>,
        parameters: Parameters,
        (request, record): (&Request, &mut Record),
    ) -> Result<ActionResult, Fault> {
        let now = self.resources.now();
        let state = self.resources.state(now).await?;
        let call = self.resources.call(&state, now);
        let invocation = Invocation {
            api: action.api,
            request,
            record,
        };
        (action.handle)(&call, parameters, invocation).await
    }

    /// The XML document that tells the caller of a fault, in the words of its API.
    pub fn refuse(&self, fault: &Fault, request_id: &str) -> String {
        let first = || self.actions.first().map_or(&Api::STS, |action| action.api);
        let api = fault.api.unwrap_or_else(first);
        api.error_document(fault.code, &fault.message, request_id)
    }

    /// Finds the action and checks what all actions have in common.
    fn route(&self, request: &Request) -> Result<(&'static Action<S>, Parameters), Fault> {
        let mut parameters = Parameters::parse(&request.query, &request.body)?;
        let name = parameters.take("Action").ok_or_else(|| {
            Fault::new(
                ErrorCode::MissingAction,
                "The request is missing an action or a required parameter.",
            )
        })?;
        let version = parameters.take("Version");
        let version = version.as_ref().map_or("", |v| v.as_str());
        let known = self
            .actions
            .iter()
            .find(|a| a.name == name.as_str() && a.api.version == version);
        let action = known.ok_or_else(|| unknown_action(&name, version))?;
        let path_fits = matches!(request.path.as_str(), "" | "/")
            || request.path.strip_prefix('/') == Some(action.name);
        if !path_fits {
            return Err(Fault::new(
                ErrorCode::InvalidAction,
                "This path does not serve the requested action.",
            ));
        }
        let method_fits = match request.method.as_str() {
            "POST" => true,
            "GET" => action.methods == Methods::PostAndGet,
            _ => false,
        };
        if !method_fits {
            return Err(Fault::new(
                ErrorCode::InvalidAction,
                "The action does not support this HTTP method.",
            ));
        }
        Ok((action, parameters))
    }
}

fn unknown_action(name: &str, version: &str) -> Fault {
    let cut = |text: &str| {
        text.chars()
            .filter(|c| !c.is_control())
            .take(64)
            .collect::<String>()
    };
    let message = format!(
        "Could not find operation {} for version {}",
        cut(name),
        cut(version)
    );
    Fault::new(ErrorCode::InvalidAction, message)
}
