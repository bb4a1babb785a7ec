//! The process of a function: configure, connect, then answer events for ever.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lambda_http::lambda_runtime::{self, LambdaEvent};
use lambda_http::service_fn;
use serde_json::value::RawValue;
use tracing::Level;

use super::record::{Chain, Record};
use super::{Action, Fault, Reply, Request, Service};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::keys::KeyFile;
use crate::random::OsRandom;
use crate::resources::Deps;
use crate::store::dynamodb::DynamoStore;
use crate::telemetry;

/// How long policies are used for issuing before they are read again, in seconds. Guards of
/// data, who decide what a session opens, have their own and shorter time.
const POLICY_SECONDS: i64 = 60;

/// Runs a function that serves `actions`. Returns only when it cannot start.
pub async fn run(actions: &'static [Action<DynamoStore>]) -> ExitCode {
    match serve(actions).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %Chain(error.as_ref()), "the function cannot start");
            ExitCode::FAILURE
        }
    }
}

async fn serve(actions: &'static [Action<DynamoStore>]) -> Result<(), lambda_http::Error> {
    let config = Config::from_env();
    // An environment that is refused has to be logged as well.
    telemetry::init(config.as_ref().map_or(Level::INFO, |c| c.log_level));
    let config = config?;
    let service = Arc::new(Service::new(
        Deps {
            store: DynamoStore::new(config.connection.client(), &config.table),
            key_file: KeyFile::read(&config.key_file)?,
            table: config.table,
            clock: Arc::new(SystemClock),
            random: Box::new(OsRandom),
            policy_seconds: POLICY_SECONDS,
        },
        actions,
    ));
    service.warm_up().await;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let service = service.clone();
        async move { Ok::<_, std::convert::Infallible>(answer(service, event).await) }
    }))
    .await
}

/// Answers one event. Whatever happens, the client gets XML: a panic ends the task that it
/// happened in, not the process.
async fn answer(service: Arc<Service<DynamoStore>>, event: LambdaEvent<Box<RawValue>>) -> Reply {
    let id = event.context.request_id.clone();
    let task = tokio::spawn(async move {
        let started = Instant::now();
        let mut record = Record::default();
        let id = &event.context.request_id;
        let result = match Request::from_event(event.payload.get(), id) {
            Ok(request) => service.answer(&request, &mut record).await,
            Err(error) => Err(error.into()),
        };
        record.log(id, started.elapsed(), result.as_ref().err());
        result.unwrap_or_else(|fault| Reply::failure(&fault, id))
    });
    task.await.unwrap_or_else(|_panic| {
        // The panic's message may quote a value; the hook has logged its place.
        let fault = Fault::internal(Panicked);
        Record::default().log(&id, Duration::ZERO, Some(&fault));
        Reply::failure(&fault, &id)
    })
}

/// The task of a call ended in a panic.
#[derive(Debug, thiserror::Error)]
#[error("the call panicked")]
struct Panicked;
