//! What has to be written to get from what is stored to what is wanted. Pure.

mod differences;
mod identity;
mod settings;

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde_json::{Value, json};
use shared::model::{AccessKeyId, PolicyName, SecretAccessKey};
use shared::store::{
    Change, Group, GroupChange, IdentityPlugin, IssueLimits, OpenIdProvider, SettingsChange,
    Status, StoredPolicy, User, UserChange,
};

use self::differences::Differences;
use super::desired::{Desired, DesiredGroup, DesiredPolicy, DesiredSettings, DesiredUser};
use super::file::Mistake;
use crate::authorization::Authorization;

pub(super) use settings::CurrentSettings;

/// What is stored of that which the file is about.
#[derive(Debug, Default)]
pub(super) struct Current {
    pub(super) policies: BTreeMap<PolicyName, StoredPolicy>,
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) users: BTreeMap<AccessKeyId, CurrentUser>,
    pub(super) plugins: BTreeMap<String, CurrentPlugin>,
    pub(super) providers: BTreeMap<String, OpenIdProvider>,
    /// Whose the roles are that the file is about, by their ARNs.
    pub(super) roles: BTreeMap<String, String>,
    /// All providers of the issuers that the file is about.
    pub(super) neighbours: Vec<OpenIdProvider>,
    pub(super) settings: CurrentSettings,
}

/// A stored user, with the opened secret if it is needed and opens.
#[derive(Debug)]
pub(super) struct CurrentUser {
    pub(super) user: User,
    pub(super) secret: Option<SecretAccessKey>,
}

/// A stored plugin, with the opened authorization if it is needed and opens.
#[derive(Debug)]
pub(super) struct CurrentPlugin {
    pub(super) plugin: IdentityPlugin,
    pub(super) authorization: Option<Authorization>,
}

/// What to write, in order: policies before groups before users, so that nothing ever names
/// what is not there.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) items: Vec<Item>,
}

/// One declared item, and what has to be done about it.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    /// What changes, without secrets.
    pub(crate) details: Vec<String>,
    /// `None` if the item is as it should be.
    pub(super) write: Option<Write>,
    /// What has a role, and the role's ARN.
    pub(super) roles: Vec<(String, String)>,
}

/// One write.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a plan has few writes, and lives for one command"
)]
pub(super) enum Write {
    CreatePolicy(PolicyName, String),
    ChangePolicy(PolicyName, String),
    CreateGroup(Group),
    ChangeGroup(String, GroupChange),
    CreateUser(NewUser),
    ChangeUser(AccessKeyId, UserChange, Option<SecretAccessKey>),
    /// With an authorization for Open Policy Agent that is not sealed yet.
    ChangeSettings(SettingsChange, Option<Authorization>),
    /// In the place of the first, the second, with an authorization that is not sealed yet.
    SavePlugin(
        Option<IdentityPlugin>,
        IdentityPlugin,
        Option<Authorization>,
    ),
    SaveProvider(Option<OpenIdProvider>, OpenIdProvider),
}

/// A user whose secret is not sealed yet.
#[derive(Debug)]
pub(super) struct NewUser {
    pub(super) access_key: AccessKeyId,
    pub(super) secret: SecretAccessKey,
    pub(super) status: Status,
    pub(super) policies: Vec<PolicyName>,
    pub(super) groups: Vec<String>,
    pub(super) max_session_seconds: Option<u32>,
    pub(super) limits: IssueLimits,
}

impl Plan {
    /// How many items have that sign.
    pub(super) fn count(&self, sign: char) -> usize {
        self.items.iter().filter(|item| item.sign() == sign).count()
    }
}

impl Item {
    /// `+` for what is added, `~` for what changes, `=` for what stays.
    pub(super) const fn sign(&self) -> char {
        match self.write {
            None => '=',
            Some(
                Write::CreatePolicy(..)
                | Write::CreateGroup(_)
                | Write::CreateUser(_)
                | Write::SavePlugin(None, ..)
                | Write::SaveProvider(None, _),
            ) => '+',
            Some(_) => '~',
        }
    }

    /// The item for programs.
    pub(crate) fn record(&self) -> Value {
        let action = match self.sign() {
            '+' => "add",
            '~' => "change",
            _ => "keep",
        };
        json!({
            "action": action, "kind": self.kind, "name": self.name, "details": self.details,
        })
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.sign(), self.kind)?;
        if !self.name.is_empty() {
            write!(f, " {}", self.name)?;
        }
        if !self.details.is_empty() {
            write!(f, ": {}", self.details.join(", "))?;
        }
        Ok(())
    }
}

/// Compares; refuses what refers to nothing.
pub(super) fn plan(desired: Desired, current: &Current) -> Result<Plan, Mistake> {
    check_references(&desired, current)?;
    let mut items = Vec::new();
    if desired.settings != DesiredSettings::default() {
        items.push(settings::plan(desired.settings, &current.settings));
    }
    for policy in desired.policies {
        let stored = current.policies.get(&policy.name);
        items.push(plan_policy(policy, stored));
    }
    for group in desired.groups {
        let stored = current.groups.get(&group.name);
        items.push(plan_group(group, stored));
    }
    for user in desired.users {
        items.push(match current.users.get(&user.access_key) {
            Some(stored) => change_user(user, stored),
            None => create_user(user)?,
        });
    }
    items.extend(identity::plan(desired.plugins, desired.providers, current)?);
    Ok(Plan { items })
}

