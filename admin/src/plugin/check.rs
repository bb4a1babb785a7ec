//! `plugin check`: one call, as the function makes it.

use assume_role_with_custom_token::{CustomTokenError, ask};
use serde_json::json;
use shared::call::Call;
use shared::identity::Identity;
use shared::model::AccessKeyId;
use shared::policies::Policies;
use shared::store::{IdentityPlugin, Settings};

use crate::context::Admin;
use crate::error::AdminError;
use crate::output::Output;

/// Shows the plugin a token that nobody can have, which it should refuse.
pub(super) async fn run(admin: &Admin, plugin: &IdentityPlugin) -> Result<Output, AdminError> {
    let keys = admin.key_ring().await?;
    let (settings, identity, policies) =
        (Settings::default(), Identity::default(), Policies::new(0));
    let call = Call {
        store: &admin.store,
        keys: &keys,
        settings: &settings,
        identity: &identity,
        policies: &policies,
        now: admin.now,
        random: &admin.random,
    };
    let token = format!("sts-admin-check-{}", AccessKeyId::generate(&admin.random)?);
    let name = &plugin.name;
    match ask(&call, plugin, &token).await {
        Err(CustomTokenError::Refused(reason)) => {
            let reason = reason.as_deref().unwrap_or("no reason given");
            Ok(Output::line(
                format!("plugin {name} refused an invalid token, as it should: {reason}"),
                json!({"name": name, "status": 403, "reason": reason}),
            ))
        }
        Ok(_) => Err(AdminError::Refused(format!(
            "plugin {name} vouched for a token that nobody can have: it must not be used"
        ))),
        Err(CustomTokenError::Plugin(error)) => {
            Err(AdminError::Refused(format!("plugin {name}: {error}")))
        }
        Err(error) => Err(AdminError::Refused(format!(
            "plugin {name} could not be called: {error}"
        ))),
    }
}
