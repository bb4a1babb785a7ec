//! `key`: master keys, from active over verifying to retired.

use clap::Subcommand;
use operations::key::{Keys, Wrapper, needed_until};
use serde_json::{Value, json};
use shared::clock::UnixTime;
use shared::keys::KeyState;
use shared::store::dynamodb::DynamoStore;
use shared::store::{KeyEntry, ManageKeys as _};

use crate::context::Admin;
use crate::error::AdminError;
use crate::output::Output;

const COLUMNS: &[&str] = &["kid", "state", "created_at", "rotated_at", "needed_until"];

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// List all keys
    List,
    /// Make a new key the active one; the old one goes on verifying
    Rotate,
    /// Destroy a key that nothing needs any more
    Retire {
        kid: String,
        /// Even if sessions may be left that need it; they die
        #[arg(long)]
        force: bool,
    },
}

/// Carries a `key` command out.
pub(crate) async fn run(admin: &Admin, command: KeyCommand) -> Result<Output, AdminError> {
    match command {
        KeyCommand::List => {
            let keys = admin.store.stored_keys().await?;
            Ok(Output::List {
                columns: COLUMNS,
                rows: keys.entries.iter().map(view).collect(),
                corrupt: Vec::new(),
            })
        }
        KeyCommand::Rotate => rotate(admin).await,
        KeyCommand::Retire { kid, force } => retire(admin, &kid, force).await,
    }
}

/// The table's keys at the moment when the command began.
pub(crate) const fn keys<'a>(admin: &'a Admin, wrapper: &'a Wrapper) -> Keys<'a, DynamoStore> {
    Keys {
        store: &admin.store,
        wrapper,
        random: &admin.random,
        now: admin.now,
    }
}

async fn rotate(admin: &Admin) -> Result<Output, AdminError> {
    let wrapper = admin.wrapper()?;
    admin.check_clock().await?;
    let done = keys(admin, &wrapper).rotate().await?;
    let (active, verifying) = (done.active, done.verifying);
    Ok(Output::line(
        format!("key {active} is active, {verifying} goes on verifying"),
        json!({"active": active, "verifying": verifying}),
    ))
}

async fn retire(admin: &Admin, kid: &str, force: bool) -> Result<Output, AdminError> {
    let wrapper = admin.wrapper()?;
    admin.check_clock().await?;
    let resealed = keys(admin, &wrapper).retire(kid, force).await?;
    Ok(Output::line(
        format!("key {kid} is retired; {resealed} secrets were sealed anew"),
        json!({"retired": kid, "resealed": resealed}),
    ))
}

fn view(entry: &KeyEntry) -> Value {
    let needed = needed_until(entry).filter(|_| entry.state == KeyState::Verifying);
    json!({
        "kid": entry.kid,
        "state": entry.state.as_str(),
        "created_at": entry.created_at.iso8601(),
        "rotated_at": entry.rotated_at.map(UnixTime::iso8601),
        "needed_until": needed.map(UnixTime::iso8601),
    })
}
