//! `AssumeRoleWithCustomToken`: temporary credentials for whom an identity plugin vouches.
//!
//! The action is MinIO's; `docs/IDENTITY-PLUGIN.md` describes the plugin's side. The request
//! is not signed: the token, shown to the plugin of the role, is the proof.

mod request;
mod response;

pub use request::CustomTokenRequest;

use shared::call::Call;
use shared::fault::Fault;
use shared::federation::federate;
use shared::invocation::Invocation;
use shared::issuing::IssueStore;
use shared::record::Proof;
use shared::service::{Action, Methods};
use shared::store::{ReadPlugins, ReadPolicies};
use shared::wire::{ActionResult, Api, Parameters};

/// The action's name on the wire.
pub const NAME: &str = "AssumeRoleWithCustomToken";

/// The action over a store.
pub const fn action<S>() -> Action<S>
where
    S: ReadPlugins + ReadPolicies + IssueStore,
{
    Action {
        api: &Api::STS,
        name: NAME,
        methods: Methods::Post,
        audited: Some(Proof::PluginToken),
        handle: |call, parameters, invocation| Box::pin(handle(call, parameters, invocation)),
    }
}

async fn handle<S>(
    call: &Call<'_, S>,
    parameters: Parameters,
    mut invocation: Invocation<'_>,
) -> Result<ActionResult, Fault>
where
    S: ReadPlugins + ReadPolicies + IssueStore,
{
    let CustomTokenRequest { token, asked } = CustomTokenRequest::parse(parameters)?;
    let federated = federate(&token, call, asked, &mut invocation).await?;
    Ok(response::result(&federated))
}
