//! The process of a function: configure, connect, then answer events for ever.

use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use aws::dynamodb::DynamoStore;
use clock::LogTime;
use config::Config;
use domain::fault::Fault;
use domain::outbound::OutboundCall;
use domain::record::Record;
use domain::service::{Action, Service};
use lambda_http::lambda_runtime::{self, LambdaEvent};
use lambda_http::service_fn;
use model::error::Chain;
use serde::Serialize;
use serde_json::value::RawValue;
use store::ReadService;
use tracing::Level;

use super::{Reply, read_event};
use crate::telemetry::{self, AuditLine, CallLine, Ended, Metrics};

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

    /// The calls to identity providers that have ended since they were last taken.
    fn take_provider_calls(&self) -> Vec<OutboundCall> {
        Vec::new()
    }
}

/// Runs a function that serves `actions`. Returns only when it cannot start.
pub async fn run(actions: &'static [Action<DynamoStore>]) -> ExitCode {
    serve_events(|config| Ok(Service::new(config.deps(POLICY_SECONDS)?, actions))).await
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

impl<S: ReadService + Send + 'static> EventHandler for Service<S> {
    type Reply = Reply;

    async fn warm_up(&self) {
        Self::warm_up(self).await;
    }

    async fn answer(&self, event: &str, id: &str, record: &mut Record) -> Result<Reply, Fault> {
        let request = read_event(event, id)?;
        let document = Self::answer(self, &request, record).await?;
        Ok(Reply::success(document, id))
    }

    fn refuse(&self, fault: &Fault, id: &str) -> Reply {
        Reply::failure(fault, Self::refuse(self, fault, id), id)
    }

    fn take_provider_calls(&self) -> Vec<OutboundCall> {
        Self::take_provider_calls(self)
    }
}

/// A function's process: what answers its events, and what is told of them.
#[derive(Debug)]
struct Process<H> {
    handler: H,
    metrics_namespace: Option<String>,
    /// Whether no event has been answered yet.
    is_cold: AtomicBool,
}

impl<H: EventHandler> Process<H> {
    /// Writes the lines that end a call.
    fn log(&self, ended: &Ended<'_>) {
        let is_cold = self.is_cold.swap(false, Ordering::Relaxed);
        let provider_calls = self.handler.take_provider_calls();
        let namespace = self.metrics_namespace.as_deref();
        let metrics = namespace.map(|name| Metrics::of(name, ended, is_cold, &provider_calls));
        telemetry::write_line(&CallLine::of(ended, metrics));
        if let Some(line) = AuditLine::of(ended) {
            telemetry::write_line(&line);
        }
    }
}

async fn serve<H: EventHandler>(
    make: impl FnOnce(Config) -> Result<H, lambda_http::Error>,
) -> Result<(), lambda_http::Error> {
    let config = Config::from_env();
    // An environment that is refused has to be logged as well.
    telemetry::init(config.as_ref().map_or(Level::INFO, |c| c.log_level));
    let config = config?;
    let process = Arc::new(Process {
        metrics_namespace: config.metrics_namespace.clone(),
        is_cold: AtomicBool::new(true),
        handler: make(config)?,
    });
    process.handler.warm_up().await;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let process = process.clone();
        async move { Ok::<_, std::convert::Infallible>(answer(process, event).await) }
    }))
    .await
}

/// Answers one event. Whatever happens, there is a reply: a panic ends the task that it
/// happened in, not the process.
async fn answer<H: EventHandler>(
    process: Arc<Process<H>>,
    event: LambdaEvent<Box<RawValue>>,
) -> H::Reply {
    let started = Instant::now();
    let context = event.context.clone();
    let id = context.request_id.as_str();
    let own = process.clone();
    let task = tokio::spawn(async move {
        let mut record = Record::default();
        let id = &event.context.request_id;
        let result = own.handler.answer(event.payload.get(), id, &mut record);
        (result.await, record)
    });
    // A panic's message may quote a value; the hook has logged its place.
    let (result, record) = task
        .await
        .unwrap_or_else(|_panic| (Err(Fault::internal(Panicked)), Record::default()));
    process.log(&Ended {
        record: &record,
        request_id: id,
        trace_id: context.xray_trace_id.as_deref(),
        at: LogTime::now(),
        duration: started.elapsed(),
        fault: result.as_ref().err(),
    });
    result.unwrap_or_else(|fault| process.handler.refuse(&fault, id))
}

/// The task of a call ended in a panic.
#[derive(Debug, thiserror::Error)]
#[error("the call panicked")]
struct Panicked;
