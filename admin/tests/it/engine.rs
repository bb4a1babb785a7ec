//! An engine of its own for each test, in this process and in memory.

use std::net::SocketAddr;

use dynoxide::Database;
use serde_json::{Value, json};
use shared::aws::{Connection, Credentials};
use shared::store::dynamodb::DynamoStore;
use shared::store::{Listed, StoreError};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// The table's name in all tests.
pub(crate) const TABLE: &str = "sts";

/// All items of a list, which must be readable.
pub(crate) fn all<T>(listed: Result<Listed<T>, StoreError>) -> Vec<T> {
    listed.unwrap().complete().unwrap()
}

/// A running engine; it stops when it is dropped.
pub(crate) struct Engine {
    address: SocketAddr,
    database: Database,
    _running: oneshot::Sender<()>,
}

impl Engine {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (running, stopped) = oneshot::channel::<()>();
        let shutdown = async {
            stopped.await.ok();
        };
        let database = Database::memory().unwrap();
        tokio::spawn(dynoxide::server::serve_with_shutdown(
            listener,
            database.clone(),
            shutdown,
        ));
        Self {
            address,
            database,
            _running: running,
        }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Creates the table in a shape that is of no use.
    pub(crate) fn create_foreign_table(&self) {
        let request = json!({
            "TableName": TABLE,
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        });
        let request = serde_json::from_value(request).unwrap();
        self.database.create_table(request).unwrap();
    }

    /// Sets an attribute of an item past the store; `null` removes it.
    pub(crate) fn damage(&self, item: &str, attribute: &str, value: &Value) {
        let mut request = json!({
            "TableName": TABLE,
            "Key": {"pk": {"S": item}},
            "UpdateExpression": "REMOVE #a",
            "ExpressionAttributeNames": {"#a": attribute},
        });
        if !value.is_null() {
            request["UpdateExpression"] = "SET #a = :v".into();
            request["ExpressionAttributeValues"] = json!({":v": value});
        }
        let request = serde_json::from_value(request).unwrap();
        self.database.update_item(request).unwrap();
    }

    /// A client of the engine.
    pub(crate) fn store(&self) -> DynamoStore {
        let connection = Connection {
            region: "us-east-1".to_owned(),
            endpoint: Some(self.endpoint()),
            credentials: Credentials {
                access_key_id: "local".to_owned(),
                secret_access_key: "local".to_owned().into(),
                session_token: None,
            },
        };
        DynamoStore::new(connection.client(), TABLE)
    }

    /// An engine with an empty table.
    pub(crate) async fn with_table() -> (Self, DynamoStore) {
        let engine = Self::start().await;
        let store = engine.store();
        store.create_table().await.unwrap();
        (engine, store)
    }
}
