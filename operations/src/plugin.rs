//! Identity plugins, each with its role: declared as a whole.

use domain::outbound::check_configured;
use keys::KeyRing;
use model::{IdKind, PolicyName, RoleArn, UniqueId};
use serde_json::{Value, json};
use store::{IdentityPlugin, ManagePlugins, Role, Status};

use crate::authorization::Authorization;
use crate::differences::of_views;
use crate::error::{Error, or_conflict};
use crate::item::{Declared, Item};
use crate::limits::{SESSION_SECONDS, check_issuing, check_seconds};
use crate::names::{check_item_name, visible_url};
use crate::references::{Known, RoleOwners, check_role_policies};
use crate::sealing::{Resealing, Sealing};

/// The longest id of a role that an operator chooses, in characters.
const MAX_ROLE_ID: usize = 64;

/// A plugin as it shall be, with a secret that is not sealed yet.
#[derive(Debug)]
pub struct DesiredPlugin {
    plugin: IdentityPlugin,
    authorization: Option<Authorization>,
    status: Option<Status>,
}

/// A stored plugin, with the opened authorization if it is needed and opens.
#[derive(Debug)]
pub struct CurrentPlugin {
    /// What is stored.
    pub plugin: IdentityPlugin,
    /// The authorization; `None` if it does not open, so that it is replaced.
    pub authorization: Option<Authorization>,
}

/// How a plugin is written.
#[derive(Debug)]
pub struct PluginWrite {
    /// What it replaces.
    read: Option<IdentityPlugin>,
    plugin: IdentityPlugin,
    /// Not sealed yet.
    authorization: Option<Authorization>,
}

/// The ARN of a plugin's role: by the id that an operator chose, or else by the URL as it is
/// written.
pub fn role_arn(name: &str, url: &str, role_id: Option<&str>) -> Result<RoleArn, Error> {
    let invalid = |reason: String| Error::Invalid(format!("plugin {name}: role_id{reason}"));
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-".contains(&b);
    let is_usable = |id: &str| (1..=MAX_ROLE_ID).contains(&id.len()) && id.bytes().all(plain);
    let id = match role_id {
        None => IdentityPlugin::role_id(url),
        Some(id) if is_usable(id) => id.to_owned(),
        Some(_) => {
            return Err(invalid(format!(
                " must have 1 to {MAX_ROLE_ID} characters of A-Za-z0-9_-"
            )));
        }
    };
    IdentityPlugin::role_arn(&id).map_err(|error| invalid(format!(": {error}")))
}

/// A plugin as operators see it. A query of its URL stays hidden: it may hold a secret.
pub fn view(plugin: &IdentityPlugin) -> Value {
    json!({
        "name": plugin.name,
        "status": plugin.status.as_str(),
        "role_arn": plugin.role_arn.as_str(),
        "url": visible_url(&plugin.url),
        "role_policies": plugin.policies.iter().map(PolicyName::as_str).collect::<Vec<_>>(),
        "max_session_seconds": plugin.max_session_seconds,
        "issue_per_minute": plugin.limits.issue_per_minute,
        "max_live_sessions": plugin.limits.max_live_sessions,
        "token_in": plugin.token_in.as_str(),
        "allow_http": plugin.allow_http,
        "sealed_with": plugin.authorization.as_ref().and_then(|sealed| sealed.kid()),
    })
}

/// The plugin of that name.
pub async fn find<S: ManagePlugins>(store: &S, name: &str) -> Result<IdentityPlugin, Error> {
    let plugin = store.plugin_named(name).await?;
    plugin.ok_or_else(|| Error::missing(DesiredPlugin::KIND, name))
}

/// Refuses a plugin whose name is taken: who adds one does not mean to change it.
pub async fn refuse_existing<S: ManagePlugins>(
    store: &S,
    desired: &DesiredPlugin,
) -> Result<(), Error> {
    match store.plugin_named(desired.name()).await? {
        Some(_) => Err(Error::exists(DesiredPlugin::KIND, desired.name())),
        None => Ok(()),
    }
}

/// Enables or disables a plugin: a disabled one issues nothing, and sessions of its role are
/// refused.
pub async fn set_status<S: ManagePlugins>(
    store: &S,
    name: &str,
    status: Status,
) -> Result<(), Error> {
    let read = find(store, name).await?;
    let plugin = IdentityPlugin {
        status,
        ..read.clone()
    };
    Ok(store.change_plugin(&read, &plugin).await?)
}

/// Deletes a plugin and its role, whose sessions die with it.
pub async fn remove<S: ManagePlugins>(store: &S, name: &str) -> Result<(), Error> {
    let plugin = find(store, name).await?;
    Ok(store.delete_plugin(&plugin).await?)
}

/// Seals anew what plugins expect as authorization; returns how many secrets that were.
pub(crate) async fn reseal<S: ManagePlugins>(
    store: &S,
    resealing: Resealing<'_>,
) -> Result<usize, Error> {
    let mut count = 0;
    for read in store.list_plugins().await?.complete()? {
        let item = Role::item_key(read.role_arn.as_str());
        let sealed = resealing.again(&item, read.authorization.as_ref())?;
        if sealed.is_some() {
            let plugin = IdentityPlugin {
                authorization: sealed,
                ..read.clone()
            };
            store.change_plugin(&read, &plugin).await?;
            count += 1;
        }
    }
    Ok(count)
}

