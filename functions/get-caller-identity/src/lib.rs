//! `GetCallerIdentity`: who signed the request.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
//!
//! Users and sessions alike may ask, in header or presigned form, and no policy can deny it.

mod response;

use shared::auth::AuthStore;
use shared::call::Call;
use shared::http::{Action, Fault, Invocation, Methods};

use response::CallerIdentity;

/// The action's name on the wire.
pub const NAME: &str = "GetCallerIdentity";

/// The action over a store.
pub const fn action<S: AuthStore>() -> Action<S> {
    Action {
        name: NAME,
        methods: Methods::PostAndGet,
        audited: None,
        handle: |call, invocation| Box::pin(handle(call, invocation)),
    }
}

async fn handle<S: AuthStore>(
    call: &Call<'_, S>,
    mut invocation: Invocation<'_>,
) -> Result<String, Fault> {
    let caller = invocation.authenticate(call).await?;
    invocation.parameters.finish()?;
    Ok(CallerIdentity::of(&caller).to_xml(&invocation.request.id))
}
