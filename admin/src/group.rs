//! `group`: policies that users have in common.

use serde_json::{Value, json};
use shared::model::PolicyName;
use shared::store::{
    Group, GroupChange, ManageGroups as _, ManageUsers as _, ReadGroups as _, Status, StoreError,
    User,
};

use crate::args::GroupCommand;
use crate::context::Admin;
use crate::error::AdminError;
use crate::names::{group_name, missing, policy_names, require_policies};
use crate::output::Output;

const COLUMNS: &[&str] = &["name", "status", "policies"];

/// Carries a `group` command out.
pub(crate) async fn run(admin: &Admin, command: GroupCommand) -> Result<Output, AdminError> {
    match command {
        GroupCommand::Add {
            name,
            policies,
            disabled,
        } => {
            let status = if disabled {
                Status::Disabled
            } else {
                Status::Enabled
            };
            add(admin, &name, &policies, status).await
        }
        GroupCommand::List => Ok(Output::list(
            COLUMNS,
            admin.store.list_groups().await?,
            view,
        )),
        GroupCommand::Show { name } => show(admin, &name).await,
        GroupCommand::Disable { name } => set_status(admin, &name, Status::Disabled).await,
        GroupCommand::Enable { name } => set_status(admin, &name, Status::Enabled).await,
        GroupCommand::Remove { name } => remove(admin, &name).await,
    }
}

async fn add(
    admin: &Admin,
    name: &str,
    policies: &[String],
    status: Status,
) -> Result<Output, AdminError> {
    let group = Group {
        name: group_name(name)?,
        status,
        policies: policy_names(policies)?,
    };
    require_policies(&admin.store, &group.policies).await?;
    let exists = || AdminError::Exists {
        kind: "group",
        name: name.to_owned(),
    };
    // The write alone would take an equal group for its own.
    if !admin.store.groups(&[name.to_owned()]).await?.is_empty() {
        return Err(exists());
    }
    match admin.store.create_group(&group).await {
        Err(StoreError::Conflict) => Err(exists()),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(Output::line(format!("group {name} is added"), view(&group))),
    }
}

async fn show(admin: &Admin, name: &str) -> Result<Output, AdminError> {
    let group = find(admin, name).await?;
    let mut record = view(&group);
    if let Some(object) = record.as_object_mut() {
        object.insert("members".to_owned(), members(admin, name).await?.into());
    }
    Ok(Output::Record {
        columns: &["name", "status", "policies", "members"],
        record,
    })
}

async fn set_status(admin: &Admin, name: &str, status: Status) -> Result<Output, AdminError> {
    let group = find(admin, name).await?;
    let change = GroupChange {
        status: Some(status),
        policies: None,
    };
    admin.store.change_group(&group.name, &change).await?;
    Ok(Output::line(
        format!("group {name} is {}", status.as_str()),
        json!({"name": name, "status": status.as_str()}),
    ))
}

async fn remove(admin: &Admin, name: &str) -> Result<Output, AdminError> {
    let group = find(admin, name).await?;
    let members = members(admin, name).await?;
    if !members.is_empty() {
        return Err(AdminError::Refused(format!(
            "group {name} has members: {}",
            members.join(", ")
        )));
    }
    admin.store.delete_group(&group.name).await?;
    Ok(Output::line(
        format!("group {name} is removed"),
        json!({"removed": name}),
    ))
}

async fn find(admin: &Admin, name: &str) -> Result<Group, AdminError> {
    let mut groups = admin.store.groups(&[name.to_owned()]).await?;
    groups.pop().ok_or_else(|| missing("group", name))
}

async fn members(admin: &Admin, name: &str) -> Result<Vec<String>, AdminError> {
    let users = admin.store.list_users().await?.complete()?;
    let belongs = |user: &&User| user.groups.iter().any(|g| g == name);
    Ok(users
        .iter()
        .filter(belongs)
        .map(|u| u.access_key.to_string())
        .collect())
}

fn view(group: &Group) -> Value {
    json!({
        "name": group.name,
        "status": group.status.as_str(),
        "policies": group.policies.iter().map(PolicyName::as_str).collect::<Vec<_>>(),
    })
}
