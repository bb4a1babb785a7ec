//! Files beside what is stored.

mod identity;
mod plan;

use std::path::Path;

use operations::declaration::{self, Current, Desired, Plan};

use super::file::{File, Lines};
use crate::yaml::Mistake;

/// What a file wants.
fn checked(yaml: &str) -> Result<(Desired, Lines), Mistake> {
    File::parse(yaml)?.check(Path::new(""))
}

/// What a file changes.
fn planned(yaml: &str, current: &Current) -> Result<Plan, Mistake> {
    let (desired, lines) = checked(yaml)?;
    declaration::plan(desired, current).map_err(|error| lines.mistake(&error).unwrap())
}
