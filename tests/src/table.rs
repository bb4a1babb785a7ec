//! A table that `sts-admin` has made, and the key file or KMS key that opens it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use shared::aws::{Connection, Credentials};
use shared::clock::UnixTime;
use shared::keys::{KeyFile, KeyRing, UnwrapKeys};
use shared::kms::Kms;
use shared::resources::MasterKeys;
use shared::store::ReadService;
use shared::store::dynamodb::DynamoStore;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::kms::KmsServer;
use crate::net;
use crate::process::binary;

const REGION: &str = "us-east-1";
const CREDENTIAL: &str = "local";

/// A table on some engine. Its key file lives as long as this.
#[derive(Debug)]
pub struct Table {
    /// The engine's endpoint.
    pub url: String,
    /// The table's name.
    pub name: String,
    directory: TempDir,
    kms: Option<KmsKey>,
}

/// The KMS key of a table, in place of a key file.
#[derive(Debug)]
struct KmsKey {
    endpoint: String,
    key: String,
}

impl Table {
    /// Makes a key file and has `sts-admin init` create the table.
    ///
    /// # Panics
    ///
    /// When that fails.
    pub async fn create(url: &str, name: &str) -> Self {
        let table = Self::new(url, name, None);
        table.write_key_file(&net::random_hex::<32>(), 0o600);
        table.admin(&["init"]).await;
        table
    }

    /// Has `sts-admin init` create the table, its keys wrapped by KMS.
    ///
    /// # Panics
    ///
    /// When that fails.
    pub async fn create_with_kms(url: &str, name: &str, kms: &KmsServer) -> Self {
        let key = KmsKey {
            endpoint: kms.url.clone(),
            key: kms.key.clone(),
        };
        let table = Self::new(url, name, Some(key));
        table.admin(&["init"]).await;
        table
    }

    fn new(url: &str, name: &str, kms: Option<KmsKey>) -> Self {
        Self {
            url: url.to_owned(),
            name: name.to_owned(),
            directory: tempfile::tempdir().expect("a temporary directory"),
            kms,
        }
    }

    /// Where the key file is.
    pub fn key_file(&self) -> PathBuf {
        self.directory.path().join("key")
    }

    /// Replaces the key file.
    ///
    /// # Panics
    ///
    /// When it cannot be written.
    pub fn write_key_file(&self, text: &str, mode: u32) {
        let path = self.key_file();
        fs::write(&path, text).expect("a writable file");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a file of ours");
    }

    /// The environment of a process that reaches the table at `endpoint`.
    pub fn env(&self, endpoint: &str) -> Vec<(String, String)> {
        let key_file = self.key_file();
        let mut env = vec![
            ("AWS_ACCESS_KEY_ID", CREDENTIAL),
            ("AWS_ENDPOINT_URL_DYNAMODB", endpoint),
            ("AWS_REGION", REGION),
            ("AWS_SECRET_ACCESS_KEY", CREDENTIAL),
            ("STS_TABLE", &self.name),
        ];
        match &self.kms {
            None => env.push(("STS_KEY_FILE", path_text(&key_file))),
            Some(KmsKey { endpoint, key }) => {
                env.extend([
                    ("AWS_ENDPOINT_URL_KMS", endpoint.as_str()),
                    ("STS_KMS_KEY", key),
                ]);
            }
        }
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        env.into_iter().map(owned).collect()
    }

    /// Runs `sts-admin` and returns what it printed.
    ///
    /// # Panics
    ///
    /// When it fails.
    pub async fn admin(&self, arguments: &[&str]) -> String {
        self.admin_with_input(arguments, "").await
    }

    /// Has `sts-admin apply` bring the table to what `yaml` says.
    ///
    /// # Panics
    ///
    /// When it fails.
    pub async fn apply(&self, yaml: &str) -> String {
        self.admin_with_input(&["apply", "-f", "-"], yaml).await
    }

    /// Runs `sts-admin` with a text at its standard input.
    ///
    /// # Panics
    ///
    /// When it fails.
    pub async fn admin_with_input(&self, arguments: &[&str], input: &str) -> String {
        let mut child = Command::new(binary("sts-admin"))
            .args(arguments)
            .env_clear()
            .envs(self.env(&self.url))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a binary that starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(input.as_bytes()).await.expect("a reader");
        drop(stdin);
        let output = child.wait_with_output().await.expect("its output");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "sts-admin {arguments:?}: {errors}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// The table as the functions see it.
    pub fn store(&self) -> DynamoStore {
        DynamoStore::new(self.connection().client(), &self.name)
    }

    /// How the table is reached.
    pub fn connection(&self) -> Connection {
        Connection {
            region: REGION.to_owned(),
            endpoint: Some(self.url.clone()),
            credentials: Credentials {
                access_key_id: CREDENTIAL.to_owned(),
                secret_access_key: CREDENTIAL.to_owned().into(),
                session_token: None,
            },
        }
    }

    /// The keys in use, unwrapped. A new key signs at once.
    ///
    /// # Panics
    ///
    /// When there are none.
    pub async fn keys(&self) -> KeyRing {
        let record = self.store().service_record().await;
        let keys = record.expect("a readable table").keys;
        let far_future = UnixTime::from_secs(i64::MAX);
        let ring = MasterKeys::new(self.wrapper(), &self.name)
            .ring(&keys, far_future)
            .await;
        ring.expect("keys that open")
    }

    /// What unwraps the keys.
    fn wrapper(&self) -> Arc<dyn UnwrapKeys> {
        match &self.kms {
            None => Arc::new(KeyFile::read(&self.key_file()).expect("a key file")),
            Some(KmsKey { endpoint, key }) => {
                let connection = self.connection().at(Some(endpoint.clone()));
                Arc::new(Kms::new(&connection, key))
            }
        }
    }
}

fn path_text(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}
