//! Where the binaries under test are, and processes of those that listen.

use std::path::PathBuf;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// The binary `name`, as built in the profile of the running test or benchmark.
///
/// # Panics
///
/// When it was not built: cargo does not build other packages' binaries for a test.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the path of the running test");
    let profile = test.parent().and_then(|deps| deps.parent());
    let path = profile.expect("target/PROFILE/deps/TEST").join(name);
    assert!(
        path.is_file(),
        "{} is missing: run `cargo build --bins` (for benchmarks with --release) first",
        path.display()
    );
    path
}

/// A process of `sts-local` that serves something, once it says where it listens, and that URL.
pub(crate) async fn listening(command: &mut Command) -> (Child, String) {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("a binary that starts");
    let output = child.stdout.take().expect("a pipe");
    let line = BufReader::new(output).lines().next_line().await;
    let line = line.expect("text").expect("a server that listens");
    let url = line.rsplit(' ').next().expect("a URL").to_owned();
    (child, url)
}
