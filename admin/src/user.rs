//! `user`: long-term users.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use operations::item::Declared as _;
use operations::limits::SESSION_SECONDS;
use operations::names::policy_names;
use operations::user::{self, DesiredUser};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::model::{PolicyName, SecretAccessKey};
use shared::store::{Change, IssueLimits, ManageUsers as _, Status, User, UserChange};

use crate::context::Admin;
use crate::error::AdminError;
use crate::output::Output;
use crate::secret::{self, NewSecret, SecretArgs, new_secret};
use crate::yaml;

const LIST: &[&str] = &["access_key", "status", "policies", "groups"];
const SHOW: &[&str] = &[
    "access_key",
    "id",
    "status",
    "policies",
    "groups",
    "max_session_seconds",
    "sealed_with",
];

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Add a user; without a secret one is generated and printed once
    Add(UserAddArgs),
    /// List all users
    List,
    /// Show one user
    Show { name: String },
    /// Refuse the user's requests and sessions from now on
    Disable { name: String },
    /// Undo `disable`
    Enable { name: String },
    /// Replace the user's secret; without a new one it is generated and printed once
    RotateSecret {
        name: String,
        #[command(flatten)]
        secret: SecretArgs,
    },
    /// Delete the user; its sessions die with it
    Remove { name: String },
}

#[derive(Debug, Args)]
pub(crate) struct UserAddArgs {
    /// The user's name, which is its access key id as well
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) secret: SecretArgs,
    /// A policy to attach; may be repeated
    #[arg(long = "policy", value_name = "NAME")]
    pub(crate) policies: Vec<String>,
    /// A group to join; may be repeated
    #[arg(long = "group", value_name = "NAME")]
    pub(crate) groups: Vec<String>,
    /// The longest session that the user may have
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(SESSION_SECONDS))]
    pub(crate) max_session_seconds: Option<u32>,
    /// Add the user disabled
    #[arg(long)]
    pub(crate) disabled: bool,
}

/// A user as it is written down; what is left out stays as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserEntry {
    pub(crate) access_key: String,
    #[serde(default, deserialize_with = "yaml::secret")]
    pub(crate) secret: Option<SecretAccessKey>,
    secret_env: Option<String>,
    secret_file: Option<PathBuf>,
    #[serde(default, deserialize_with = "yaml::status")]
    status: Option<Status>,
    policies: Option<Vec<String>>,
    groups: Option<Vec<String>>,
    #[serde(default, deserialize_with = "yaml::change")]
    max_session_seconds: Change<u32>,
    limits: Option<IssueLimits>,
}

impl UserEntry {
    /// Checks everything that the entry says by itself; a file that it names is looked for in
    /// `base`.
    pub(crate) fn check(self, base: &Path) -> Result<DesiredUser, AdminError> {
        let user = DesiredUser::new(&self.access_key)?;
        let secret = match (self.secret, self.secret_env, self.secret_file) {
            (secret, None, None) => secret,
            (None, Some(variable), None) => Some(secret::from_variable(&variable)?),
            (None, None, Some(path)) => Some(secret::from_file(&base.join(path))?),
            _ => {
                return Err(AdminError::Refused(format!(
                    "user {} may have one of secret, secret_env and secret_file",
                    user.name()
                )));
            }
        };
        Ok(user.with_secret(secret).with(UserChange {
            secret: None,
            status: self.status,
            policies: self.policies.as_deref().map(policy_names).transpose()?,
            groups: self.groups,
            max_session_seconds: self.max_session_seconds,
            limits: self.limits,
        })?)
    }
}

/// Carries a `user` command out.
pub(crate) async fn run(admin: &Admin, command: UserCommand) -> Result<Output, AdminError> {
    match command {
        UserCommand::Add(arguments) => add(admin, arguments).await,
        UserCommand::List => Ok(Output::list(LIST, admin.store.list_users().await?, view)),
        UserCommand::Show { name } => Ok(Output::Record {
            columns: SHOW,
            record: view(&user::find(&admin.store, &name).await?),
        }),
        UserCommand::Disable { name } => set_status(admin, &name, Status::Disabled).await,
        UserCommand::Enable { name } => set_status(admin, &name, Status::Enabled).await,
        UserCommand::RotateSecret { name, secret } => rotate_secret(admin, &name, &secret).await,
        UserCommand::Remove { name } => {
            user::remove(&admin.store, &name).await?;
            Ok(Output::line(
                format!("user {name} is removed"),
                json!({"removed": name}),
            ))
        }
    }
}

async fn add(admin: &Admin, arguments: UserAddArgs) -> Result<Output, AdminError> {
    let name = &arguments.name;
    let desired = DesiredUser::new(name)?.with(UserChange {
        status: Some(Status::of_enabled(!arguments.disabled)),
        policies: Some(policy_names(&arguments.policies)?),
        groups: Some(arguments.groups),
        max_session_seconds: arguments.max_session_seconds.into(),
        ..UserChange::default()
    })?;
    let user = user::admit(&admin.store, desired).await?;
    let ring = admin.key_ring().await?;
    let new = new_secret(&admin.random, &arguments.secret)?;
    let (sealing, secret) = (admin.sealing(&ring), new.secret.clone());
    user.create(&admin.store, sealing, secret).await?;
    Ok(told(name, "is added", &new))
}

async fn rotate_secret(
    admin: &Admin,
    name: &str,
    arguments: &SecretArgs,
) -> Result<Output, AdminError> {
    let access_key = user::find(&admin.store, name).await?.access_key;
    let ring = admin.key_ring().await?;
    let new = new_secret(&admin.random, arguments)?;
    user::rotate_secret(&admin.store, admin.sealing(&ring), &access_key, &new.secret).await?;
    Ok(told(name, "has a new secret", &new))
}

/// Says what happened, with the secret if nobody knows it yet.
fn told(name: &str, what: &str, secret: &NewSecret) -> Output {
    let mut lines = vec![format!("user {name} {what}")];
    let mut record = json!({"access_key": name});
    if secret.generated {
        let text = secret.secret.expose();
        lines.push(format!("secret access key, shown only now: {text}"));
        record = json!({"access_key": name, "secret_access_key": text});
    }
    Output::Done { lines, record }
}

async fn set_status(admin: &Admin, name: &str, status: Status) -> Result<Output, AdminError> {
    user::set_status(&admin.store, name, status).await?;
    Ok(Output::line(
        format!("user {name} is {}", status.as_str()),
        json!({"access_key": name, "status": status.as_str()}),
    ))
}

fn view(user: &User) -> Value {
    json!({
        "access_key": user.access_key.as_str(),
        "id": user.id.as_str(),
        "status": user.status.as_str(),
        "policies": user.policies.iter().map(PolicyName::as_str).collect::<Vec<_>>(),
        "groups": user.groups,
        "max_session_seconds": user.max_session_seconds,
        "issue_per_minute": user.limits.issue_per_minute,
        "max_live_sessions": user.limits.max_live_sessions,
        "sealed_with": user.secret.kid(),
    })
}
