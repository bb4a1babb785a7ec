//! `RevokeSession`: ends one session, or all of a parent, before their time.
//!
//! The action is this service's own. A session may end itself, a user the user's own sessions,
//! and whoever a policy allows `sts:RevokeSession` any. One write ends any number of
//! sessions, and nothing brings them back.

mod error;
mod handler;
mod request;
mod response;

pub use error::RevokeSessionError;
pub use request::{RevokeSessionRequest, Target};

use shared::auth::AuthStore;
use shared::permissions::PermissionStore;
use shared::record::Proof;
use shared::service::{Action, Methods};
use shared::store::Revoke;
use shared::wire::Api;

/// The action's name on the wire.
pub const NAME: &str = "RevokeSession";

/// The action over a store.
pub const fn action<S: AuthStore + PermissionStore + Revoke>() -> Action<S> {
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
