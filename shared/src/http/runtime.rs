//! The process of a function: configure, connect, then answer events for ever.

use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lambda_http::lambda_runtime::{self, LambdaEvent};
use lambda_http::service_fn;
use serde::Serialize;
use serde_json::value::RawValue;
use tracing::Level;

use super::record::{Chain, Record};
use super::{Action, Fault, Reply, Request, Service};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::keys::{KeyFile, KeyFileError};
use crate::random::OsRandom;
use crate::resources::Deps;
use crate::store::ReadService;
use crate::store::dynamodb::DynamoStore;
use crate::telemetry;

/// How long policies are used for issuing before they are read again, in seconds. Guards of
/// data, who decide what a session opens, have their own and shorter time.
const POLICY_SECONDS: i64 = 60;

/// What a function does with its events.
pub trait EventHandler: Send + Sync + 'static {
    /// What goes back to the platform.
    type Reply: Serialize + Send + 'static;

    /// Does what can be done ahead of the first event.
    fn warm_up(&self) -> impl Future<Output = ()> + Send;

    /// Answers an event. `id` is the invocation's request id; `record` is what the log will
    /// say of it.
    fn answer(
        &self,
        event: &str,
        id: &str,
        record: &mut Record,
    ) -> impl Future<Output = Result<Self::Reply, Fault>> + Send;

    /// The reply to an event that failed.
    fn refuse(&self, fault: &Fault, id: &str) -> Self::Reply;
}

/// Runs a function that serves `actions`. Returns only when it cannot start.
pub async fn run(actions: &'static [Action<DynamoStore>]) -> ExitCode {
    serve_events(|config| Ok(Service::new(deps(config, POLICY_SECONDS)?, actions))).await
}

/// Runs a function that answers each event by what `make` makes of the configuration.
/// Returns only when it cannot start.
pub async fn serve_events<H: EventHandler>(
    make: impl FnOnce(Config) -> Result<H, lambda_http::Error>,
) -> ExitCode {
    match serve(make).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %Chain(error.as_ref()), "the function cannot start");
            ExitCode::FAILURE
        }
    }
}

/// What the environment configures, with policies that are used for `policy_seconds`.
pub fn deps(config: Config, policy_seconds: i64) -> Result<Deps<DynamoStore>, KeyFileError> {
    Ok(Deps {
        store: DynamoStore::new(config.connection.client(), &config.table),
        key_file: KeyFile::read(&config.key_file)?,
        table: config.table,
        clock: Arc::new(SystemClock),
        random: Box::new(OsRandom),
        policy_seconds,
    })
}

impl<S: ReadService + Send + 'static> EventHandler for Service<S> {
    type Reply = Reply;

    async fn warm_up(&self) {
        Self::warm_up(self).await;
    }

    async fn answer(&self, event: &str, id: &str, record: &mut Record) -> Result<Reply, Fault> {
        let request = Request::from_event(event, id)?;
        Self::answer(self, &request, record).await
    }

    fn refuse(&self, fault: &Fault, id: &str) -> Reply {
        Reply::failure(fault, id)
    }
}

async fn serve<H: EventHandler>(
    make: impl FnOnce(Config) -> Result<H, lambda_http::Error>,
) -> Result<(), lambda_http::Error> {
    let config = Config::from_env();
    // An environment that is refused has to be logged as well.
    telemetry::init(config.as_ref().map_or(Level::INFO, |c| c.log_level));
    let handler = Arc::new(make(config?)?);
    handler.warm_up().await;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let handler = handler.clone();
        async move { Ok::<_, std::convert::Infallible>(answer(handler, event).await) }
    }))
    .await
}

/// Answers one event. Whatever happens, there is a reply: a panic ends the task that it
/// happened in, not the process.
async fn answer<H: EventHandler>(handler: Arc<H>, event: LambdaEvent<Box<RawValue>>) -> H::Reply {
    let id = event.context.request_id.clone();
    let own = handler.clone();
    let task = tokio::spawn(async move {
        let started = Instant::now();
        let mut record = Record::default();
        let id = &event.context.request_id;
        let result = own.answer(event.payload.get(), id, &mut record).await;
        record.log(id, started.elapsed(), result.as_ref().err());
        result.unwrap_or_else(|fault| own.refuse(&fault, id))
    });
    task.await.unwrap_or_else(|_panic| {
        // The panic's message may quote a value; the hook has logged its place.
        let fault = Fault::internal(Panicked);
        Record::default().log(&id, Duration::ZERO, Some(&fault));
        handler.refuse(&fault, &id)
    })
}

/// The task of a call ended in a panic.
#[derive(Debug, thiserror::Error)]
#[error("the call panicked")]
struct Panicked;
