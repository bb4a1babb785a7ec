//! Find the role, ask its plugin, mint.

use shared::call::Call;
use shared::fault::Fault;
use shared::invocation::Invocation;
use shared::issuing::{Attempt, IssueStore, Issuing, Quota};
use shared::model::SessionDuration;
use shared::permissions::{Permissions, federated_context};
use shared::session::{
    NewSession, ParameterError, check_policy_arns, check_session_policy, parse_duration,
};
use shared::store::{IdentityPlugin, Parent, ReadPlugins, ReadPolicies, SessionDetails, Status};
use shared::wire::{ActionResult, Parameters};

use crate::NAME;
use crate::error::CustomTokenError;
use crate::plugin::{self, Vouched};
use crate::request::CustomTokenRequest;
use crate::response::CustomTokenResponse;

/// The longest session of this action, in seconds.
const MAX_SECONDS: u32 = SessionDuration::LONGEST.secs();

pub(crate) async fn handle<S>(
    call: &Call<'_, S>,
    parameters: Parameters,
    mut invocation: Invocation<'_>,
) -> Result<ActionResult, Fault>
where
    S: ReadPlugins + ReadPolicies + IssueStore,
{
    let request = CustomTokenRequest::parse(parameters)?;
    // Whose token it is only its plugin can say, so the token itself is the subject.
    let subject = || format!("{}#{}", request.role_arn, request.token.as_str()).into();
    let source_ip = invocation.request.source_ip.as_deref();
    let attempt = Attempt::admit(call, source_ip, subject).await?;
    let result = exchange(call, &mut invocation, request).await;
    let failed = result
        .as_ref()
        .is_err_and(CustomTokenError::is_failed_attempt);
    if !failed {
        attempt.give_back(call).await;
    }
    Ok(result?.into_result())
}

async fn exchange<S>(
    call: &Call<'_, S>,
    invocation: &mut Invocation<'_>,
    request: CustomTokenRequest,
) -> Result<CustomTokenResponse, CustomTokenError>
where
    S: ReadPlugins + ReadPolicies + IssueStore,
{
    let plugin = call
        .identity
        .plugin(call.store, request.role_arn.as_str(), call.now)
        .await?;
    let plugin = plugin
        .filter(|p| p.status == Status::Enabled)
        .ok_or(CustomTokenError::Role)?;
    // What the request says by itself; before the plugin vouches nobody learns what the table
    // has.
    parse_duration(request.asked_duration(), MAX_SECONDS).map_err(ParameterError::from)?;
    check_session_policy(&request.details).map_err(ParameterError::from)?;
    let Vouched {
        user,
        max_validity,
        claims,
    } = plugin::ask(call, &plugin, &request.token).await?;
    let requested = requested_duration(call, &request, &plugin)?;
    check_policy_arns(call, &request.details).await?;
    let assumed_user = format!("custom:{user}");
    invocation.record.caller = Some(assumed_user.clone());
    let facts = invocation.request.facts();
    let details = SessionDetails {
        claims,
        ..request.details
    };
    let issuing = Issuing {
        actions: &[NAME],
        permissions: Permissions::of_policies(call, plugin.policies.clone()).await?,
        context: federated_context(&assumed_user, &details, &facts, call.now),
        single_use: None,
        quota: Quota {
            limits: plugin.limits,
            holder: format!("role/{}", plugin.role_arn),
        },
        new: NewSession {
            parent: Parent::Federated(assumed_user.clone()),
            principal_id: plugin.id.clone(),
            duration: requested.min(SessionDuration::from_secs(max_validity)),
            details,
        },
    };
    let authorized = issuing.authorize(call).await?;
    let credentials = authorized.mint(call, invocation.record).await?;
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
    Ok(parse_duration(request.asked_duration(), limit)?)
}
