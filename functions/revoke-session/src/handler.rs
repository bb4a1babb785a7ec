//! Authorise, then one write.

use shared::auth::AuthStore;
use shared::call::Call;
use shared::caller::Caller;
use shared::fault::Fault;
use shared::invocation::Invocation;
use shared::model::NO_ACCOUNT;
use shared::permissions::{PermissionStore, Permissions, context, query};
use shared::record::Record;
use shared::store::{Holder, Parent, Revoke, Scope};
use shared::wire::{ActionResult, Parameters};

use crate::error::RevokeSessionError;
use crate::request::{RevokeSessionRequest, Target};
use crate::response;

/// The action that policies allow.
const PERMISSION: &str = "sts:RevokeSession";

pub(crate) async fn handle<S: AuthStore + PermissionStore + Revoke>(
    call: &Call<'_, S>,
    parameters: Parameters,
    mut invocation: Invocation<'_>,
) -> Result<ActionResult, Fault> {
    revoke(call, parameters, &mut invocation).await?;
    Ok(response::result(call.now))
}

async fn revoke<S: AuthStore + PermissionStore + Revoke>(
    call: &Call<'_, S>,
    parameters: Parameters,
    invocation: &mut Invocation<'_>,
) -> Result<(), RevokeSessionError> {
    let caller = invocation.authenticate(call).await?;
    let request = RevokeSessionRequest::parse(parameters)?;
    let target = match (request.target, &caller) {
        (Target::Caller, Caller::Session(session)) => Target::Session(session.access_key.clone()),
        (Target::Caller, Caller::User(_)) => return Err(RevokeSessionError::NothingNamed),
        (target, _) => target,
    };
    note(invocation.record, &target);
    if !is_own(call, &caller, &target).await?
        && !is_permitted(call, invocation, &caller, &target).await?
    {
        return Err(RevokeSessionError::NotAllowed);
    }
    match &target {
        Target::Session(access_key) => call.store.revoke_session(access_key, call.now).await?,
        Target::Parent(parent, label) => {
            let scope = Scope {
                holder: Holder::Parent(parent.clone()),
                label: label.clone(),
            };
            call.store.revoke(&scope, call.now).await?;
        }
        Target::Caller => {}
    }
    Ok(())
}

/// Notes for the audit trail what is to end.
fn note(record: &mut Record, target: &Target) {
    match target {
        Target::Session(access_key) => {
            record.session = Some(access_key.to_string());
            record.audit.revoked = record.session.clone();
        }
        Target::Parent(parent, label) => {
            record.audit.revoked = Some(parent.key());
            record.audit.revoke_type = label.as_ref().map(ToString::to_string);
        }
        Target::Caller => {}
    }
}

/// A session may end itself; a user may end the user's own sessions.
async fn is_own<S: AuthStore>(
    call: &Call<'_, S>,
    caller: &Caller,
    target: &Target,
) -> Result<bool, RevokeSessionError> {
    Ok(match (caller, target) {
        (Caller::Session(session), Target::Session(access_key)) => {
            session.access_key == *access_key
        }
        (Caller::User(user), Target::Parent(Parent::User(parent), _)) => user.access_key == *parent,
        (Caller::User(user), Target::Session(access_key)) => {
            let session = call.store.session(access_key).await?;
            session.is_some_and(|session| session.parent == Parent::User(user.access_key.clone()))
        }
        _ => false,
    })
}

/// Whether policies allow it. A session that does not exist is refused like a foreign one.
async fn is_permitted<S: PermissionStore>(
    call: &Call<'_, S>,
    invocation: &Invocation<'_>,
    caller: &Caller,
    target: &Target,
) -> Result<bool, RevokeSessionError> {
    let resource = match target {
        Target::Session(access_key) => format!("arn:aws:sts::{NO_ACCOUNT}:session/{access_key}"),
        Target::Parent(parent, _) => format!("arn:aws:sts::{NO_ACCOUNT}:parent/{}", parent.key()),
        Target::Caller => return Ok(false),
    };
    let permissions = Permissions::of(call.reader(), caller).await?;
    let context = context(caller, Some(&invocation.request.facts()), call.now);
    Ok(permissions
        .decide(&query(PERMISSION, &resource, &context))
        .is_allowed())
}
