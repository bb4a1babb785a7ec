//! From a request to the action that answers it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use super::record::{Chain, Record};
use super::{Fault, Reply, Request};
use crate::auth::{self, AuthError, AuthStore, Caller};
use crate::call::Call;
use crate::clock::{Clock, UnixTime};
use crate::error::ErrorCode;
use crate::identity::Identity;
use crate::keys::{KeyFile, KeyRing};
use crate::permissions::Policies;
use crate::random::Random;
use crate::sigv4::Payload;
use crate::store::{ReadService, ServiceRecord, Settings, StoreError};
use crate::wire::Parameters;

/// The version of the API, which every request names.
const API_VERSION: &str = "2011-06-15";

/// How long keys and settings are used before they are read again, in seconds.
const REFRESH_SECONDS: i64 = 60;

/// How long policies are used for issuing before they are read again, in seconds. Guards of
/// data, who decide what a session opens, have their own and shorter time.
const POLICY_SECONDS: i64 = 60;

/// Which methods an action answers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Methods {
    /// `POST`.
    Post,
    /// `POST`, and `GET` for presigned URLs.
    PostAndGet,
}

/// One call of one action: the request, and its parameters without `Action` and `Version`.
#[derive(Debug)]
pub struct Invocation<'a> {
    /// The request.
    pub request: &'a Request,
    /// Its parameters. What the action does not take is refused by [`Parameters::finish`].
    pub parameters: Parameters,
    /// What the log will say.
    pub record: &'a mut Record,
}

impl Invocation<'_> {
    /// Verifies the request's signature.
    pub async fn authenticate<S: AuthStore>(
        &mut self,
        call: &Call<'_, S>,
    ) -> Result<Caller, AuthError> {
        let mut headers = Vec::new();
        let parts = self.request.signed_parts(&mut headers);
        let rules = auth::sts_rules(call.settings);
        let payload = Payload::Bytes(&self.request.body);
        let caller = auth::authenticate(call, &parts, &rules, payload)
            .await?
            .caller;
        let name = match &caller {
            Caller::User(user) => user.access_key.as_str(),
            Caller::Session(session) => session.access_key.as_str(),
        };
        self.record.caller = Some(name.to_owned());
        Ok(caller)
    }
}

/// The reply's XML, or why there is none.
pub type Outcome<'a> = Pin<Box<dyn Future<Output = Result<String, Fault>> + Send + 'a>>;

/// The function behind an action.
pub type Handler<S> = for<'a> fn(&'a Call<'a, S>, Invocation<'a>) -> Outcome<'a>;

/// An action of the service.
#[derive(Debug)]
pub struct Action<S> {
    /// The value of the `Action` parameter, and the path behind `/`.
    pub name: &'static str,
    /// Which methods it answers to.
    pub methods: Methods,
    /// What answers it.
    pub handle: Handler<S>,
}

/// What a service is built from.
#[derive(Debug)]
pub struct Deps<S> {
    /// Users, policies and sessions.
    pub store: S,
    /// Unwraps the master keys.
    pub key_file: KeyFile,
    /// The name that the wrapped keys are bound to.
    pub table: String,
    /// Where the time comes from.
    pub clock: Box<dyn Clock>,
    /// Where keys and secrets come from.
    pub random: Box<dyn Random>,
}

/// Some actions over one store.
#[derive(Debug)]
pub struct Service<S: 'static> {
    deps: Deps<S>,
    actions: &'static [Action<S>],
    identity: Identity,
    policies: Policies,
    state: Mutex<Option<Arc<State>>>,
}

/// Keys and settings as they were read last.
#[derive(Debug)]
struct State {
    keys: KeyRing,
    settings: Settings,
    read_at: UnixTime,
}

/// Keys and settings cannot be had.
#[derive(Debug, thiserror::Error)]
enum StateError {
    #[error("the table holds no usable keys; has `sts-admin init` been run with this key file?")]
    Keys,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<S: ReadService> Service<S> {
    /// A service of these actions. Nothing is read yet.
    pub fn new(deps: Deps<S>, actions: &'static [Action<S>]) -> Self {
        Self {
            deps,
            actions,
            identity: Identity::default(),
            policies: Policies::new(POLICY_SECONDS),
            state: Mutex::new(None),
        }
    }

    /// Reads keys and settings ahead of the first call, while the platform lets a function
    /// run at full speed. A failure is not the end: the first call tries again.
    pub async fn warm_up(&self) {
        if let Err(error) = self.refresh(self.deps.clock.now()).await {
            tracing::warn!(error = %Chain(&error), "keys and settings could not be read at start");
        }
    }

    /// Answers a request.
    pub async fn answer(&self, request: &Request, record: &mut Record) -> Result<Reply, Fault> {
        let (action, parameters) = self.route(request)?;
        record.action = Some(action.name);
        let now = self.deps.clock.now();
        let state = self.state(now).await?;
        let call = Call {
            store: &self.deps.store,
            keys: &state.keys,
            settings: &state.settings,
            identity: &self.identity,
            policies: &self.policies,
            now,
            random: self.deps.random.as_ref(),
        };
        let body = (action.handle)(
            &call,
            Invocation {
                request,
                parameters,
                record,
            },
        )
        .await?;
        Ok(Reply::success(body, &request.id))
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
            .find(|a| a.name == name.as_str())
            .filter(|_| version == API_VERSION);
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

    /// Keys and settings, at most a minute old as long as the store can be read.
    async fn state(&self, now: UnixTime) -> Result<Arc<State>, Fault> {
        let known = self
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match known {
            Some(state) if now.since(state.read_at) < REFRESH_SECONDS => Ok(state),
            Some(state) => Ok(self.refresh(now).await.unwrap_or_else(|error| {
                tracing::warn!(error = %Chain(&error), "keys and settings could not be read again");
                state
            })),
            None => self.refresh(now).await.map_err(|error| {
                Fault::caused_by(
                    ErrorCode::ServiceUnavailable,
                    "The request has failed due to a temporary failure of the server.",
                    error,
                )
            }),
        }
    }

    async fn refresh(&self, now: UnixTime) -> Result<Arc<State>, StateError> {
        let record = self.deps.store.service_record().await?;
        let keys = self.unwrap_keys(&record)?;
        let state = Arc::new(State {
            keys,
            settings: record.settings,
            read_at: now,
        });
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = Some(state.clone());
        Ok(state)
    }

    fn unwrap_keys(&self, record: &ServiceRecord) -> Result<KeyRing, StateError> {
        let usable = record.keys.iter().filter_map(|entry| {
            let context = crate::keys::wrap_context(&self.deps.table, &entry.kid);
            let key = self.deps.key_file.unwrap(&entry.wrapped, &context).ok()?;
            Some((entry.kid.clone(), entry.state, key))
        });
        KeyRing::new(usable).map_err(|_| StateError::Keys)
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
