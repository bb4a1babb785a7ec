//! A token for which an identity plugin vouches as a proof: `AssumeRoleWithCustomToken`.
//!
//! The action is `MinIO`'s; `docs/IDENTITY-PLUGIN.md` describes the plugin's side.

mod error;
mod protocol;
mod prover;

pub use error::{PluginError, PluginTokenError};
pub use protocol::{Plugins, Vouched};
pub use prover::{PluginToken, VouchedFor, authorization};
