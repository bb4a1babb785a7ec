//! What several commands do under the rules for files: compare with the table, show, write.

use operations::Error;
use operations::declaration::{Desired, Prepared, Write};
use operations::item::Item;
use serde_json::{Value, json};
use shared::outbound::Outbound;

use crate::context::Admin;
use crate::error::AdminError;
use crate::findings::{records, warnings};
use crate::output::Output;

/// Brings about what a command wants, and tells the operator its notes.
pub(crate) async fn declare(
    admin: &Admin,
    desired: Desired,
    notes: Vec<String>,
) -> Result<Output, AdminError> {
    let mut prepared = prepare(admin, desired).await?;
    prepared.notes.splice(..0, notes);
    bring_about(admin, prepared, false).await
}

/// Compares what is wanted with the table.
pub(crate) async fn prepare(admin: &Admin, desired: Desired) -> Result<Prepared, AdminError> {
    let ring = if desired.has_secrets() {
        Some(admin.key_ring().await?)
    } else {
        None
    };
    let outbound = Outbound::default();
    Ok(Prepared::new(&admin.store, ring, &outbound, desired).await?)
}

/// Writes, unless it is a dry run, and says what.
pub(crate) async fn bring_about(
    admin: &Admin,
    prepared: Prepared,
    dry_run: bool,
) -> Result<Output, AdminError> {
    let output = report(&prepared, dry_run);
    if !dry_run {
        write(admin, prepared).await?;
    }
    Ok(output)
}

/// Writes all items.
pub(crate) async fn write(admin: &Admin, prepared: Prepared) -> Result<(), Error> {
    prepared.write(&admin.store, &admin.random).await
}

/// How much is written, in one line.
pub(crate) fn summary(prepared: &Prepared, dry_run: bool) -> String {
    let plan = &prepared.plan;
    let (added, changed, unchanged) = (plan.count('+'), plan.count('~'), plan.count('='));
    match (added + changed, dry_run) {
        (0, _) => "nothing to change".to_owned(),
        (_, false) => format!("{added} added, {changed} changed, {unchanged} unchanged"),
        (_, true) => {
            format!("{added} to add, {changed} to change, {unchanged} unchanged; nothing written")
        }
    }
}

/// An item for programs.
pub(crate) fn record(item: &Item<Write>) -> Value {
    let action = match item.sign() {
        '+' => "add",
        '~' => "change",
        _ => "keep",
    };
    json!({
        "action": action, "kind": item.kind, "name": item.name, "details": item.details,
    })
}

fn report(prepared: &Prepared, dry_run: bool) -> Output {
    let items = &prepared.plan.items;
    let mut lines: Vec<String> = items.iter().map(ToString::to_string).collect();
    lines.extend(warnings(&prepared.findings));
    lines.extend(prepared.notes.iter().map(|note| format!("! {note}")));
    lines.push(summary(prepared, dry_run));
    let roles = || items.iter().flat_map(|item| &item.roles);
    lines.extend(roles().map(|(owner, arn)| format!("role of {owner}: {arn}")));
    Output::Done {
        lines,
        record: json!({
            "dry_run": dry_run,
            "items": items.iter().map(record).collect::<Vec<_>>(),
            "warnings": records(&prepared.findings),
            "notes": prepared.notes,
            "roles": roles()
                .map(|(owner, arn)| json!({"owner": owner, "role_arn": arn}))
                .collect::<Vec<_>>(),
        }),
    }
}
