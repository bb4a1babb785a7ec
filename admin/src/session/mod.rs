//! `session`: temporary credentials that were issued.

mod who;

use clap::{Args, Subcommand};
use operations::session::{self, State, holder_of_parent, holder_of_role};
use serde_json::{Value, json};
use shared::clock::UnixTime;
use shared::model::{
    PolicyName, RevokeType, RoleArn, RoleSessionName, SourceIdentity, Tag, UniqueId,
};
use shared::store::{Holder, Parent, Scope, Session};

use crate::context::Admin;
use crate::error::AdminError;
use crate::output::Output;

use who::who;

const LIST: &[&str] = &[
    "access_key",
    "parent",
    "who",
    "state",
    "issued_at",
    "expires_at",
    "session_name",
];
const SHOW: &[&str] = &[
    "access_key",
    "parent",
    "principal_id",
    "who",
    "state",
    "issued_at",
    "expires_at",
    "revoked_at",
    "role_arn",
    "session_name",
    "session_policy",
    "policy_arns",
    "tags",
    "source_identity",
    "revoke_type",
    "claims",
    "sealed_with",
];

#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    /// List sessions that are in force
    List {
        /// Only those of this parent, such as `user/foobar`
        #[arg(long, value_name = "KIND/NAME")]
        parent: Option<String>,
        /// Expired and revoked ones too, as long as the table keeps them
        #[arg(long)]
        all: bool,
    },
    /// Show one session
    Show { access_key: String },
    /// End one session, or all that a parent has by now
    Revoke(RevokeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    /// The session's access key id
    #[arg(required_unless_present_any = ["parent", "role"])]
    pub(crate) access_key: Option<String>,
    /// All sessions of a parent, `user/NAME` or `federated/NAME`
    #[arg(long, value_name = "user/NAME", conflicts_with_all = ["access_key", "role"])]
    pub(crate) parent: Option<String>,
    /// All sessions of a role
    #[arg(long, value_name = "ARN", conflicts_with = "access_key")]
    pub(crate) role: Option<String>,
    #[command(flatten)]
    pub(crate) filter: RevokeFilter,
}

/// Which of a parent's or role's sessions are meant.
#[derive(Debug, Args)]
pub(crate) struct RevokeFilter {
    /// Only those with this `TokenRevokeType`
    #[arg(long = "type", value_name = "LABEL", conflicts_with = "access_key")]
    pub(crate) revoke_type: Option<String>,
    /// Only those issued before this moment, such as 2030-01-01T00:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "access_key")]
    pub(crate) issued_before: Option<String>,
}

/// Carries a `session` command out.
pub(crate) async fn run(admin: &Admin, command: SessionCommand) -> Result<Output, AdminError> {
    let now = admin.check_clock().await?;
    match command {
        SessionCommand::List { parent, all } => list(admin, parent.as_deref(), all).await,
        SessionCommand::Show { access_key } => {
            let session = session::find(&admin.store, &access_key).await?;
            let state = session::state_of(&admin.store, &session, admin.now).await?;
            Ok(Output::Record {
                columns: SHOW,
                record: view(&session, state),
            })
        }
        SessionCommand::Revoke(arguments) => revoke(admin, arguments, now).await,
    }
}

async fn list(admin: &Admin, parent: Option<&str>, all: bool) -> Result<Output, AdminError> {
    let parent = parent.map(parse_parent).transpose()?;
    let sessions = session::list(&admin.store, parent.as_ref(), admin.now).await?;
    let wanted = sessions.items.iter();
    let wanted = wanted.filter(|(_, state)| all || state.may_be_in_force());
    Ok(Output::List {
        columns: LIST,
        rows: wanted
            .map(|(session, state)| view(session, *state))
            .collect(),
        corrupt: sessions.corrupt,
    })
}

/// Revokes as of `now`, the later of this machine's and the table's clock.
async fn revoke(admin: &Admin, arguments: RevokeArgs, now: UnixTime) -> Result<Output, AdminError> {
    let holder = match (&arguments.parent, &arguments.role) {
        (Some(parent), _) => holder_of_parent(&admin.store, parse_parent(parent)?).await?,
        (None, Some(role)) => holder_of_role(role),
        (None, None) => return revoke_one(admin, &arguments.access_key.unwrap_or_default()).await,
    };
    revoke_scope(admin, holder, &arguments.filter, now).await
}

async fn revoke_one(admin: &Admin, access_key: &str) -> Result<Output, AdminError> {
    session::revoke_one(&admin.store, access_key, admin.now).await?;
    Ok(Output::line(
        format!("session {access_key} is revoked"),
        json!({"revoked": access_key}),
    ))
}

/// Ends the sessions of a parent or role that the filter means.
async fn revoke_scope(
    admin: &Admin,
    holder: Holder,
    filter: &RevokeFilter,
    now: UnixTime,
) -> Result<Output, AdminError> {
    let usage = |what: &str| AdminError::Usage(format!("{what} is not valid"));
    let label = filter
        .revoke_type
        .as_deref()
        .map(RevokeType::parse)
        .transpose()
        .map_err(|_| usage("--type"))?;
    let moment =
        |text: &String| UnixTime::parse_iso8601(text).ok_or_else(|| usage("--issued-before"));
    let issued_before = filter.issued_before.as_ref().map(moment).transpose()?;
    let scope = Scope { holder, label };
    let until = session::revoke(&admin.store, &scope, issued_before, now).await?;
    let label = scope.label;
    let scope = match scope.holder {
        Holder::Parent(parent) => parent.key(),
        Holder::Role(arn) => format!("role {arn}"),
    };
    let labelled = label
        .as_ref()
        .map(|l| format!(" with type {l}"))
        .unwrap_or_default();
    Ok(Output::line(
        format!("the sessions of {scope}{labelled} issued until {until} are revoked"),
        json!({"scope": scope, "type": label.as_ref().map(RevokeType::as_str), "issued_until": until.iso8601()}),
    ))
}

fn parse_parent(text: &str) -> Result<Parent, AdminError> {
    Parent::from_key(text).ok_or_else(|| {
        AdminError::Usage(format!(
            "{text:?} is no parent: write user/NAME or federated/NAME"
        ))
    })
}

fn view(session: &Session, state: State) -> Value {
    let asked = &session.asked;
    let tag = |t: &Tag| format!("{}={}", t.key(), t.value());
    json!({
        "access_key": session.access_key.as_str(),
        "parent": session.parent.key(),
        "principal_id": session.principal_id.as_ref().map(UniqueId::as_str),
        "who": who(session),
        "state": state.as_str(),
        "issued_at": session.issued_at.iso8601(),
        "expires_at": session.expires_at.iso8601(),
        "revoked_at": session.revoked_at.map(UnixTime::iso8601),
        "role_arn": session.role_arn().map(RoleArn::as_str),
        "session_name": asked.role_session_name.as_ref().map(RoleSessionName::as_str),
        "session_policy": asked.session_policy,
        "policy_arns": asked.policy_arns.iter().map(PolicyName::as_str).collect::<Vec<_>>(),
        "tags": asked.tags.iter().map(tag).collect::<Vec<_>>(),
        "source_identity": asked.source_identity.as_ref().map(SourceIdentity::as_str),
        "revoke_type": asked.revoke_type.as_ref().map(RevokeType::as_str),
        "claims": session.claims.values,
        "sealed_with": session.secret.kid(),
    })
}
