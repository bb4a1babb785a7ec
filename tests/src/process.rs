//! Where the binaries under test are.

use std::path::PathBuf;

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
