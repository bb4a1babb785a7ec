//! `user`: long-term users.

use serde_json::{Value, json};
use shared::keys::{KeyRing, Sealed};
use shared::model::{AccessKeyId, IdKind, PolicyName, SecretAccessKey, UniqueId};
use shared::store::{
    IssueLimits, ManageUsers as _, ReadSessions as _, ReadUsers as _, Status, StoreError, User,
    UserChange,
};

use crate::args::{SecretArgs, UserAddArgs, UserCommand};
use crate::context::Admin;
use crate::error::AdminError;
use crate::names::{
    group_name, missing, policy_names, require_groups, require_policies, unique, user_name,
};
use crate::output::Output;
use crate::secret::{NewSecret, new_secret};

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

/// Carries a `user` command out.
pub(crate) async fn run(admin: &Admin, command: UserCommand) -> Result<Output, AdminError> {
    match command {
        UserCommand::Add(arguments) => add(admin, arguments).await,
        UserCommand::List => Ok(Output::list(LIST, admin.store.list_users().await?, view)),
        UserCommand::Show { name } => Ok(Output::Record {
            columns: SHOW,
            record: view(&find(admin, &name).await?),
        }),
        UserCommand::Disable { name } => set_status(admin, &name, Status::Disabled).await,
        UserCommand::Enable { name } => set_status(admin, &name, Status::Enabled).await,
        UserCommand::RotateSecret { name, secret } => rotate_secret(admin, &name, &secret).await,
        UserCommand::Remove { name } => {
            let user = find(admin, &name).await?;
            admin.store.delete_user(&user.access_key).await?;
            Ok(Output::line(
                format!("user {name} is removed"),
                json!({"removed": name}),
            ))
        }
    }
}

async fn add(admin: &Admin, arguments: UserAddArgs) -> Result<Output, AdminError> {
    let access_key = user_name(&arguments.name)?;
    let policies = policy_names(&arguments.policies)?;
    let groups = arguments.groups.iter().map(|g| group_name(g));
    let groups = unique(groups.collect::<Result<Vec<_>, _>>()?);
    require_policies(&admin.store, &policies).await?;
    require_groups(&admin.store, &groups).await?;
    refuse_session_name(admin, &access_key).await?;
    let ring = admin.key_ring().await?;
    let secret = new_secret(admin, &arguments.secret)?;
    let user = User {
        id: UniqueId::generate(IdKind::User, &admin.random)?,
        secret: seal(admin, &ring, &access_key, &secret.secret)?,
        access_key,
        status: if arguments.disabled {
            Status::Disabled
        } else {
            Status::Enabled
        },
        policies,
        groups,
        max_session_seconds: arguments.max_session_seconds,
        limits: IssueLimits::default(),
    };
    create(admin, &user).await?;
    Ok(told(&user.access_key, "is added", &secret))
}

/// Stores a new user.
async fn create(admin: &Admin, user: &User) -> Result<(), AdminError> {
    match admin.store.create_user(user).await {
        Err(StoreError::Conflict) => Err(AdminError::Exists {
            kind: "user",
            name: user.access_key.to_string(),
        }),
        result => Ok(result?),
    }
}

/// Seals a secret for its user's item.
pub(crate) fn seal(
    admin: &Admin,
    ring: &KeyRing,
    access_key: &AccessKeyId,
    secret: &SecretAccessKey,
) -> Result<Sealed, AdminError> {
    let item = User::item_key(access_key);
    Ok(ring.seal(&item, secret.expose().as_bytes(), &admin.random)?)
}

/// Refuses a user called like a session: logs could not tell them apart.
pub(crate) async fn refuse_session_name(
    admin: &Admin,
    access_key: &AccessKeyId,
) -> Result<(), AdminError> {
    match admin.store.session(access_key).await? {
        Some(_) => Err(AdminError::Refused(format!(
            "user {access_key} cannot be: it is the access key of a session"
        ))),
        None => Ok(()),
    }
}

async fn rotate_secret(
    admin: &Admin,
    name: &str,
    arguments: &SecretArgs,
) -> Result<Output, AdminError> {
    let access_key = find(admin, name).await?.access_key;
    let ring = admin.key_ring().await?;
    let secret = new_secret(admin, arguments)?;
    let change = UserChange {
        secret: Some(seal(admin, &ring, &access_key, &secret.secret)?),
        ..UserChange::default()
    };
    admin.store.change_user(&access_key, &change).await?;
    Ok(told(&access_key, "has a new secret", &secret))
}

/// Says what happened, with the secret if nobody knows it yet.
fn told(access_key: &AccessKeyId, what: &str, secret: &NewSecret) -> Output {
    let mut lines = vec![format!("user {access_key} {what}")];
    let mut record = json!({"access_key": access_key.as_str()});
    if secret.generated {
        let text = secret.secret.expose();
        lines.push(format!("secret access key, shown only now: {text}"));
        record = json!({"access_key": access_key.as_str(), "secret_access_key": text});
    }
    Output::Done { lines, record }
}

async fn set_status(admin: &Admin, name: &str, status: Status) -> Result<Output, AdminError> {
    let user = find(admin, name).await?;
    let change = UserChange {
        status: Some(status),
        ..UserChange::default()
    };
    admin.store.change_user(&user.access_key, &change).await?;
    Ok(Output::line(
        format!("user {name} is {}", status.as_str()),
        json!({"access_key": name, "status": status.as_str()}),
    ))
}

/// The user of that name.
pub(crate) async fn find(admin: &Admin, name: &str) -> Result<User, AdminError> {
    let access_key = AccessKeyId::parse(name).map_err(|_| missing("user", name))?;
    let user = admin.store.user(&access_key).await?;
    user.ok_or_else(|| missing("user", name))
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
