//! `GetCallerIdentity`: who signed the request.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
//!
//! Users and sessions alike may ask, in header or presigned form, and no policy can deny it.

mod response;

use shared::auth::AuthStore;
use shared::call::Call;
use shared::fault::Fault;
use shared::invocation::Invocation;
use shared::service::{Action, Methods};
use shared::wire::{ActionResult, Api, Parameters};

use response::CallerIdentity;

/// The action's name on the wire.
pub const NAME: &str = "GetCallerIdentity";

/// The action over a store.
pub const fn action<S: AuthStore>() -> Action<S> {
    Action {
        api: &Api::STS,
        name: NAME,
        methods: Methods::PostAndGet,
        audited: None,
        handle: |call, parameters, invocation| Box::pin(handle(call, parameters, invocation)),
    }
}

async fn handle<S: AuthStore>(
    call: &Call<'_, S>,
    parameters: Parameters,
    mut invocation: Invocation<'_>,
) -> Result<ActionResult, Fault> {
    let caller = invocation.authenticate(call).await?;
    parameters.finish()?;
    Ok(CallerIdentity::of(&caller).into_result())
}
