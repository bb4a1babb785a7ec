//! `plugin`: identity plugins, each with its role.

mod args;
mod check;
mod entry;

use std::path::Path;

use serde_json::{Value, json};
use shared::model::PolicyName;
use shared::store::{IdentityPlugin, IssueLimits, ManagePlugins as _, Status, TokenIn};

use crate::apply::{Desired, declare};
use crate::context::Admin;
use crate::error::AdminError;
use crate::names::{comma_separated, missing, visible_url};
use crate::output::Output;
use crate::secret::{optional_variable, required_variable};

pub(crate) use args::{PluginAddArgs, PluginCommand, PluginEnvArgs};
pub(crate) use entry::{PluginDefinition, PluginEntry};

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
            let definition = from_env(arguments)?.check(Path::new(""))?;
            declare(admin, Desired::of_plugin(definition)).await
        }
        PluginCommand::List => Ok(Output::list(LIST, admin.store.list_plugins().await?, view)),
        PluginCommand::Show { name } => Ok(Output::Record {
            columns: SHOW,
            record: view(&find(admin, &name).await?),
        }),
        PluginCommand::Disable { name } => set_status(admin, &name, Status::Disabled).await,
        PluginCommand::Enable { name } => set_status(admin, &name, Status::Enabled).await,
        PluginCommand::Remove { name } => {
            let plugin = find(admin, &name).await?;
            admin.store.delete_plugin(&plugin).await?;
            Ok(Output::line(
                format!("plugin {name} is removed"),
                json!({"removed": name}),
            ))
        }
        PluginCommand::Check { name } => check::run(admin, &find(admin, &name).await?).await,
    }
}

/// A plugin as operators see it. A query of its URL stays hidden: it may hold a secret.
pub(crate) fn view(plugin: &IdentityPlugin) -> Value {
    json!({
        "name": plugin.name,
        "status": plugin.status.as_str(),
        "role_arn": plugin.role_arn.as_str(),
        "url": visible_url(&plugin.url),
        "role_policies": plugin.policies.iter().map(PolicyName::as_str).collect::<Vec<_>>(),
        "max_session_seconds": plugin.max_session_seconds,
        "issue_per_minute": plugin.limits.issue_per_minute,
        "max_live_sessions": plugin.limits.max_live_sessions,
        "token_in": plugin.token_in.as_str(),
        "allow_http": plugin.allow_http,
        "sealed_with": plugin.authorization.as_ref().and_then(|sealed| sealed.kid()),
    })
}

async fn add(admin: &Admin, arguments: PluginAddArgs) -> Result<Output, AdminError> {
    let entry = PluginEntry {
        url: arguments.url,
        auth_token: None,
        auth_token_env: arguments.auth_token_env,
        auth_token_file: arguments.auth_token_file,
        role_policies: arguments.policies,
        role_id: arguments.role_id,
        max_session_seconds: arguments.max_session_seconds,
        limits: IssueLimits::default(),
        enabled: Some(!arguments.disabled),
        token_in: if arguments.token_in_form {
            TokenIn::Form
        } else {
            TokenIn::Query
        },
        allow_http: arguments.allow_http,
        name: arguments.name,
    };
    let definition = entry.check(Path::new(""))?;
    let name = &definition.plugin.name;
    if admin.store.plugin_named(name).await?.is_some() {
        return Err(AdminError::Exists {
            kind: "plugin",
            name: name.clone(),
        });
    }
    declare(admin, Desired::of_plugin(definition)).await
}

/// The plugin of a set-up that comes from `MinIO`.
fn from_env(arguments: PluginEnvArgs) -> Result<PluginEntry, AdminError> {
    let text = |variable| optional_variable(variable).map(|text| text.as_str().to_owned());
    let required = |variable| required_variable(variable).map(|text| text.as_str().to_owned());
    let token = "MINIO_IDENTITY_PLUGIN_AUTH_TOKEN";
    Ok(PluginEntry {
        name: arguments.name,
        url: required("MINIO_IDENTITY_PLUGIN_URL")?,
        auth_token_env: optional_variable(token).map(|_| token.to_owned()),
        role_policies: comma_separated(&required("MINIO_IDENTITY_PLUGIN_ROLE_POLICY")?),
        role_id: text("MINIO_IDENTITY_PLUGIN_ROLE_ID"),
        allow_http: arguments.allow_http,
        ..PluginEntry::default()
    })
}

async fn set_status(admin: &Admin, name: &str, status: Status) -> Result<Output, AdminError> {
    let read = find(admin, name).await?;
    let plugin = IdentityPlugin {
        status,
        ..read.clone()
    };
    admin.store.change_plugin(&read, &plugin).await?;
    Ok(Output::line(
        format!("plugin {name} is {}", status.as_str()),
        json!({"name": name, "status": status.as_str()}),
    ))
}

async fn find(admin: &Admin, name: &str) -> Result<IdentityPlugin, AdminError> {
    let plugin = admin.store.plugin_named(name).await?;
    plugin.ok_or_else(|| missing("plugin", name))
}