/// Every policy and group that is named must be declared in the file or stored.
fn check_references(desired: &Desired, current: &Current) -> Result<(), Mistake> {
    let declared: HashSet<_> = desired.policies.iter().map(|p| &p.name).collect();
    let no_policy = |p: &&PolicyName| !declared.contains(p) && !current.policies.contains_key(*p);
    let declared: HashSet<_> = desired.groups.iter().map(|g| &g.name).collect();
    let no_group = |g: &&String| !declared.contains(g) && !current.groups.contains_key(*g);
    let mistake = |line, what: String| {
        Err(Mistake {
            line,
            reason: format!("{what} does not exist"),
        })
    };

    for group in &desired.groups {
        if let Some(policy) = group.change.policies.iter().flatten().find(no_policy) {
            return mistake(group.line, format!("group {}: policy {policy}", group.name));
        }
    }
    for user in &desired.users {
        let name = &user.access_key;
        if let Some(policy) = user.change.policies.iter().flatten().find(no_policy) {
            return mistake(user.line, format!("user {name}: policy {policy}"));
        }
        if let Some(group) = user.change.groups.iter().flatten().find(no_group) {
            return mistake(user.line, format!("user {name}: group {group}"));
        }
    }
    for plugin in &desired.plugins {
        if let Some(policy) = plugin.policies().iter().find(no_policy) {
            let name = &plugin.definition.plugin.name;
            return mistake(plugin.line, format!("plugin {name}: policy {policy}"));
        }
    }
    for provider in &desired.providers {
        if let Some(policy) = provider.policies().iter().find(no_policy) {
            let name = &provider.definition.provider.name;
            return mistake(provider.line, format!("provider {name}: policy {policy}"));
        }
    }
    Ok(())
}

fn plan_policy(desired: DesiredPolicy, stored: Option<&StoredPolicy>) -> Item {
    let DesiredPolicy { name, document } = desired;
    let mut details = Vec::new();
    let text = name.to_string();
    let write = match stored {
        None => Some(Write::CreatePolicy(name, document)),
        Some(stored) if same_json(&stored.document, &document) => None,
        Some(_) => {
            details.push("document changed".to_owned());
            Some(Write::ChangePolicy(name, document))
        }
    };
    Item {
        kind: "policy",
        name: text,
        details,
        write,
        roles: Vec::new(),
    }
}

fn plan_group(desired: DesiredGroup, stored: Option<&Group>) -> Item {
    let DesiredGroup { name, change, .. } = desired;
    let Some(stored) = stored else {
        let group = Group {
            name: name.clone(),
            status: change.status.unwrap_or(Status::Enabled),
            policies: change.policies.unwrap_or_default(),
        };
        return added("group", name, Write::CreateGroup(group));
    };
    let mut differences = Differences::default();
    let change = GroupChange {
        status: differences.status(change.status, stored.status),
        policies: differences.list("policies", change.policies, &stored.policies),
    };
    differences.into_item("group", name.clone(), Write::ChangeGroup(name, change))
}

fn create_user(desired: DesiredUser) -> Result<Item, Mistake> {
    let name = desired.access_key.to_string();
    let Some(secret) = desired.secret else {
        let reason = format!("user {name} is new and needs secret, secret_env or secret_file");
        return Err(Mistake {
            line: desired.line,
            reason,
        });
    };
    let change = desired.change;
    let user = NewUser {
        access_key: desired.access_key,
        secret,
        status: change.status.unwrap_or(Status::Enabled),
        policies: change.policies.unwrap_or_default(),
        groups: change.groups.unwrap_or_default(),
        max_session_seconds: match change.max_session_seconds {
            Change::Set(seconds) => Some(seconds),
            Change::Keep | Change::Remove => None,
        },
        limits: change.limits.unwrap_or_default(),
    };
    Ok(added("user", name, Write::CreateUser(user)))
}

fn change_user(desired: DesiredUser, stored: &CurrentUser) -> Item {
    let (change, user) = (desired.change, &stored.user);
    let mut differences = Differences::default();
    let secret = differences.secret(desired.secret, stored.secret.as_ref());
    let change = UserChange {
        secret: None,
        status: differences.status(change.status, user.status),
        policies: differences.list("policies", change.policies, &user.policies),
        groups: differences.list("groups", change.groups, &user.groups),
        max_session_seconds: differences
            .limit(change.max_session_seconds, user.max_session_seconds),
        limits: differences.of_issuing(change.limits, user.limits),
    };
    let name = desired.access_key.to_string();
    let write = Write::ChangeUser(desired.access_key, change, secret);
    differences.into_item("user", name, write)
}

fn added(kind: &'static str, name: String, write: Write) -> Item {
    Item {
        kind,
        name,
        details: Vec::new(),
        write: Some(write),
        roles: Vec::new(),
    }
}

/// Whether two documents say the same, layout and order of members aside.
fn same_json(a: &str, b: &str) -> bool {
    let parse = serde_json::from_str::<Value>;
    a == b || matches!((parse(a), parse(b)), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod tests;
