//! Plugins and providers: what is stored of them, and sealing.

use std::collections::BTreeSet;

use shared::keys::{KeyRing, SealError};
use shared::model::{IdKind, UniqueId};
use shared::outbound::Outbound;
use shared::store::{
    IdentityPlugin, ManagePlugins as _, ManageProviders as _, ReadProviders as _, ReadRoles as _,
    Role,
};

use super::desired::Desired;
use super::file::Mistake;
use super::plan::{Current, CurrentPlugin};
use crate::authorization::Authorization;
use crate::context::Admin;
use crate::error::AdminError;
use crate::provider::compare_issuer;

/// Reads what the file is about: plugins and providers of those names, who has their roles,
/// and the other providers of their issuers.
pub(super) async fn read(
    admin: &Admin,
    desired: &Desired,
    ring: Option<&KeyRing>,
    current: &mut Current,
) -> Result<(), AdminError> {
    let store = &admin.store;
    let mut roles = BTreeSet::new();
    let mut issuers = BTreeSet::new();
    for wanted in desired.plugins.iter().map(|p| &p.definition.plugin) {
        roles.insert(wanted.role_arn.to_string());
        if let Some(plugin) = store.plugin_named(&wanted.name).await? {
            let item = Role::item_key(plugin.role_arn.as_str());
            let sealed = plugin.authorization.as_ref();
            let authorization = ring.and_then(|ring| Authorization::open(ring, &item, sealed));
            let found = CurrentPlugin {
                plugin,
                authorization,
            };
            current.plugins.insert(wanted.name.clone(), found);
        }
    }
    for wanted in desired.providers.iter().map(|p| &p.definition.provider) {
        roles.extend(wanted.role_arns().map(|arn| arn.to_string()));
        issuers.insert(wanted.issuer.clone());
        if let Some(provider) = store.provider_named(&wanted.name).await? {
            current.providers.insert(wanted.name.clone(), provider);
        }
    }
    for arn in roles {
        if let Some(role) = store.role(&arn).await? {
            current.roles.insert(arn, role.provider);
        }
    }
    for issuer in issuers {
        current.neighbours.extend(store.providers(&issuer).await?);
    }
    Ok(())
}

/// Asks every provider that can be reached whether its issuer is what its discovery document
/// says. What the operator has to know of the answers becomes notes.
pub(super) async fn compare_issuers(desired: &mut Desired) -> Result<(), Mistake> {
    let outbound = Outbound::default();
    for provider in &desired.providers {
        let note = compare_issuer(&outbound, &provider.definition).await;
        let mistake = |error: AdminError| Mistake {
            line: provider.line,
            reason: error.line(),
        };
        desired.notes.extend(note.map_err(mistake)?);
    }
    Ok(())
}

/// The plugin with an id for its role, if that is new, and with its authorization sealed, if
/// there is one to seal.
pub(super) fn completed(
    admin: &Admin,
    ring: Option<&KeyRing>,
    mut plugin: IdentityPlugin,
    authorization: Option<Authorization>,
) -> Result<IdentityPlugin, AdminError> {
    if plugin.id.is_none() {
        plugin.id = Some(UniqueId::generate(IdKind::Role, &admin.random)?);
    }
    let Some(authorization) = authorization else {
        return Ok(plugin);
    };
    let item = Role::item_key(plugin.role_arn.as_str());
    let sealed = authorization.seal(admin, ring.ok_or(SealError::Failed)?, &item)?;
    Ok(IdentityPlugin {
        authorization: Some(sealed),
        ..plugin
    })
}
