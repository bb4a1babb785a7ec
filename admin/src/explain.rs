//! `explain`: what a user or session may do, and why.

use serde_json::{Value, json};
use shared::auth::{Caller, check_session};
use shared::call::Call;
use shared::identity::Identity;
use shared::keys::{KeyRing, KeyState, MasterKey};
use shared::model::AccessKeyId;
use shared::permissions::{PermissionError, Permissions, Policies, RequestFacts, context, query};
use shared::policy::{Context, Decision};
use shared::store::dynamodb::DynamoStore;
use shared::store::{ReadSessions as _, Settings};

use crate::args::ExplainArgs;
use crate::context::Admin;
use crate::error::AdminError;
use crate::names::missing;
use crate::output::Output;
use crate::user;

/// Decides as a guard would at this moment.
pub(crate) async fn run(admin: &Admin, arguments: &ExplainArgs) -> Result<Output, AdminError> {
    let caller = caller(admin, arguments).await?;
    let (keys, identity) = (no_keys(admin)?, Identity::default());
    let (settings, policies) = (Settings::default(), Policies::new(0));
    let call = Call {
        store: &admin.store,
        keys: &keys,
        settings: &settings,
        identity: &identity,
        policies: &policies,
        now: admin.now,
        random: &admin.random,
    };
    let permissions = match permissions(&call, &caller).await? {
        Ok(permissions) => permissions,
        Err(reason) => return Ok(report(&caller, ("deny", &reason), &Permissions::default())),
    };
    let context = request_context(&caller, arguments, admin)?;
    let decision = permissions.decide(&query(&arguments.action, &arguments.resource, &context));
    let reason = decision.to_string();
    Ok(report(&caller, (name(&decision), &reason), &permissions))
}

/// A decision in one word.
pub(crate) const fn name(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allow(_) => "allow",
        Decision::ExplicitDeny(_) => "explicit-deny",
        Decision::ImplicitDeny(_) => "deny",
    }
}

async fn caller(admin: &Admin, arguments: &ExplainArgs) -> Result<Caller, AdminError> {
    if let Some(name) = &arguments.user {
        return Ok(Caller::User(user::find(admin, name).await?));
    }
    let text = arguments.session.as_deref().unwrap_or_default();
    let access_key = AccessKeyId::parse(text).map_err(|_| missing("session", text))?;
    let session = admin.store.session(&access_key).await?;
    let session = session.ok_or_else(|| missing("session", text))?;
    Ok(Caller::Session(Box::new(session)))
}

/// Deciding opens no secret, so that it needs no key file: any key will do.
fn no_keys(admin: &Admin) -> Result<KeyRing, AdminError> {
    let key = MasterKey::generate(&admin.random)?;
    KeyRing::new([("none".to_owned(), KeyState::Active, key)])
        .map_err(|error| AdminError::Refused(error.to_string()))
}

/// The policies of the caller, or why none is asked.
async fn permissions(
    call: &Call<'_, DynamoStore>,
    caller: &Caller,
) -> Result<Result<Permissions, String>, AdminError> {
    if let Caller::Session(session) = caller
        && let Err(error) = check_session(call, session).await
    {
        return match error {
            shared::auth::AuthError::Store(error) => Err(error.into()),
            error => Ok(Err(error.to_string())),
        };
    }
    match Permissions::of(call, caller).await {
        Ok(permissions) => Ok(Ok(permissions)),
        Err(PermissionError::Store(error)) => Err(error.into()),
        Err(error) => Ok(Err(error.to_string())),
    }
}

fn request_context(
    caller: &Caller,
    arguments: &ExplainArgs,
    admin: &Admin,
) -> Result<Context, AdminError> {
    let facts = RequestFacts {
        secure_transport: true,
        ..RequestFacts::default()
    };
    let mut known = context(caller, &facts, admin.now);
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
    Ok(known)
}

fn report(caller: &Caller, (decision, reason): (&str, &str), permissions: &Permissions) -> Output {
    let chain: Vec<_> = permissions.policies().collect();
    let mut lines = vec![format!("{decision}: {reason}")];
    lines.extend(
        chain
            .iter()
            .map(|(layer, name)| format!("looked at {name} ({layer})")),
    );
    let policies: Vec<Value> = chain
        .iter()
        .map(|(layer, name)| json!({"layer": layer.to_string(), "policy": name}))
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
