//! `explain`: what a user or session may do, and why.

use clap::Args;
use operations::names::visible_url;
use operations::{session, user};
use serde_json::{Value, json};
use shared::auth::{AuthError, check_session};
use shared::caller::Caller;
use shared::identity::Identity;
use shared::keys::SealError;
use shared::permissions::{Agent, PermissionError, Permissions, Rights, Verdict, context};
use shared::policies::{Policies, Reader};
use shared::policy::{Context, Decision};
use shared::s3;
use shared::store::{ReadService as _, Settings};

use crate::context::Admin;
use crate::error::AdminError;
use crate::output::Output;

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The user who asks
    #[arg(long, value_name = "NAME", required_unless_present = "session")]
    pub(crate) user: Option<String>,
    /// The session that asks, by its access key id
    #[arg(long, value_name = "ACCESS_KEY", conflicts_with = "user")]
    pub(crate) session: Option<String>,
    /// The action, such as s3:GetObject
    #[arg(long)]
    pub(crate) action: String,
    /// The ARN of the resource
    #[arg(long, default_value = "*")]
    pub(crate) resource: String,
    /// A condition key of the request; a key that is repeated has several values
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) context: Vec<String>,
}

/// Decides as a guard would at this moment.
pub(crate) async fn run(admin: &Admin, arguments: &ExplainArgs) -> Result<Output, AdminError> {
    admin.check_clock().await?;
    let caller = caller(admin, arguments).await?;
    let settings = admin.store.service_record().await?.settings;
    let rights = match rights(admin, &settings, &caller).await? {
        Ok(rights) => rights,
        Err(reason) => return Ok(report(&caller, ("deny", &reason), &[])),
    };
    let context = request_context(&caller, arguments, admin)?;
    let verdict = rights
        .decide(&arguments.action, &arguments.resource, &context)
        .await;
    let mut chain: Vec<_> = rights
        .permissions()
        .policies()
        .map(|(layer, policy)| (layer.to_string(), policy.to_owned()))
        .collect();
    if let Some(opa) = settings.opa.as_ref().filter(|_| verdict.has_asked()) {
        chain.push(("Open Policy Agent".to_owned(), visible_url(&opa.url)));
    }
    let decision = match &verdict {
        Verdict::Policies(decision) | Verdict::Confirmed(decision) => name(decision),
        Verdict::Refused | Verdict::Unanswered(_) => "deny",
    };
    Ok(report(&caller, (decision, &verdict.to_string()), &chain))
}

/// A decision in one word.
pub(crate) const fn name(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allow(_) => "allow",
        Decision::ExplicitDeny(_) => "explicit-deny",
        Decision::ImplicitDeny(_) | Decision::Unknown(_) => "deny",
    }
}

async fn caller(admin: &Admin, arguments: &ExplainArgs) -> Result<Caller, AdminError> {
    if let Some(name) = &arguments.user {
        return Ok(Caller::User(user::find(&admin.store, name).await?));
    }
    let text = arguments.session.as_deref().unwrap_or_default();
    let session = session::find(&admin.store, text).await?;
    Ok(Caller::Session(Box::new(session)))
}

/// What decides about the caller, or why nothing is asked.
async fn rights(
    admin: &Admin,
    settings: &Settings,
    caller: &Caller,
) -> Result<Result<Rights, String>, AdminError> {
    if let Caller::Session(session) = caller
        && let Err(error) = check_session(&admin.store, session, admin.now).await
    {
        return match error {
            AuthError::Store(error) => Err(error.into()),
            error => Ok(Err(error.to_string())),
        };
    }
    let policies = Policies::new(0);
    let reader = Reader {
        store: &admin.store,
        kept: &policies,
        now: admin.now,
    };
    let permissions = match Permissions::of(reader, caller).await {
        Ok(permissions) => permissions,
        Err(PermissionError::Store(error)) => return Err(error.into()),
        Err(error) => return Ok(Err(error.to_string())),
    };
    Ok(match agent(admin, settings).await? {
        Ok(agent) => {
            let rights = Rights::confirmed_by(agent, permissions, caller, admin.now);
            Ok(rights)
        }
        Err(error) => Err(PermissionError::from(error).to_string()),
    })
}

/// Open Policy Agent, where the settings name one. Nothing else of a decision needs the keys.
async fn agent(
    admin: &Admin,
    settings: &Settings,
) -> Result<Result<Option<Agent>, SealError>, AdminError> {
    let mut opa = settings.opa.iter();
    let keys = if opa.any(|opa| opa.authorization.is_some()) {
        Some(admin.key_ring().await?)
    } else {
        None
    };
    Ok(Agent::of(settings, &Identity::default(), keys.as_ref()))
}

fn request_context(
    caller: &Caller,
    arguments: &ExplainArgs,
    admin: &Admin,
) -> Result<Context, AdminError> {
    let mut known = context(caller, None, admin.now);
    known.set("aws:SecureTransport", "true");
    let mut given: Vec<(&str, Vec<&str>)> = Vec::new();
    for text in &arguments.context {
        let (key, value) = text
            .split_once('=')
            .ok_or_else(|| AdminError::Usage(format!("--context {text:?} is not KEY=VALUE")))?;
        match given
            .iter_mut()
            .find(|(known, _)| known.eq_ignore_ascii_case(key))
        {
            Some((_, values)) => values.push(value),
            None => given.push((key, vec![value])),
        }
    }
    for (key, values) in given {
        match values.as_slice() {
            [value] => known.set(key, *value),
            values => known.set_all(key, values.iter().copied()),
        };
    }
    s3::fit_to_action(&mut known, &arguments.action);
    Ok(known)
}

/// `chain` has layer and name of all that was asked.
fn report(caller: &Caller, (decision, reason): (&str, &str), chain: &[(String, String)]) -> Output {
    let mut lines = vec![format!("{decision}: {reason}")];
    lines.extend(
        chain
            .iter()
            .map(|(layer, name)| format!("looked at {name} ({layer})")),
    );
    let policies: Vec<Value> = chain
        .iter()
        .map(|(layer, name)| json!({"layer": layer, "policy": name}))
        .collect();
    Output::Done {
        lines,
        record: json!({
            "parent": caller.parent().key(),
            "access_key": caller.access_key().as_str(),
            "decision": decision,
            "reason": reason,
            "policies": policies,
        }),
    }
}
