//! The Lambda Runtime API (2018-06-01), as one process of a function sees it.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::json;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until};

use super::environment::Queue;
use super::{FunctionError, Outcome, Process, epoch_ms, event, now};
use crate::net::{self, Body};

const PREFIX: &str = "/2018-06-01/runtime/";

/// One event on its way through a function.
#[derive(Debug)]
pub(super) struct Invocation {
    id: String,
    event: Bytes,
    reply: oneshot::Sender<Outcome>,
}

impl Invocation {
    /// The invocation, and where its outcome will arrive.
    pub(super) fn new(event: Bytes) -> (Self, oneshot::Receiver<Outcome>) {
        let (reply, outcome) = oneshot::channel();
        let parts = [
            net::random_hex::<4>(),
            net::random_hex::<2>(),
            net::random_hex::<2>(),
            net::random_hex::<2>(),
            net::random_hex::<6>(),
        ];
        let id = parts.join("-");
        (Self { id, event, reply }, outcome)
    }

    /// Ends the invocation; nobody may be waiting any more.
    fn end(self, outcome: Outcome) {
        let _ = self.reply.send(outcome);
    }
}

/// The API of one process.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    arn: String,
    timeout: Duration,
    queue: Arc<Queue>,
    state: Mutex<State>,
    deadline: watch::Sender<Option<Instant>>,
}

#[derive(Debug)]
struct State {
    /// The invocation that the process was started for, until it asks for it.
    first: Option<Invocation>,
    running: Option<Invocation>,
    process: Process,
}

impl RuntimeApi {
    /// The API of `process`, which was started for `first`; its function is `arn`.
    pub(super) fn new(
        arn: String,
        timeout: Duration,
        queue: Arc<Queue>,
        process: Process,
        first: Invocation,
    ) -> Self {
        Self {
            arn,
            timeout,
            queue,
            state: Mutex::new(State {
                first: Some(first),
                running: None,
                process,
            }),
            deadline: watch::Sender::new(None),
        }
    }

    /// The process as it is now.
    pub(super) fn process(&self) -> Process {
        self.state().process
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while it was locked")
    }

    /// Answers one request of the process.
    pub(super) async fn handle(&self, request: Request<Incoming>) -> Response<Body> {
        let path = request.uri().path().to_owned();
        let call = path.strip_prefix(PREFIX).unwrap_or_default();
        if (request.method(), call) == (&Method::GET, "invocation/next") {
            return self.next().await;
        }
        let body = request.into_body().collect().await;
        let body = body.map_or_else(|_| Bytes::new(), http_body_util::Collected::to_bytes);
        let known = match call.split('/').collect::<Vec<_>>()[..] {
            ["invocation", id, "response"] => self.complete(Some(id), Ok(body)),
            ["invocation", id, "error"] => self.complete(Some(id), Err(reported(&body))),
            ["init", "error"] => self.complete(None, Err(reported(&body))),
            _ => false,
        };
        let status = if known {
            StatusCode::ACCEPTED
        } else {
            StatusCode::BAD_REQUEST
        };
        net::json(
            status,
            "application/json",
            &json!({ "status": status.as_str() }),
        )
    }

    /// Hands out the next invocation as soon as there is one.
    async fn next(&self) -> Response<Body> {
        let first = {
            let mut state = self.state();
            let age = state.process.started.elapsed();
            state.process.init.get_or_insert(age);
            state.first.take()
        };
        let invocation = match first {
            Some(first) => first,
            None => self.queue.next().await,
        };
        let deadline = epoch_ms(now() + self.timeout);
        let response = Response::builder()
            .header("lambda-runtime-aws-request-id", &invocation.id)
            .header("lambda-runtime-deadline-ms", deadline.to_string())
            .header("lambda-runtime-invoked-function-arn", &self.arn)
            .header("lambda-runtime-trace-id", trace_id())
            .header("content-type", "application/json")
            .body(invocation.event.clone().into())
            .expect("a valid reply");
        self.state().running = Some(invocation);
        self.deadline
            .send_replace(Some(Instant::now() + self.timeout));
        response
    }

    /// Ends the invocation `id`, or without one the invocation that waits for the process to
    /// start; false when the process has none such.
    fn complete(&self, id: Option<&str>, outcome: Outcome) -> bool {
        let mut state = self.state();
        let slot = match id {
            Some(_) => &mut state.running,
            None => &mut state.first,
        };
        let Some(ended) = slot.take_if(|it| id.is_none_or(|id| id == it.id)) else {
            return false;
        };
        if id.is_some() {
            let age = state.process.started.elapsed();
            state.process.cold_start.get_or_insert(age);
        }
        self.deadline.send_replace(None);
        ended.end(outcome);
        true
    }

    /// Ends what the process has not answered, because it has ended itself.
    pub(super) fn fail(&self, error: &FunctionError) {
        let mut state = self.state();
        let left = [state.first.take(), state.running.take()];
        for invocation in left.into_iter().flatten() {
            invocation.end(Err(error.clone()));
        }
    }

    /// Returns when an invocation has run longer than the function's timeout.
    pub(super) async fn overdue(&self) {
        let mut changes = self.deadline.subscribe();
        loop {
            let deadline = *changes.borrow_and_update();
            let passed = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = passed => return,
                _ = changes.changed() => {}
            }
        }
    }
}

/// The error that a process reported.
fn reported(body: &[u8]) -> FunctionError {
    serde_json::from_slice(body).unwrap_or_else(|_| FunctionError {
        error_type: "Runtime.Unknown".to_owned(),
        error_message: String::from_utf8_lossy(body).into_owned(),
    })
}

/// A trace id as X-Ray makes them; not sampled.
fn trace_id() -> String {
    let root = event::trace_root(now());
    format!("{root};Parent={};Sampled=0", net::random_hex::<8>())
}
