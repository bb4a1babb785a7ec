//! `policy`: stored policies.

mod cases;

use std::iter;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use operations::lint::Supplied;
use operations::names::policy_name;
use operations::policy::{self, Added, DesiredPolicy};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::store::{ManagePolicies as _, StoredPolicy};

use crate::context::Admin;
use crate::error::AdminError;
use crate::findings::{records, warnings};
use crate::input::read_text;
use crate::output::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    #[command(flatten)]
    Stored(StoredPolicyCommand),
    /// Find statements that depend on condition keys which nobody supplies
    Lint {
        /// A file with a JSON document, `-` for standard input, or the name of a stored policy
        #[arg(value_name = "FILE|NAME")]
        target: String,
    },
    /// Decide the cases of a YAML file and compare with what each expects
    Test {
        /// The YAML file; `-` reads standard input
        #[arg(short, long, value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoredPolicyCommand {
    /// Add a policy
    Add {
        name: String,
        /// The JSON document; `-` reads standard input
        #[arg(short, long, value_name = "FILE")]
        file: PathBuf,
        /// Refuse the policy if it depends on a condition key which nobody supplies
        #[arg(long)]
        strict: bool,
    },
    /// List all policies
    List,
    /// Print a policy's document
    Show { name: String },
    /// Delete the policy, unless it is attached to somebody
    Remove { name: String },
}

/// A policy as it is written down.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyEntry {
    name: String,
    document: Option<Value>,
    document_file: Option<PathBuf>,
}

impl PolicyEntry {
    /// Checks everything that the entry says by itself; a file that it names is looked for in
    /// `base`.
    pub(crate) fn check(self, base: &Path) -> Result<DesiredPolicy, AdminError> {
        let name = policy_name(&self.name)?;
        let document = match (self.document, self.document_file) {
            (Some(Value::String(text)), None) => text.trim().to_owned(),
            (Some(document), None) => document.to_string(),
            (None, Some(path)) => read_text(&base.join(path))?.trim().to_owned(),
            _ => {
                return Err(AdminError::Refused(format!(
                    "policy {name} needs either document or document_file"
                )));
            }
        };
        Ok(DesiredPolicy::new(name, document)?)
    }
}

/// Carries a `policy` command out. `lint` and `test` can do without a table.
pub(crate) async fn run(
    connect: impl Future<Output = Result<Admin, AdminError>>,
    command: PolicyCommand,
) -> Result<Output, AdminError> {
    match command {
        PolicyCommand::Stored(command) => run_stored(&connect.await?, command).await,
        PolicyCommand::Lint { target } => lint(connect, &target).await,
        PolicyCommand::Test { file } => cases::run(connect, &file).await,
    }
}

async fn run_stored(admin: &Admin, command: StoredPolicyCommand) -> Result<Output, AdminError> {
    match command {
        StoredPolicyCommand::Add { name, file, strict } => add(admin, &name, &file, strict).await,
        StoredPolicyCommand::List => {
            let policies = admin.store.list_policies().await?;
            Ok(Output::list(&["name", "version"], policies, view))
        }
        StoredPolicyCommand::Show { name } => {
            let policy = policy::find(&admin.store, &name).await?;
            Ok(Output::Document {
                record: view(&policy),
                text: policy.document,
            })
        }
        StoredPolicyCommand::Remove { name } => {
            policy::remove(&admin.store, &name).await?;
            Ok(Output::line(
                format!("policy {name} is removed"),
                json!({"removed": name}),
            ))
        }
    }
}

/// Finds what a document, or a stored policy, depends on and nobody supplies. A document can be
/// looked at without a table; what operators have declared and providers keep is not known then.
async fn lint(
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
        Some(admin) => Supplied::read(&admin.store).await?,
        None => Supplied::default(),
    };
    let document = match &admin {
        Some(admin) if !is_file => policy::find(&admin.store, target).await?.document,
        _ => read_text(path)?.trim().to_owned(),
    };
    let policy = policy::parse(target, &document)?;
    let findings = supplied.findings(target, &policy);
    let record = records(&findings);
    if findings.is_empty() {
        let lines = vec![format!("policy {target}: every condition key is supplied")];
        return Ok(Output::Done { lines, record });
    }
    let lines = findings.iter().map(ToString::to_string).collect();
    Ok(Output::Failed { lines, record })
}

async fn add(admin: &Admin, name: &str, file: &Path, strict: bool) -> Result<Output, AdminError> {
    let name = policy_name(name)?;
    let desired = DesiredPolicy::new(name, read_text(file)?.trim())?;
    let added = policy::add(&admin.store, &admin.random, desired, strict).await?;
    let Added { policy, findings } = added;
    let mut record = view(&policy);
    if let Value::Object(members) = &mut record {
        members.insert("warnings".to_owned(), records(&findings));
    }
    let line = format!("policy {} is added", policy.name);
    Ok(Output::Done {
        lines: iter::once(line).chain(warnings(&findings)).collect(),
        record,
    })
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
