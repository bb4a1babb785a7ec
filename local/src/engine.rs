//! A DynamoDB-compatible engine over HTTP.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::time::Duration;

use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::Error;

/// How often items past their time to live are deleted. DynamoDB takes days, so nothing may
/// rely on this being quick.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// How long requests under way may take once the engine was told to stop.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// A database and, when it lives in a file, the lock that keeps other engines away from it.
pub struct Engine {
    database: Database,
    _lock: Option<File>,
}

impl Engine {
    /// Opens or creates the database in the file at `path`.
    ///
    /// Every acknowledged write is on disk. One process at a time may open a file: the engine
    /// keeps table definitions in memory, and a second process would miss changes to them.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(Error::file(parent))?;
        }
        let lock = lock(path)?;
        let name = path
            .to_str()
            .ok_or_else(|| Error::Engine("the path of the file is not UTF-8".to_owned()))?;
        let database = Database::new(name).map_err(|e| Error::Engine(e.to_string()))?;
        Ok(Self {
            database,
            _lock: Some(lock),
        })
    }

    /// A database that is gone when the process ends.
    pub fn in_memory() -> Result<Self, Error> {
        let database = Database::memory().map_err(|e| Error::Engine(e.to_string()))?;
        Ok(Self {
            database,
            _lock: None,
        })
    }

    /// Serves the DynamoDB API on `listener` until `shutdown` resolves. Signatures are not
    /// checked, so the listener should be a loopback one.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Error> {
        let sweeper = tokio::spawn(sweep(self.database.clone()));
        let (stopping, stop) = oneshot::channel();
        let server = dynoxide::server::serve_with_shutdown(listener, self.database, async move {
            shutdown.await;
            let _ = stopping.send(());
        });
        let result = tokio::select! {
            result = server => result.map_err(Error::Engine),
            () = grace(stop) => Ok(()),
        };
        sweeper.abort();
        result
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// Takes the lock beside the database file. The file system releases it with the process,
/// however that ends.
fn lock(path: &Path) -> Result<File, Error> {
    let lock_path = path.with_added_extension("lock");
    let file = File::create(&lock_path).map_err(Error::file(&lock_path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked(path.to_owned())),
        Err(TryLockError::Error(source)) => Err(Error::file(&lock_path)(source)),
    }
}

/// Resolves [`SHUTDOWN_GRACE`] after `stop`: a client in the middle of a request must not keep
/// the engine alive for ever.
async fn grace(stop: oneshot::Receiver<()>) {
    let _ = stop.await;
    sleep(SHUTDOWN_GRACE).await;
}

/// Deletes expired items for ever; the engine itself leaves that to its host.
async fn sweep(database: Database) {
    let mut ticks = interval(SWEEP_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let database = database.clone();
        let swept = tokio::task::spawn_blocking(move || database.sweep_ttl()).await;
        if let Ok(Err(error)) = swept {
            eprintln!("time-to-live sweep: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    const LONG_AGO: &str = "1600000000";

    fn request<T: DeserializeOwned>(value: Value) -> T {
        serde_json::from_value(value).unwrap()
    }

    fn create_table(database: &Database) {
        database
            .create_table(request(json!({
                "TableName": "sessions",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
            })))
            .unwrap();
    }

    fn put(database: &Database, expires_at: &str) {
        let item = json!({"pk": {"S": "a"}, "expires_at": {"N": expires_at}});
        database
            .put_item(request(json!({"TableName": "sessions", "Item": item})))
            .unwrap();
    }

    fn exists(database: &Database) -> bool {
        let key = json!({"TableName": "sessions", "Key": {"pk": {"S": "a"}}});
        database.get_item(request(key)).unwrap().item.is_some()
    }

    #[test]
    fn a_file_keeps_its_items_and_admits_one_engine_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("data").join("dynamodb.sqlite");

        let first = Engine::open(&path).unwrap();
        create_table(&first.database);
        put(&first.database, LONG_AGO);
        let refused = Engine::open(&path).unwrap_err();
        assert!(matches!(refused, Error::Locked(at) if at == path));

        drop(first);
        assert!(exists(&Engine::open(&path).unwrap().database));
    }

    #[tokio::test(start_paused = true)]
    async fn items_past_their_time_to_live_are_deleted() {
        let database = Database::memory().unwrap();
        create_table(&database);
        put(&database, LONG_AGO);
        let setting = json!({"AttributeName": "expires_at", "Enabled": true});
        database
            .update_time_to_live(request(
                json!({"TableName": "sessions", "TimeToLiveSpecification": setting}),
            ))
            .unwrap();

        let sweeper = tokio::spawn(sweep(database.clone()));
        while exists(&database) {
            sleep(SWEEP_INTERVAL).await;
        }
        put(&database, LONG_AGO);
        while exists(&database) {
            sleep(SWEEP_INTERVAL).await;
        }
        sweeper.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_never_ends_does_not_hold_up_the_shutdown() {
        let listener = crate::net::listen(0).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let engine = Engine::in_memory().unwrap();
        let server = tokio::spawn(engine.serve(listener, async {
            let _ = stopped.await;
        }));

        let mut client = TcpStream::connect(address).await.unwrap();
        client
            .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\nPOST / HTTP/1.1\r\n")
            .await
            .unwrap();
        let mut answer = [0; 12];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");

        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
    }
}
