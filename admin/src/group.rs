//! `group`: policies that users have in common.

use clap::Subcommand;
use operations::group::{self, DesiredGroup};
use operations::names::policy_names;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::model::PolicyName;
use shared::store::{Group, GroupChange, ManageGroups as _, Status};

use crate::context::Admin;
use crate::error::AdminError;
use crate::output::Output;
use crate::yaml;

const COLUMNS: &[&str] = &["name", "status", "policies"];

#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
    /// Add a group
    Add {
        name: String,
        /// A policy to attach; may be repeated
        #[arg(long = "policy", value_name = "NAME")]
        policies: Vec<String>,
        /// Add the group disabled
        #[arg(long)]
        disabled: bool,
    },
    /// List all groups
    List,
    /// Show one group
    Show { name: String },
    /// Take the group's policies from its members
    Disable { name: String },
    /// Undo `disable`
    Enable { name: String },
    /// Delete the group, unless it has members
    Remove { name: String },
}

/// A group as it is written down; what is left out stays as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupEntry {
    name: String,
    #[serde(default, deserialize_with = "yaml::status")]
    status: Option<Status>,
    policies: Option<Vec<String>>,
}

impl GroupEntry {
    /// Checks everything that the entry says by itself.
    pub(crate) fn check(self) -> Result<DesiredGroup, AdminError> {
        let group = DesiredGroup::new(&self.name)?;
        Ok(group.with(GroupChange {
            status: self.status,
            policies: self.policies.as_deref().map(policy_names).transpose()?,
        }))
    }
}

/// Carries a `group` command out.
pub(crate) async fn run(admin: &Admin, command: GroupCommand) -> Result<Output, AdminError> {
    match command {
        GroupCommand::Add {
            name,
            policies,
            disabled,
        } => {
            let desired = DesiredGroup::new(&name)?.with(GroupChange {
                status: Some(Status::of_enabled(!disabled)),
                policies: Some(policy_names(&policies)?),
            });
            let group = group::add(&admin.store, desired).await?;
            Ok(Output::line(format!("group {name} is added"), view(&group)))
        }
        GroupCommand::List => Ok(Output::list(
            COLUMNS,
            admin.store.list_groups().await?,
            view,
        )),
        GroupCommand::Show { name } => show(admin, &name).await,
        GroupCommand::Disable { name } => set_status(admin, &name, Status::Disabled).await,
        GroupCommand::Enable { name } => set_status(admin, &name, Status::Enabled).await,
        GroupCommand::Remove { name } => {
            group::remove(&admin.store, &name).await?;
            Ok(Output::line(
                format!("group {name} is removed"),
                json!({"removed": name}),
            ))
        }
    }
}

async fn show(admin: &Admin, name: &str) -> Result<Output, AdminError> {
    let group = group::find(&admin.store, name).await?;
    let mut record = view(&group);
    if let Some(object) = record.as_object_mut() {
        let members = group::members(&admin.store, name).await?;
        object.insert("members".to_owned(), members.into());
    }
    Ok(Output::Record {
        columns: &["name", "status", "policies", "members"],
        record,
    })
}

async fn set_status(admin: &Admin, name: &str, status: Status) -> Result<Output, AdminError> {
    group::set_status(&admin.store, name, status).await?;
    Ok(Output::line(
        format!("group {name} is {}", status.as_str()),
        json!({"name": name, "status": status.as_str()}),
    ))
}

fn view(group: &Group) -> Value {
    json!({
        "name": group.name,
        "status": group.status.as_str(),
        "policies": group.policies.iter().map(PolicyName::as_str).collect::<Vec<_>>(),
    })
}
