//! `AssumeRole`: temporary credentials for a long-term user who signs the request.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
//!
//! The credentials may do what the user may do and what the session policies allow, never
//! more. `RoleSessionName` is kept with the session; `RoleArn` has no meaning, as with MinIO.

mod error;
mod handler;
mod request;
mod response;

pub use error::AssumeRoleError;
pub use request::AssumeRoleRequest;

use shared::auth::AuthStore;
use shared::issuing::IssueStore;
use shared::permissions::PermissionStore;
use shared::record::Proof;
use shared::service::{Action, Methods};
use shared::wire::Api;

/// The action's name on the wire.
pub const NAME: &str = "AssumeRole";

/// The action over a store.
pub const fn action<S>() -> Action<S>
where
    S: AuthStore + PermissionStore + IssueStore,
{
    Action {
        api: &Api::STS,
        name: NAME,
        methods: Methods::Post,
        audited: Some(Proof::Signature),
        handle: |call, parameters, invocation| {
            Box::pin(handler::handle(call, parameters, invocation))
        },
    }
}
