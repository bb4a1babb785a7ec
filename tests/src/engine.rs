//! The DynamoDB engine of a test.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use dynoxide::Database;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::net;
use crate::process::{binary, listening};

/// Names another engine to run the tests against, by its URL.
const OTHER_ENGINE: &str = "STS_TEST_DYNAMODB";

/// A DynamoDB endpoint, and a table name that no other test uses.
#[derive(Debug)]
pub struct Engine {
    /// The endpoint.
    pub url: String,
    /// The name for the test's table, which does not exist yet.
    pub table: String,
    _server: JoinSet<()>,
}

impl Engine {
    /// The engine that `STS_TEST_DYNAMODB` names, or else one of the test's own.
    pub async fn for_test() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "shared::config is for the service's own variables"
        )]
        match std::env::var(OTHER_ENGINE) {
            Ok(url) => Self::at(url),
            Err(_) => Self::memory().await,
        }
    }

    /// An embedded engine with an empty database in memory, gone when this is dropped.
    ///
    /// # Panics
    ///
    /// When it cannot start.
    pub async fn memory() -> Self {
        let database = Database::memory().expect("a database in memory");
        let (listener, address) = net::listen().await;
        let mut server = JoinSet::new();
        server.spawn(dynoxide::server::serve_on(listener, database));
        Self {
            _server: server,
            ..Self::at(format!("http://{address}"))
        }
    }

    /// The engine that listens at `url`.
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            table: format!("test-{}", net::random_hex::<8>()),
            _server: JoinSet::new(),
        }
    }
}

/// `sts-local engine` in a process of its own, with its database in a file.
#[derive(Debug)]
pub struct EngineProcess {
    /// The endpoint.
    pub url: String,
    file: PathBuf,
    child: Child,
}

impl EngineProcess {
    /// Starts an engine on the database in `file`, at any free port.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn start(file: &Path) -> Self {
        let (child, url) = spawn_engine(file, "0").await;
        let file = file.to_owned();
        Self { url, file, child }
    }

    /// Kills the process: no signal handler runs.
    ///
    /// # Panics
    ///
    /// When it is not running.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("a running engine");
    }

    /// Starts a killed engine again, on the same file and the same port.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn restart(&mut self) {
        let port = self.url.rsplit(':').next().expect("a port");
        (self.child, _) = spawn_engine(&self.file, port).await;
    }
}

async fn spawn_engine(file: &Path, port: &str) -> (Child, String) {
    let arguments = ["engine", "--port", port, "--file"].map(OsStr::new);
    let mut command = Command::new(binary("sts-local"));
    listening(command.args(arguments).arg(file)).await
}
