//! Find the role, ask its plugin, mint.

use shared::call::Call;
use shared::http::{Fault, Invocation};
use shared::model::SessionDuration;
use shared::permissions::{Issue, Permissions, federated_context};
use shared::session::{NewSession, ParameterError, check_policies, mint, parse_duration};
use shared::store::{
    CreateSessions, IdentityPlugin, Parent, ReadPlugins, ReadPolicies, SessionDetails, Status,
};

use crate::NAME;
use crate::error::CustomTokenError;
use crate::plugin::{self, Vouched};
use crate::request::CustomTokenRequest;
use crate::response::CustomTokenResponse;

/// The longest session of this action, in seconds.
const MAX_SECONDS: u32 = 604_800;

pub(crate) async fn handle<S>(
    call: &Call<'_, S>,
    mut invocation: Invocation<'_>,
) -> Result<String, Fault>
where
    S: ReadPlugins + ReadPolicies + CreateSessions,
{
    let response = exchange(call, &mut invocation).await?;
    invocation.record.session = Some(response.credentials.access_key_id.to_string());
    Ok(response.to_xml(&invocation.request.id))
}

async fn exchange<S>(
    call: &Call<'_, S>,
    invocation: &mut Invocation<'_>,
) -> Result<CustomTokenResponse, CustomTokenError>
where
    S: ReadPlugins + ReadPolicies + CreateSessions,
{
    let request = CustomTokenRequest::parse(std::mem::take(&mut invocation.parameters))?;
    let plugin = call
        .identity
        .plugin(call.store, request.role_arn.as_str(), call.now)
        .await?;
    let plugin = plugin
        .filter(|p| p.status == Status::Enabled)
        .ok_or(CustomTokenError::Role)?;
    let requested = requested_duration(call, &request, &plugin)?;
    check_policies(call, &request.details).await?;
    let Vouched {
        user,
        max_validity,
        claims,
    } = plugin::ask(call, &plugin, &request.token).await?;
    let assumed_user = format!("custom:{user}");
    invocation.record.caller = Some(assumed_user.clone());
    let issue = Issue {
        action: NAME,
        role: Some(&request.role_arn),
        duration: requested.min(SessionDuration::from_secs(max_validity)),
    };
    let facts = invocation.request.facts();
    let context = federated_context(&assumed_user, &claims, &facts, call.now);
    let permissions = Permissions::of_policies(call, plugin.policies.clone()).await?;
    permissions.may_issue(&issue, context)?;
    let new = NewSession {
        parent: Parent::Federated(assumed_user.clone()),
        duration: issue.duration,
        details: SessionDetails {
            claims,
            ..request.details
        },
    };
    let credentials = mint(call, new).await?;
    Ok(CustomTokenResponse {
        credentials,
        assumed_user,
    })
}

/// What the caller asks for, within the action's, the service's and the role's limit.
fn requested_duration<S>(
    call: &Call<'_, S>,
    request: &CustomTokenRequest,
    plugin: &IdentityPlugin,
) -> Result<SessionDuration, ParameterError> {
    let limits = [
        call.settings.max_session_seconds,
        plugin.max_session_seconds,
    ];
    let limit = limits.into_iter().flatten().fold(MAX_SECONDS, u32::min);
    Ok(parse_duration(
        request.duration.as_ref().map(|d| d.as_str()),
        limit,
    )?)
}
