//! `import-minio`: users, groups and policies from the archive that `mc admin cluster iam
//! export` writes.
//!
//! The archive is read ([`archive`], [`export`]), sorted into what can be had here and what
//! cannot ([`wanted`], [`document`]), and compared with the table as `apply` does. Nothing is
//! written before it was shown and confirmed.

mod archive;
mod document;
mod export;
mod wanted;

use std::collections::BTreeMap;
use std::io::{self, BufRead, IsTerminal as _, Write};
use std::path::PathBuf;

use operations::declaration::{Prepared, Write as Written};
use operations::item::Item;
use operations::lint;
use serde_json::{Value, json};
use shared::model::PolicyName;
use shared::store::{ReadPolicies as _, StoredPolicy};

use crate::context::Admin;
use crate::declare::{self, record, summary};
use crate::error::AdminError;
use crate::findings::{records, warnings};
use crate::input::comma_separated;
use crate::output::{Output, paragraph};

use archive::Archive;
use export::Export;
use wanted::{Note, Wanted};

/// The arguments of `import-minio`.
#[derive(Debug, clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent switches of the command line"
)]
pub(crate) struct ImportMinioArgs {
    /// The archive
    #[arg(value_name = "FILE.zip")]
    file: PathBuf,
    /// Show what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write without asking
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
    /// Bring what exists already to what the archive says
    #[arg(long)]
    overwrite: bool,
    /// Refuse policies that depend on a condition key which nobody supplies
    #[arg(long)]
    strict: bool,
}

/// Reads the archive, shows what would be written, and with the operator's consent, writes it.
pub(crate) async fn run(admin: &Admin, arguments: &ImportMinioArgs) -> Result<Output, AdminError> {
    let path = &arguments.file;
    let export = Archive::read(path).and_then(|archive| Export::parse(&archive));
    let export = export.map_err(|source| AdminError::Archive {
        file: path.display().to_string(),
        source: source.into(),
    })?;
    let stored = stored_policies(admin, &export).await?;
    let Wanted { desired, mut notes } = Wanted::new(export, &stored);
    let mut prepared = declare::prepare(admin, desired).await?;
    lint::refuse(&prepared.findings, arguments.strict)?;
    if !arguments.overwrite {
        notes.extend(prepared.keep_existing().iter().map(kept));
    }
    let mut report = Report::new(&prepared, &notes);
    let wanted = summary(&prepared, true);
    if arguments.dry_run || prepared.is_empty() {
        return Ok(report.done(wanted, false));
    }
    if !arguments.yes {
        let stdin = io::stdin();
        if !stdin.is_terminal() {
            return Ok(report.unconfirmed(&wanted));
        }
        if !report.confirmed(&wanted, &mut stdin.lock(), &mut io::stderr().lock()) {
            return Err(AdminError::Refused("nothing written".to_owned()));
        }
    }
    let written = summary(&prepared, false);
    declare::write(admin, prepared).await?;
    Ok(report.done(written, true))
}

/// The stored policies that the export names.
async fn stored_policies(
    admin: &Admin,
    export: &Export,
) -> Result<BTreeMap<PolicyName, StoredPolicy>, AdminError> {
    let mappings = export
        .user_mappings
        .values()
        .chain(export.group_mappings.values());
    let attached = mappings.flat_map(|mapping| comma_separated(&mapping.policy));
    let names = export.policies.keys().cloned().chain(attached);
    let mut names: Vec<_> = names
        .filter_map(|name| PolicyName::parse(name).ok())
        .collect();
    names.sort();
    names.dedup();
    let stored = admin.store.policies(&names).await?;
    Ok(stored
        .into_iter()
        .map(|policy| (policy.name.clone(), policy))
        .collect())
}

/// The note about something that exists, and is not as the archive says.
fn kept(item: &Item<Written>) -> Note {
    let differences = item.details.join(", ");
    let text = format!("exists and stays as it is; --overwrite: {differences}");
    Note::new(item.kind, &item.name, text)
}

/// What is shown of an import.
struct Report {
    lines: Vec<String>,
    items: Vec<Value>,
    notes: Vec<Value>,
    warnings: Value,
}

impl Report {
    fn new(prepared: &Prepared, notes: &[Note]) -> Self {
        let planned = &prepared.plan.items;
        let items = planned.iter().map(ToString::to_string);
        let lines = items.chain(notes.iter().map(ToString::to_string));
        Self {
            lines: lines.chain(warnings(&prepared.findings)).collect(),
            items: planned.iter().map(record).collect(),
            notes: notes.iter().map(Note::record).collect(),
            warnings: records(&prepared.findings),
        }
    }

    /// Shows everything, asks, and takes nothing but a yes for one. What was shown is not shown
    /// again afterwards.
    fn confirmed(
        &mut self,
        wanted: &str,
        input: &mut impl BufRead,
        output: &mut impl Write,
    ) -> bool {
        self.lines.push(wanted.to_owned());
        let lines = paragraph(&std::mem::take(&mut self.lines));
        let mut answer = String::new();
        let asked = write!(output, "{lines}Write this? [y/N] ").and_then(|()| output.flush());
        let answered = asked.and_then(|()| input.read_line(&mut answer));
        answered.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
    }

    fn done(self, summary: String, written: bool) -> Output {
        let (lines, record) = self.ended(summary, written);
        Output::Done { lines, record }
    }

    /// The output where nobody can be asked.
    fn unconfirmed(self, wanted: &str) -> Output {
        let (lines, record) = self.ended(format!("{wanted}: confirm with --yes"), false);
        Output::Failed { lines, record }
    }

    fn ended(self, summary: String, written: bool) -> (Vec<String>, Value) {
        let mut lines = self.lines;
        lines.push(summary);
        let record = json!({
            "written": written,
            "items": self.items,
            "notes": self.notes,
            "warnings": self.warnings,
        });
        (lines, record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        for (answer, expected) in [
            ("y\n", true),
            ("Y\n", true),
            ("yes\n", true),
            ("\n", false),
            ("", false),
            ("n\n", false),
            ("yep\n", false),
        ] {
            let mut report = Report {
                lines: vec!["+ user alice".to_owned()],
                items: Vec::new(),
                notes: Vec::new(),
                warnings: Value::Null,
            };
            let mut output = Vec::new();
            let confirmed = report.confirmed("1 to add", &mut answer.as_bytes(), &mut output);
            assert_eq!(confirmed, expected, "{answer:?}");
            assert_eq!(output, b"+ user alice\n1 to add\nWrite this? [y/N] ");
        }
    }
}
