//! Authorise, decide, mint.

use shared::auth::{AuthStore, Caller};
use shared::call::Call;
use shared::http::{Fault, Invocation};
use shared::permissions::{Issue, PermissionStore, Permissions, context};
use shared::session::{NewSession, check_policies, mint};
use shared::store::{CreateSessions, Parent, User};

use crate::NAME;
use crate::error::AssumeRoleError;
use crate::request::{AssumeRoleRequest, MAX_SECONDS};
use crate::response::AssumeRoleResponse;

pub(crate) async fn handle<S>(
    call: &Call<'_, S>,
    mut invocation: Invocation<'_>,
) -> Result<String, Fault>
where
    S: AuthStore + PermissionStore + CreateSessions,
{
    let response = assume_role(call, &mut invocation).await?;
    invocation.record.session = Some(response.credentials.access_key_id.to_string());
    Ok(response.to_xml(&invocation.request.id))
}

async fn assume_role<S>(
    call: &Call<'_, S>,
    invocation: &mut Invocation<'_>,
) -> Result<AssumeRoleResponse, AssumeRoleError>
where
    S: AuthStore + PermissionStore + CreateSessions,
{
    let caller = invocation.authenticate(call).await?;
    let Caller::User(user) = &caller else {
        return Err(AssumeRoleError::SessionCredentials);
    };
    let limit = longest_session(user, call.settings.max_session_seconds);
    let request = AssumeRoleRequest::parse(std::mem::take(&mut invocation.parameters), limit)?;
    check_policies(call, &request.details).await?;
    let issue = Issue {
        action: NAME,
        role: request.details.role_arn.as_ref(),
        duration: request.duration,
    };
    let context = context(&caller, &invocation.request.facts(), call.now);
    let permissions = Permissions::of_user(call, user).await?;
    permissions.may_issue(&issue, context)?;
    let new = NewSession {
        parent: Parent::User(user.access_key.clone()),
        duration: request.duration,
        details: request.details,
    };
    let (parent, details) = (new.parent.clone(), new.details.clone());
    let credentials = mint(call, new).await?;
    Ok(AssumeRoleResponse {
        credentials,
        parent,
        details,
    })
}

/// The smallest of the action's, the service's and the user's limit, in seconds.
fn longest_session(user: &User, configured: Option<u32>) -> u32 {
    [configured, user.max_session_seconds]
        .into_iter()
        .flatten()
        .fold(MAX_SECONDS, u32::min)
}
