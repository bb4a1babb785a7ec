//! An operator with a terminal: the `sts-admin` binary, an engine, a key file.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::Value;
use shared::clock::{Clock as _, SystemClock};
use shared::keys::{KeyFile, KeyRing};
use shared::resources::MasterKeys;
use shared::store::ManageKeys as _;
use shared::store::dynamodb::DynamoStore;
use tempfile::TempDir;

use crate::engine::{Engine, TABLE};

const KEY: &str = "8f1c0d6b5a79e4233b2c91d0f7a8564e1b0a9c8d7e6f5a4b3c2d1e0f9a8b7c6d";

/// What a run of the binary left behind.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) struct Operator {
    pub(crate) store: DynamoStore,
    pub(crate) engine: Engine,
    folder: TempDir,
}

impl Operator {
    /// An operator of an empty engine.
    pub(crate) async fn new() -> Self {
        let engine = Engine::start().await;
        let operator = Self {
            store: engine.store(),
            engine,
            folder: TempDir::new().unwrap(),
        };
        operator.write("key", KEY);
        let private = fs::Permissions::from_mode(0o600);
        fs::set_permissions(operator.path("key"), private).unwrap();
        operator
    }

    /// An operator of a table that is ready for use.
    pub(crate) async fn ready() -> Self {
        let operator = Self::new().await;
        operator.ok("init");
        operator
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        fs::write(self.path(file), text).unwrap();
    }

    /// The binary, in the operator's folder, with nothing but the engine in its environment.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sts-admin"));
        command
            .args(line.split_whitespace())
            .current_dir(self.folder.path())
            .env_clear()
            .env("STS_TABLE", TABLE)
            .env("STS_KEY_FILE", "key")
            .env("AWS_ENDPOINT_URL_DYNAMODB", self.engine.endpoint());
        command
    }

    pub(crate) fn run(&self, line: &str) -> Ran {
        finish(self.command(line), "")
    }

    pub(crate) fn run_with_input(&self, line: &str, input: &str) -> Ran {
        finish(self.command(line), input)
    }

    /// Runs what must work, and returns what it printed.
    pub(crate) fn ok(&self, line: &str) -> String {
        let ran = self.run(line);
        assert_eq!(ran.code, 0, "{line}: {}", ran.stderr);
        assert_eq!(ran.stderr, "", "{line}");
        ran.stdout
    }

    /// Runs what must work, and returns the JSON that it printed.
    pub(crate) fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.ok(&format!("{line} --output json"))).unwrap()
    }

    /// Runs what must fail, and returns its one line of explanation.
    pub(crate) fn refused(&self, line: &str) -> String {
        let ran = self.run(line);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{line}");
        one_line(&ran.stderr)
    }

    /// The keys as a function would hold them.
    pub(crate) async fn keys(&self) -> KeyRing {
        let keys = MasterKeys::new(Arc::new(KeyFile::parse(KEY).unwrap()), TABLE);
        let stored = self.store.stored_keys().await.unwrap();
        let ring = keys.ring(&stored.entries, SystemClock.now()).await;
        ring.unwrap()
    }
}

pub(crate) fn finish(mut command: Command, input: &str) -> Ran {
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The only line of a text, without the program's name.
pub(crate) fn one_line(text: &str) -> String {
    assert_eq!(text.matches('\n').count(), 1, "{text}");
    text.trim_end().replacen("sts-admin: ", "", 1)
}
