//! `policy`: stored policies.

use std::path::Path;
use std::{iter, slice};

use serde_json::{Value, json};
use shared::model::PolicyName;
use shared::policy::{Kind, Policy};
use shared::store::{
    Grant, ManageGroups as _, ManagePlugins as _, ManagePolicies as _, ManageProviders as _,
    ManageUsers as _, ReadPolicies as _, StoreError, StoredPolicy,
};

use crate::args::StoredPolicyCommand;
use crate::context::{Admin, read_text};
use crate::error::AdminError;
use crate::lint::{self, Finding, Supplied};
use crate::names::{missing, policy_name};
use crate::output::Output;

/// Carries a `policy` command out.
pub(crate) async fn run(admin: &Admin, command: StoredPolicyCommand) -> Result<Output, AdminError> {
    match command {
        StoredPolicyCommand::Add { name, file, strict } => add(admin, &name, &file, strict).await,
        StoredPolicyCommand::List => {
            let policies = admin.store.list_policies().await?;
            Ok(Output::list(&["name", "version"], policies, view))
        }
        StoredPolicyCommand::Show { name } => {
            let policy = find(admin, &name).await?;
            Ok(Output::Document {
                record: view(&policy),
                text: policy.document,
            })
        }
        StoredPolicyCommand::Remove { name } => remove(admin, &name).await,
    }
}

/// Checks a document, which is then stored as it is.
pub(crate) fn check_document(name: &PolicyName, document: &str) -> Result<(), AdminError> {
    match Policy::parse(document, Kind::Stored) {
        Ok(_) => Ok(()),
        Err(source) => Err(AdminError::Policy {
            name: name.to_string(),
            source,
        }),
    }
}

/// Finds what a document, or a stored policy, depends on and nobody supplies. A document can be
/// looked at without a table; what operators have declared and providers keep is not known then.
pub(crate) async fn lint(
    connect: impl Future<Output = Result<Admin, AdminError>>,
    target: &str,
) -> Result<Output, AdminError> {
    let path = Path::new(target);
    let is_file = target == "-" || path.is_file();
    let admin = match connect.await {
        Err(AdminError::Usage(_)) if is_file => None,
        admin => Some(admin?),
    };
    let supplied = match &admin {
        Some(admin) => Supplied::read(admin).await?,
        None => Supplied::default(),
    };
    let document = match &admin {
        Some(admin) if !is_file => find(admin, target).await?.document,
        _ => read_text(path)?.trim().to_owned(),
    };
    let parsed = Policy::parse(&document, Kind::Stored);
    let policy = parsed.map_err(|source| AdminError::Policy {
        name: target.to_owned(),
        source,
    })?;
    let findings = supplied.findings(target, &policy);
    let record = findings.iter().map(Finding::record).collect();
    if findings.is_empty() {
        let lines = vec![format!("policy {target}: every condition key is supplied")];
        return Ok(Output::Done { lines, record });
    }
    let lines = findings.iter().map(ToString::to_string).collect();
    Ok(Output::Failed { lines, record })
}

async fn add(admin: &Admin, name: &str, file: &Path, strict: bool) -> Result<Output, AdminError> {
    let name = policy_name(name)?;
    let text = read_text(file)?;
    let document = text.trim();
    check_document(&name, document)?;
    let findings = Supplied::read(admin)
        .await?
        .findings_of(name.as_str(), document);
    lint::refuse(&findings, strict)?;
    let policy = StoredPolicy::new(name, document, &admin.random)?;
    match admin.store.create_policy(&policy).await {
        Err(StoreError::Conflict) => Err(AdminError::Exists {
            kind: "policy",
            name: policy.name.to_string(),
        }),
        Err(error) => Err(error.into()),
        Ok(()) => {
            let added = format!("policy {} is added", policy.name);
            let mut record = view(&policy);
            if let Value::Object(members) = &mut record {
                let warnings = findings.iter().map(Finding::record).collect();
                members.insert("warnings".to_owned(), warnings);
            }
            Ok(Output::Done {
                lines: iter::once(added).chain(lint::warnings(&findings)).collect(),
                record,
            })
        }
    }
}

async fn remove(admin: &Admin, name: &str) -> Result<Output, AdminError> {
    let policy = find(admin, name).await?;
    let holders = holders(admin, &policy.name).await?;
    if !holders.is_empty() {
        return Err(AdminError::Refused(format!(
            "policy {name} is attached to {}",
            holders.join(", ")
        )));
    }
    admin.store.delete_policy(&policy.name).await?;
    Ok(Output::line(
        format!("policy {name} is removed"),
        json!({"removed": name}),
    ))
}

/// Who has the policy: users, groups, and those who have roles.
async fn holders(admin: &Admin, name: &PolicyName) -> Result<Vec<String>, AdminError> {
    let store = &admin.store;
    let mut holders = Vec::new();
    for user in store.list_users().await?.complete()? {
        if user.policies.contains(name) {
            holders.push(format!("user {}", user.access_key));
        }
    }
    for group in store.list_groups().await?.complete()? {
        if group.policies.contains(name) {
            holders.push(format!("group {}", group.name));
        }
    }
    for plugin in store.list_plugins().await?.complete()? {
        if plugin.policies.contains(name) {
            holders.push(format!("plugin {}", plugin.name));
        }
    }
    for provider in store.list_providers().await?.complete()? {
        if matches!(&provider.grant, Grant::Role(policies) if policies.contains(name)) {
            holders.push(format!("provider {}", provider.name));
        }
    }
    Ok(holders)
}

async fn find(admin: &Admin, name: &str) -> Result<StoredPolicy, AdminError> {
    let name = policy_name(name)?;
    let mut policies = admin.store.policies(slice::from_ref(&name)).await?;
    policies.pop().ok_or_else(|| missing("policy", &name))
}

fn view(policy: &StoredPolicy) -> Value {
    let document = serde_json::from_str(&policy.document);
    json!({
        "name": policy.name.as_str(),
        "id": policy.id.as_str(),
        "version": policy.version,
        "document": document.unwrap_or_else(|_| Value::String(policy.document.clone())),
    })
}