/// What is stored of a plugin that is declared.
pub(crate) async fn read<S: ManagePlugins>(
    store: &S,
    ring: Option<&KeyRing>,
    name: &str,
) -> Result<Option<CurrentPlugin>, Error> {
    let plugin = store.plugin_named(name).await?;
    Ok(plugin.map(|plugin| {
        let item = Role::item_key(plugin.role_arn.as_str());
        CurrentPlugin {
            authorization: Authorization::open(ring, &item, plugin.authorization.as_ref()),
            plugin,
        }
    }))
}

impl Declared for DesiredPlugin {
    const KIND: &'static str = "plugin";

    fn name(&self) -> &str {
        &self.plugin.name
    }
}

impl DesiredPlugin {
    /// Checks everything that can be checked of the plugin alone. Its id and what is sealed in
    /// it are not taken over. Without a status, that of a plugin that is there stays, and a new
    /// one is enabled.
    pub fn new(
        plugin: IdentityPlugin,
        authorization: Option<Authorization>,
        status: Option<Status>,
    ) -> Result<Self, Error> {
        check_item_name(Self::KIND, &plugin.name)?;
        let whose = format!("plugin {}", plugin.name);
        check_configured(&plugin.url, plugin.allow_http)
            .map_err(|error| Error::Invalid(format!("{whose}: url: {error}")))?;
        check_seconds(&whose, plugin.max_session_seconds, SESSION_SECONDS)?;
        check_issuing(&whose, plugin.limits)?;
        check_role_policies(&plugin.policies)?;
        Ok(Self {
            plugin: IdentityPlugin {
                id: None,
                authorization: None,
                ..plugin
            },
            authorization,
            status,
        })
    }

    /// The plugin, without authorization and id.
    pub const fn plugin(&self) -> &IdentityPlugin {
        &self.plugin
    }

    /// Whether there is something to seal.
    pub(crate) const fn has_secret(&self) -> bool {
        self.authorization.is_some()
    }

    pub(crate) fn check_references(&self, known: &Known<'_>) -> Result<(), Error> {
        known.check_policies(self, &self.plugin.policies)
    }

    /// Compares; refuses a role that somebody else has.
    pub(crate) fn plan(
        self,
        stored: Option<&CurrentPlugin>,
        owners: &mut RoleOwners,
    ) -> Result<Item<PluginWrite>, Error> {
        owners.claim(&self, self.plugin.role_arn.to_string())?;
        let (mut plugin, authorization) = (self.plugin, self.authorization);
        let before = stored.map(|stored| stored.plugin.status);
        plugin.status = self.status.or(before).unwrap_or(Status::Enabled);
        let same_role = stored.filter(|stored| stored.plugin.role_arn == plugin.role_arn);
        plugin.id = same_role.and_then(|stored| stored.plugin.id.clone());
        let name = plugin.name.clone();
        let roles = vec![(format!("plugin {name}"), plugin.role_arn.to_string())];
        let item = if let Some(stored) = stored {
            let (details, write) = change(plugin, authorization, stored);
            Item::stored(Self::KIND, name, details, write)
        } else {
            let write = PluginWrite {
                read: None,
                plugin,
                authorization,
            };
            Item::new(Self::KIND, name, write)
        };
        Ok(item.with_roles(roles))
    }
}

/// What changes, and the write.
fn change(
    mut plugin: IdentityPlugin,
    authorization: Option<Authorization>,
    stored: &CurrentPlugin,
) -> (Vec<String>, PluginWrite) {
    let sealed = &stored.plugin.authorization;
    let before = IdentityPlugin {
        authorization: None,
        ..stored.plugin.clone()
    };
    let mut details = of_views(&view(&before), &view(&plugin));
    if details.is_empty() && before != plugin {
        // What is hidden in the view.
        details.push("url changed".to_owned());
    }
    let same = authorization == stored.authorization && authorization.is_some() == sealed.is_some();
    if !same {
        details.push("auth_token changed".to_owned());
    }
    // What is sealed for one role does not open for another.
    let stays = same && before.role_arn == plugin.role_arn;
    if stays {
        plugin.authorization.clone_from(sealed);
    }
    let write = PluginWrite {
        read: Some(stored.plugin.clone()),
        plugin,
        authorization: authorization.filter(|_| !stays),
    };
    (details, write)
}

impl PluginWrite {
    pub(crate) async fn carry_out<S: ManagePlugins>(
        self,
        store: &S,
        sealing: Sealing<'_>,
    ) -> Result<(), Error> {
        let mut plugin = self.plugin;
        if plugin.id.is_none() {
            plugin.id = Some(UniqueId::generate(IdKind::Role, sealing.random)?);
        }
        if let Some(authorization) = self.authorization {
            let item = Role::item_key(plugin.role_arn.as_str());
            plugin.authorization = Some(authorization.seal(sealing, &item)?);
        }
        let written = match self.read {
            Some(read) => store.change_plugin(&read, &plugin).await,
            None => store.create_plugin(&plugin).await,
        };
        or_conflict(written, Error::table_changed)
    }
}
