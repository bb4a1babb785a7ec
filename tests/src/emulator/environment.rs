//! Functions, and the execution environments which run their processes.

use std::fmt::Display;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinSet;

use super::runtime_api::{Invocation, RuntimeApi};
use super::{FunctionError, Limits, Log, Outcome, Process, REGION, Settings};
use crate::net;

/// The invocations of one function that no environment has taken yet.
#[derive(Debug)]
pub(super) struct Queue(tokio::sync::Mutex<UnboundedReceiver<Invocation>>);

impl Queue {
    /// The oldest invocation, as soon as there is one.
    pub(super) async fn next(&self) -> Invocation {
        match self.0.lock().await.recv().await {
            Some(invocation) => invocation,
            None => std::future::pending().await,
        }
    }
}

/// A deployed function.
#[derive(Debug)]
pub(super) struct Function {
    invocations: UnboundedSender<Invocation>,
    environments: Vec<Arc<Environment>>,
}

impl Function {
    /// A function whose environments `tasks` keeps running.
    pub(super) fn start(
        settings: Settings,
        limits: Limits,
        log: &Arc<Log>,
        tasks: &mut JoinSet<()>,
    ) -> Self {
        let (invocations, queue) = mpsc::unbounded_channel();
        let queue = Arc::new(Queue(tokio::sync::Mutex::new(queue)));
        let settings = Arc::new(settings);
        let environment = || Environment {
            settings: Arc::clone(&settings),
            timeout: limits.timeout,
            queue: Arc::clone(&queue),
            log: Arc::clone(log),
            current: Mutex::default(),
            restarts: AtomicUsize::new(0),
        };
        let environments: Vec<_> = (0..limits.processes)
            .map(|_| Arc::new(environment()))
            .collect();
        for environment in &environments {
            tasks.spawn(Arc::clone(environment).run());
        }
        Self {
            invocations,
            environments,
        }
    }

    /// Waits for a free environment and for the outcome.
    pub(super) async fn invoke(&self, event: Bytes) -> Outcome {
        let (invocation, outcome) = Invocation::new(event);
        self.invocations
            .send(invocation)
            .expect("running environments");
        // A process may ask for the invocation in the very moment that it is given up.
        outcome
            .await
            .unwrap_or_else(|_| Err(exit_error("no reason")))
    }

    pub(super) fn processes(&self) -> Vec<Process> {
        let environments = self.environments.iter();
        environments.filter_map(|it| it.process()).collect()
    }

    pub(super) fn restarts(&self) -> usize {
        let restarts = |it: &Arc<Environment>| it.restarts.load(Ordering::Relaxed);
        self.environments.iter().map(restarts).sum()
    }
}

/// A place where one process of a function runs at a time.
#[derive(Debug)]
struct Environment {
    settings: Arc<Settings>,
    timeout: Duration,
    queue: Arc<Queue>,
    log: Arc<Log>,
    current: Mutex<Option<Arc<RuntimeApi>>>,
    restarts: AtomicUsize,
}

impl Environment {
    /// Starts a process when an invocation needs one, and again when it has ended.
    async fn run(self: Arc<Self>) {
        loop {
            let first = self.queue.next().await;
            self.run_process(first).await;
        }
    }

    /// Runs one process until it ends or must be killed; whatever it has not answered fails.
    async fn run_process(&self, first: Invocation) {
        let (listener, address) = net::listen().await;
        let started = Instant::now();
        let mut child = self.spawn(address);
        let process = Process {
            pid: child.id().expect("a process that was not waited for"),
            started,
            init: None,
            cold_start: None,
        };
        let queue = Arc::clone(&self.queue);
        let api = Arc::new(RuntimeApi::new(
            self.settings.arn(),
            self.timeout,
            queue,
            process,
            first,
        ));
        self.set_current(Some(&api));
        let server = net::serve(listener, {
            let api = Arc::clone(&api);
            move |request| {
                let api = Arc::clone(&api);
                async move { Ok(api.handle(request).await) }
            }
        });
        let error = tokio::select! {
            status = child.wait() => exit_error(status.expect("an exit status")),
            () = api.overdue() => {
                let _ = child.kill().await;
                timeout_error(self.timeout)
            }
            () = server => return,
        };
        self.restarts.fetch_add(1, Ordering::Relaxed);
        self.set_current(None);
        api.fail(&error);
    }

    /// Starts the binary with the variables that Lambda sets.
    fn spawn(&self, runtime_api: SocketAddr) -> Child {
        let Settings {
            name, binary, env, ..
        } = &*self.settings;
        Command::new(binary)
            .env_clear()
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}"))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "1970/01/01/[$LATEST]0")
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string())
            .env("AWS_REGION", REGION)
            .envs(env.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(self.log.stdio())
            .stderr(self.log.stdio())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", binary.display()))
    }

    fn set_current(&self, api: Option<&Arc<RuntimeApi>>) {
        *self.current.lock().expect("no panic while it was locked") = api.cloned();
    }

    fn process(&self) -> Option<Process> {
        let current = self.current.lock().expect("no panic while it was locked");
        current.as_ref().map(|api| api.process())
    }
}

fn exit_error(how: impl Display) -> FunctionError {
    FunctionError {
        error_type: "Runtime.ExitError".to_owned(),
        error_message: format!("Runtime exited: {how}"),
    }
}

fn timeout_error(timeout: Duration) -> FunctionError {
    FunctionError {
        error_type: "Sandbox.Timedout".to_owned(),
        error_message: format!("Task timed out after {timeout:?}"),
    }
}
