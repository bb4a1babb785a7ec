//! The DynamoDB engine of a test.

use dynoxide::Database;
use tokio::task::JoinSet;

use crate::net;

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
            Ok(url) => Self::new(url, JoinSet::new()),
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
        Self::new(format!("http://{address}"), server)
    }

    fn new(url: String, server: JoinSet<()>) -> Self {
        Self {
            url,
            table: format!("test-{}", net::random_hex::<8>()),
            _server: server,
        }
    }
}
