//! `plugin`: identity plugins, each with its role.

mod check;
mod entry;

use std::path::Path;

use operations::declaration::Desired;
use operations::plugin::{self, DesiredPlugin};
use serde_json::json;
use shared::store::{ManagePlugins as _, Status};

use crate::context::Admin;
use crate::declare::declare;
use crate::error::AdminError;
use crate::output::Output;

pub(crate) use entry::{PluginCommand, PluginEntry};

use entry::PluginAddArgs;

const LIST: &[&str] = &["name", "status", "role_arn", "role_policies"];
const SHOW: &[&str] = &[
    "name",
    "status",
    "role_arn",
    "url",
    "role_policies",
    "max_session_seconds",
    "token_in",
    "allow_http",
    "sealed_with",
];

/// Carries a `plugin` command out.
pub(crate) async fn run(admin: &Admin, command: PluginCommand) -> Result<Output, AdminError> {
    match command {
        PluginCommand::Add(arguments) => add(admin, arguments).await,
        PluginCommand::FromEnv(arguments) => {
            let desired = PluginEntry::from_env(arguments)?.check(Path::new(""))?;
            declare(admin, wanting(desired), Vec::new()).await
        }
        PluginCommand::List => Ok(Output::list(
            LIST,
            admin.store.list_plugins().await?,
            plugin::view,
        )),
        PluginCommand::Show { name } => Ok(Output::Record {
            columns: SHOW,
            record: plugin::view(&plugin::find(&admin.store, &name).await?),
        }),
        PluginCommand::Disable { name } => set_status(admin, &name, Status::Disabled).await,
        PluginCommand::Enable { name } => set_status(admin, &name, Status::Enabled).await,
        PluginCommand::Remove { name } => {
            plugin::remove(&admin.store, &name).await?;
            Ok(Output::line(
                format!("plugin {name} is removed"),
                json!({"removed": name}),
            ))
        }
        PluginCommand::Check { name } => {
            check::run(admin, &plugin::find(&admin.store, &name).await?).await
        }
    }
}

async fn add(admin: &Admin, arguments: PluginAddArgs) -> Result<Output, AdminError> {
    let desired = PluginEntry::from(arguments).check(Path::new(""))?;
    plugin::refuse_existing(&admin.store, &desired).await?;
    declare(admin, wanting(desired), Vec::new()).await
}

/// One plugin and nothing else.
fn wanting(plugin: DesiredPlugin) -> Desired {
    Desired {
        plugins: vec![plugin],
        ..Desired::default()
    }
}

async fn set_status(admin: &Admin, name: &str, status: Status) -> Result<Output, AdminError> {
    plugin::set_status(&admin.store, name, status).await?;
    Ok(Output::line(
        format!("plugin {name} is {}", status.as_str()),
        json!({"name": name, "status": status.as_str()}),
    ))
}
