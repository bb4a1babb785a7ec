//! `apply`: bring users, groups, policies, plugins, providers and settings to what a YAML file
//! says.
//!
//! The file is read and checked ([`mod@file`]), and compared with the table; only when nothing is
//! left to be refused is anything written. What the file does not mention stays as it is; a
//! plugin or provider is declared as a whole.

mod file;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use clap::Args;
use operations::lint;

use crate::context::Admin;
use crate::declare::{bring_about, prepare};
use crate::error::AdminError;
use crate::input::read_text;
use crate::output::Output;
use crate::yaml::Mistake;

use file::File;

#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// The YAML file; `-` reads standard input
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Show what would change, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Refuse policies that depend on a condition key which nobody supplies
    #[arg(long)]
    pub(crate) strict: bool,
}

/// Reads the file, plans, and unless it is a dry run, writes.
pub(crate) async fn run(admin: &Admin, arguments: &ApplyArgs) -> Result<Output, AdminError> {
    let path = &arguments.file;
    let mistake = |m: Mistake| m.of(path);
    let text = read_text(path)?;
    let base = path.parent().unwrap_or(Path::new(""));
    let (desired, lines) = File::parse(&text)
        .and_then(|file| file.check(base))
        .map_err(mistake)?;
    let prepared = match prepare(admin, desired).await {
        Err(AdminError::Operation(error)) => {
            return Err(lines
                .mistake(&error)
                .map_or(AdminError::Operation(error), mistake));
        }
        prepared => prepared?,
    };
    lint::refuse(&prepared.findings, arguments.strict)?;
    bring_about(admin, prepared, arguments.dry_run).await
}
