//! `AssumeRoleWithCustomToken`: temporary credentials for whom an identity plugin vouches.
//!
//! The action is MinIO's; `docs/IDENTITY-PLUGIN.md` describes the plugin's side. The request
//! is not signed: the token, shown to the plugin of the role, is the proof.

mod error;
mod handler;
mod plugin;
mod request;
mod response;

pub use error::CustomTokenError;
pub use plugin::{PluginError, Vouched, ask};
pub use request::CustomTokenRequest;

use shared::issuing::IssueStore;
use shared::record::Proof;
use shared::service::{Action, Methods};
use shared::store::{ReadPlugins, ReadPolicies};
use shared::wire::Api;

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
        handle: |call, parameters, invocation| {
            Box::pin(handler::handle(call, parameters, invocation))
        },
    }
}
