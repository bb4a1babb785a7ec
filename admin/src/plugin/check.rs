//! `plugin check`: one call, as the function makes it.

use serde_json::json;
use shared::federation::plugin::{PluginTokenError, Plugins, authorization};
use shared::identity::Identity;
use shared::model::AccessKeyId;
use shared::store::IdentityPlugin;

use crate::context::Admin;
use crate::error::AdminError;
use crate::output::Output;

/// Shows the plugin a token that nobody can have, which it should refuse.
pub(super) async fn run(admin: &Admin, plugin: &IdentityPlugin) -> Result<Output, AdminError> {
    let identity = Identity::default();
    let plugins = Plugins {
        outbound: &identity.outbound,
        circuits: &identity.circuits,
        now: admin.now,
    };
    // The keys are read for a header only.
    let keys = match plugin.authorization {
        None => None,
        Some(_) => Some(admin.key_ring().await?),
    };
    let open = || {
        keys.as_ref()
            .map_or(Ok(None), |keys| authorization(keys, plugin))
    };
    let token = format!("sts-admin-check-{}", AccessKeyId::generate(&admin.random)?);
    let name = &plugin.name;
    match plugins.ask(plugin, open, &token).await {
        Err(PluginTokenError::Refused(reason)) => {
            let reason = reason.as_deref().unwrap_or("no reason given");
            Ok(Output::line(
                format!("plugin {name} refused an invalid token, as it should: {reason}"),
                json!({"name": name, "status": 403, "reason": reason}),
            ))
        }
        Ok(_) => Err(AdminError::Refused(format!(
            "plugin {name} vouched for a token that nobody can have: it must not be used"
        ))),
        Err(PluginTokenError::Plugin(error)) => {
            Err(AdminError::Refused(format!("plugin {name}: {error}")))
        }
        Err(error) => Err(AdminError::Refused(format!(
            "plugin {name} could not be called: {error}"
        ))),
    }
}
