//! Authorise, decide, mint.

use shared::auth::AuthStore;
use shared::call::Call;
use shared::caller::Caller;
use shared::fault::Fault;
use shared::invocation::Invocation;
use shared::issuing::{IssueStore, Issuing, Quota};
use shared::permissions::{PermissionStore, Permissions, context};
use shared::session::{NewSession, check_policies, longest_of};
use shared::store::{Authority, KeptClaims, Parent};
use shared::wire::{ActionResult, Parameters};

use crate::NAME;
use crate::error::AssumeRoleError;
use crate::request::{AssumeRoleRequest, MAX_SECONDS};
use crate::response::AssumeRoleResponse;

pub(crate) async fn handle<S>(
    call: &Call<'_, S>,
    parameters: Parameters,
    mut invocation: Invocation<'_>,
) -> Result<ActionResult, Fault>
where
    S: AuthStore + PermissionStore + IssueStore,
{
    let response = assume_role(call, parameters, &mut invocation).await?;
    Ok(response.into_result())
}

async fn assume_role<S>(
    call: &Call<'_, S>,
    parameters: Parameters,
    invocation: &mut Invocation<'_>,
) -> Result<AssumeRoleResponse, AssumeRoleError>
where
    S: AuthStore + PermissionStore + IssueStore,
{
    let caller = invocation.authenticate(call).await?;
    let Caller::User(user) = &caller else {
        return Err(AssumeRoleError::SessionCredentials);
    };
    let limits = [call.settings.max_session_seconds, user.max_session_seconds];
    let request = AssumeRoleRequest::parse(parameters, longest_of(MAX_SECONDS, limits))?;
    check_policies(call.store, &request.asked).await?;
    let (parent, asked) = (Parent::User(user.access_key.clone()), request.asked.clone());
    let issuing = Issuing {
        actions: &[NAME],
        permissions: Permissions::of_user(call.reader(), user).await?,
        context: context(&caller, Some(&invocation.request.facts()), call.now),
        single_use: None,
        quota: Quota {
            limits: user.limits,
            holder: parent.key(),
        },
        new: NewSession {
            parent: parent.clone(),
            principal_id: Some(user.id.clone()),
            authority: Authority::User,
            duration: request.duration,
            asked: request.asked,
            claims: KeptClaims::default(),
        },
    };
    let authorized = issuing.authorize(call).await?;
    let credentials = authorized.mint(call.store, invocation.record).await?;
    Ok(AssumeRoleResponse {
        credentials,
        parent,
        asked,
    })
}
