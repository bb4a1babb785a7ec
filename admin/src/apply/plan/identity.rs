//! Plugins and providers: compared as a whole.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::store::{IdentityPlugin, OpenIdProvider, Status};

use super::super::desired::{DesiredPlugin, DesiredProvider};
use super::super::file::Mistake;
use super::{Current, CurrentPlugin, Item, Write};
use crate::authorization::Authorization;
use crate::plugin::{PluginDefinition, view as plugin_view};
use crate::provider::{ProviderDefinition, view as provider_view};

/// Compares; refuses a role or an audience that somebody else has.
pub(super) fn plan(
    plugins: Vec<DesiredPlugin>,
    providers: Vec<DesiredProvider>,
    current: &Current,
) -> Result<Vec<Item>, Mistake> {
    let mut owners = current.roles.clone();
    let mut items = Vec::new();
    for DesiredPlugin { line, definition } in plugins {
        let PluginDefinition { plugin, .. } = &definition;
        let arn = plugin.role_arn.to_string();
        claim_role(&mut owners, arn, ("plugin", &plugin.name), line)?;
        let stored = current.plugins.get(&plugin.name);
        items.push(plan_plugin(definition, stored));
    }
    let mut neighbours = current.neighbours.clone();
    for DesiredProvider { line, definition } in providers {
        let ProviderDefinition { provider, .. } = &definition;
        for arn in provider.role_arns() {
            let owner = ("provider", provider.name.as_str());
            claim_role(&mut owners, arn.to_string(), owner, line)?;
        }
        claim_audiences(&mut neighbours, provider, line)?;
        let stored = current.providers.get(&provider.name);
        items.push(plan_provider(definition, stored));
    }
    Ok(items)
}

/// A role has one owner.
fn claim_role(
    owners: &mut BTreeMap<String, String>,
    arn: String,
    (kind, name): (&str, &str),
    line: u64,
) -> Result<(), Mistake> {
    match owners.get(&arn) {
        Some(owner) if owner != name => Err(Mistake {
            line,
            reason: format!("{kind} {name}: its role {arn} is that of {owner} already"),
        }),
        _ => {
            owners.insert(arn, name.to_owned());
            Ok(())
        }
    }
}

/// A token's issuer and audience lead to one provider.
fn claim_audiences(
    neighbours: &mut Vec<OpenIdProvider>,
    provider: &OpenIdProvider,
    line: u64,
) -> Result<(), Mistake> {
    neighbours.retain(|other| other.name != provider.name);
    for other in neighbours.iter().filter(|o| o.issuer == provider.issuer) {
        let shared = |id: &&String| other.client_ids.contains(id);
        if let Some(id) = provider.client_ids.iter().find(shared) {
            let (name, other) = (&provider.name, &other.name);
            return Err(Mistake {
                line,
                reason: format!("provider {name}: provider {other} has client id {id} already"),
            });
        }
    }
    neighbours.push(provider.clone());
    Ok(())
}

fn plan_plugin(definition: PluginDefinition, stored: Option<&CurrentPlugin>) -> Item {
    let PluginDefinition {
        mut plugin,
        authorization,
        status,
    } = definition;
    let before = stored.map(|stored| stored.plugin.status);
    plugin.status = status.or(before).unwrap_or(Status::Enabled);
    let same_role = stored.filter(|stored| stored.plugin.role_arn == plugin.role_arn);
    plugin.id = same_role.and_then(|stored| stored.plugin.id.clone());
    let name = plugin.name.clone();
    let roles = vec![(format!("plugin {name}"), plugin.role_arn.to_string())];
    let (details, write) = match stored {
        None => (
            Vec::new(),
            Some(Write::SavePlugin(None, plugin, authorization)),
        ),
        Some(stored) => change_plugin(plugin, authorization, stored),
    };
    Item {
        kind: "plugin",
        name,
        details,
        write,
        roles,
    }
}

fn change_plugin(
    mut plugin: IdentityPlugin,
    authorization: Option<Authorization>,
    stored: &CurrentPlugin,
) -> (Vec<String>, Option<Write>) {
    let sealed = &stored.plugin.authorization;
    let before = IdentityPlugin {
        authorization: None,
        ..stored.plugin.clone()
    };
    let mut details = differences(&plugin_view(&before), &plugin_view(&plugin));
    if details.is_empty() && before != plugin {
        // What is hidden in the view.
        details.push("url changed".to_owned());
    }
    let same = authorization == stored.authorization && authorization.is_some() == sealed.is_some();
    if !same {
        details.push("auth_token changed".to_owned());
    }
    if details.is_empty() {
        return (details, None);
    }
    let read = Some(stored.plugin.clone());
    // What is sealed for one role does not open for another.
    if same && before.role_arn == plugin.role_arn {
        plugin.authorization.clone_from(sealed);
        return (details, Some(Write::SavePlugin(read, plugin, None)));
    }
    (
        details,
        Some(Write::SavePlugin(read, plugin, authorization)),
    )
}

fn plan_provider(definition: ProviderDefinition, stored: Option<&OpenIdProvider>) -> Item {
    let ProviderDefinition {
        mut provider,
        enabled,
        ..
    } = definition;
    let before = stored.map(|stored| stored.enabled);
    provider.enabled = enabled.or(before).unwrap_or(true);
    if let Some(stored) = stored {
        provider.keep_ids(stored);
    }
    let name = provider.name.clone();
    let roles = provider.client_ids.iter().zip(provider.role_arns());
    let roles = roles
        .map(|(id, arn)| (format!("provider {name}, client {id}"), arn.to_string()))
        .collect();
    let details = stored.map(|stored| changes(stored, &provider));
    let write = match stored {
        Some(stored) if *stored == provider => None,
        stored => Some(Write::SaveProvider(stored.cloned(), provider)),
    };
    Item {
        kind: "provider",
        name,
        details: details.unwrap_or_default(),
        write,
        roles,
    }
}

fn changes(stored: &OpenIdProvider, provider: &OpenIdProvider) -> Vec<String> {
    let mut details = differences(&provider_view(stored), &provider_view(provider));
    if details.is_empty() && stored != provider {
        // The view does not show keys.
        details.push("jwks changed".to_owned());
    }
    details
}

/// The members in which two views differ.
fn differences(before: &Value, after: &Value) -> Vec<String> {
    let members = after.as_object().into_iter().flatten();
    members
        .filter_map(|(name, after)| {
            let before = before.get(name).filter(|before| *before != after)?;
            Some(format!("{name} {} -> {}", plain(before), plain(after)))
        })
        .collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) => {
            let members: Vec<String> = list.iter().map(plain).collect();
            format!("[{}]", members.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
