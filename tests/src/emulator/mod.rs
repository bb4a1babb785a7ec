//! Emulator of AWS Lambda with an API Gateway HTTP API in front of it.
//!
//! It starts the functions' real binaries and serves them the Lambda Runtime API; to clients
//! it is an HTTP API with payload format 2.0 and the stage `$default`. As in Lambda, an
//! execution environment starts with the first invocation it is needed for, handles one
//! invocation at a time, and is replaced on the next invocation when its process has ended.

mod environment;
mod event;
mod gateway;
mod runtime_api;

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;
use tokio::task::JoinSet;

use crate::net;
use environment::Function;
use gateway::{Gateway, Route};

const REGION: &str = "us-east-1";
const ACCOUNT: &str = "123456789012";

/// Collects what to emulate; [`Builder::start`] does it.
#[derive(Debug)]
pub struct Builder {
    functions: Vec<Settings>,
    routes: Vec<(String, String)>,
    limits: Limits,
}

/// What every function may use.
#[derive(Debug, Clone, Copy)]
struct Limits {
    processes: usize,
    timeout: Duration,
}

/// What one function is made of.
#[derive(Debug)]
struct Settings {
    name: String,
    binary: PathBuf,
    env: Vec<(String, String)>,
}

impl Settings {
    fn arn(&self) -> String {
        format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", self.name)
    }
}

impl Builder {
    /// Adds the function `name`. Its processes see only `env` and what Lambda itself sets.
    #[must_use]
    pub fn function(mut self, name: &str, binary: &Path, env: &[(&str, &str)]) -> Self {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        self.functions.push(Settings {
            name: name.to_owned(),
            binary: binary.to_owned(),
            env: env.iter().map(owned).collect(),
        });
        self
    }

    /// Adds a route. `key` is API Gateway's route key: `POST /`, `ANY /AssumeRole` or
    /// `$default`. The most specific one wins.
    #[must_use]
    pub fn route(mut self, key: &str, function: &str) -> Self {
        self.routes.push((key.to_owned(), function.to_owned()));
        self
    }

    /// How many execution environments each function may have at once. Default: one.
    #[must_use]
    pub fn processes(mut self, count: usize) -> Self {
        self.limits.processes = count;
        self
    }

    /// How long an invocation may take. Default: 30 s, the most that an HTTP API waits.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.limits.timeout = timeout;
        self
    }

    /// Starts listening. No process starts before the first invocation.
    ///
    /// # Panics
    ///
    /// When a route names a function that was not added.
    pub async fn start(self) -> Emulator {
        let mut tasks = JoinSet::new();
        let log = Arc::new(Log::default());
        let functions: HashMap<_, _> = (self.functions.into_iter())
            .map(|settings| {
                let name = settings.name.clone();
                let function = Function::start(settings, self.limits, &log, &mut tasks);
                (name, Arc::new(function))
            })
            .collect();
        let route = |(key, name): (String, String)| {
            let function = functions.get(&name).cloned();
            Route::new(key, function.expect("a route to an added function"))
        };
        let gateway = Arc::new(Gateway::new(self.routes.into_iter().map(route).collect()));
        let (listener, address) = net::listen().await;
        tasks.spawn(net::serve(listener, move |request| {
            let gateway = Arc::clone(&gateway);
            async move { Ok(gateway.handle(request).await) }
        }));
        Emulator {
            url: format!("http://{address}"),
            functions,
            log,
            _tasks: tasks,
        }
    }
}

/// A running emulator. Dropping it kills the functions' processes.
#[derive(Debug)]
pub struct Emulator {
    url: String,
    functions: HashMap<String, Arc<Function>>,
    log: Arc<Log>,
    _tasks: JoinSet<()>,
}

impl Emulator {
    /// An emulator to be described.
    pub fn builder() -> Builder {
        Builder {
            functions: Vec::new(),
            routes: Vec::new(),
            limits: Limits {
                processes: 1,
                timeout: Duration::from_secs(30),
            },
        }
    }

    /// Where the HTTP API listens: `http://127.0.0.1:PORT`, without a path.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Invokes a function past the gateway, as Lambda's Invoke does, with any event.
    ///
    /// # Panics
    ///
    /// When there is no such function, or its reply is not JSON.
    pub async fn invoke_raw(&self, function: &str, event: &Value) -> Result<Value, FunctionError> {
        let reply = self.get(function).invoke(event.to_string().into()).await?;
        Ok(serde_json::from_slice(&reply).expect("a reply of JSON"))
    }

    /// The processes of a function that run now.
    ///
    /// # Panics
    ///
    /// When there is no such function.
    pub fn processes(&self, function: &str) -> Vec<Process> {
        self.get(function).processes()
    }

    /// How many processes ended although nobody asked them to, or were killed by a timeout. Each
    /// is replaced when the next invocation comes.
    pub fn restarts(&self) -> usize {
        self.functions.values().map(|f| f.restarts()).sum()
    }

    /// Every line that the functions have written to stdout and stderr, oldest first.
    pub fn logs(&self) -> Vec<String> {
        self.log.lines()
    }

    fn get(&self, function: &str) -> &Function {
        self.functions.get(function).expect("an added function")
    }
}

/// A running process of a function.
#[derive(Debug, Clone, Copy)]
pub struct Process {
    /// Its process id.
    pub pid: u32,
    /// When it was started.
    pub started: Instant,
    /// From its start until it asked for an invocation: Lambda's init duration.
    pub init: Option<Duration>,
    /// From its start until its first reply had arrived.
    pub cold_start: Option<Duration>,
}

/// Why an invocation gave no reply, as Lambda reports it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionError {
    /// The function's own error type, or one of Lambda's, such as `Runtime.ExitError`.
    pub error_type: String,
    /// For people.
    pub error_message: String,
}

/// What an invocation ends with: the bytes of the function's reply, or why there are none.
type Outcome = Result<Bytes, FunctionError>;

/// What the functions write. A file and not a pipe, so that a line can be read as soon as it is
/// written: before the reply that follows it.
#[derive(Debug)]
struct Log(File);

impl Default for Log {
    fn default() -> Self {
        Self(tempfile::tempfile().expect("a temporary file"))
    }
}

impl Log {
    /// An output for a process; all of them share one position in the file.
    fn stdio(&self) -> Stdio {
        self.0.try_clone().expect("a file handle").into()
    }

    fn lines(&self) -> Vec<String> {
        let length = self.0.metadata().expect("the size of the log").len();
        let mut bytes = vec![0; usize::try_from(length).expect("a log that fits in memory")];
        self.0.read_exact_at(&mut bytes, 0).expect("the log");
        let text = String::from_utf8_lossy(&bytes);
        text.lines().map(str::to_owned).collect()
    }
}

/// The time of the events and deadlines.
fn now() -> OffsetDateTime {
    #[expect(
        clippy::disallowed_methods,
        reason = "the functions compare it with the system's clock"
    )]
    OffsetDateTime::now_utc()
}

/// Milliseconds since the Unix epoch.
fn epoch_ms(at: OffsetDateTime) -> i128 {
    at.unix_timestamp_nanos() / 1_000_000
}
