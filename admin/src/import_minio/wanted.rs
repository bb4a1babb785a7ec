//! What an export asks for, as far as it can be had here. Pure.
//!
//! Whoever would come without one of the policies or groups that the export gives is left out
//! altogether: what is missing may be a Deny.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use operations::Error;
use operations::declaration::Desired;
use operations::group::DesiredGroup;
use operations::item::Declared as _;
use operations::names::{policy_name, policy_names};
use operations::policy::DesiredPolicy;
use operations::user::DesiredUser;
use serde_json::{Value, json};
use shared::model::{PolicyName, SecretAccessKey};
use shared::store::{GroupChange, Status, StoredPolicy, UserChange};

use super::document::Document;
use super::export::{Export, GroupEntry, MappingEntry, UserEntry};
use crate::input::comma_separated;

/// What is wanted, and what the operator has to know about the rest.
pub(super) struct Wanted {
    pub(super) desired: Desired,
    pub(super) notes: Vec<Note>,
}

/// Something that is not imported, or not as it was.
pub(super) struct Note {
    kind: &'static str,
    name: String,
    text: String,
}

impl Note {
    pub(super) fn new(kind: &'static str, name: &str, text: impl fmt::Display) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            text: text.to_string(),
        }
    }

    /// The note for programs.
    pub(super) fn record(&self) -> Value {
        json!({"kind": self.kind, "name": self.name, "text": self.text})
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "! {} {}: {}", self.kind, self.name, self.text)
    }
}

impl Wanted {
    /// Sorts an export; `stored` are the policies of the table that it names.
    pub(super) fn new(export: Export, stored: &BTreeMap<PolicyName, StoredPolicy>) -> Self {
        let mut wanted = Self {
            desired: Desired::default(),
            notes: Vec::new(),
        };
        wanted.note_unsupported(&export);
        wanted.take_policies(&export, stored);
        let declared = wanted.desired.policies.iter();
        let declared = declared.map(DesiredPolicy::policy_name);
        let policies = declared.chain(stored.keys()).cloned().collect();
        let mut available = Available {
            policies,
            groups: BTreeSet::new(),
        };
        wanted.take_groups(&export, &available);
        let groups = wanted.desired.groups.iter();
        let groups = groups.map(|group| group.name().to_owned());
        available.groups = groups.collect();
        wanted.take_users(export, &available);
        wanted
    }

    fn note(&mut self, kind: &'static str, name: &str, text: impl fmt::Display) {
        self.notes.push(Note::new(kind, name, text));
    }

    fn note_unsupported(&mut self, export: &Export) {
        for name in &export.unknown {
            self.note("entry", name, "not understood");
        }
        for (name, account) in &export.service_accounts {
            let parent = &account.parent;
            let text = format!("there are none here; {parent} can assume a role instead");
            self.note("service account", name, text);
        }
        for name in export.sts_user_mappings.keys() {
            let text = "a provider or plugin gives users like this their policies";
            self.note("mapping of external user", name, text);
        }
    }

    fn take_policies(&mut self, export: &Export, stored: &BTreeMap<PolicyName, StoredPolicy>) {
        for (name, raw) in &export.policies {
            let checked = policy_name(name)
                .map_err(reason)
                .and_then(|policy| Ok((policy, Document::check(raw)?)));
            let (policy, document) = match checked {
                Ok(checked) => checked,
                Err(reason) => {
                    self.note("policy", name, reason);
                    continue;
                }
            };
            if !document.idle_actions.is_empty() {
                let actions = document.idle_actions.join(", ");
                self.note("policy", name, format!("nobody asks about {actions} here"));
            }
            let stored = stored.get(&policy).map(|stored| &stored.document);
            let same = stored.filter(|stored| document.says_the_same_as(stored));
            let document = same.cloned().unwrap_or(document.text);
            match DesiredPolicy::new(policy, document) {
                Ok(policy) => self.desired.policies.push(policy),
                Err(error) => self.note("policy", name, reason(error)),
            }
        }
    }

    fn take_groups(&mut self, export: &Export, available: &Available) {
        for (name, entry) in &export.groups {
            let mapping = export.group_mappings.get(name);
            match group(name, entry, mapping, available) {
                Ok(group) => self.desired.groups.push(group),
                Err(reason) => self.note("group", name, reason),
            }
            let strangers = entry.members.iter().flatten();
            for member in strangers.filter(|member| !export.users.contains_key(*member)) {
                let text = format!("member {member} is no user of the archive");
                self.note("group", name, text);
            }
        }
        for name in export.group_mappings.keys() {
            if !export.groups.contains_key(name) {
                self.note("mapping of group", name, "the archive has no such group");
            }
        }
    }

    fn take_users(&mut self, export: Export, available: &Available) {
        for name in export.user_mappings.keys() {
            if !export.users.contains_key(name) {
                self.note("mapping of user", name, "the archive has no such user");
            }
        }
        let mut memberships = memberships(&export.groups);
        for (name, entry) in export.users {
            for member in &entry.others {
                self.note("user", &name, format!("{member:?} is not understood"));
            }
            let joined = memberships.remove(name.as_str()).unwrap_or_default();
            let mapping = export.user_mappings.get(&name);
            match user((&name, joined), entry, mapping, available) {
                Ok(user) => self.desired.users.push(user),
                Err(reason) => self.note("user", &name, reason),
            }
        }
    }
}

/// What users and groups may refer to.
struct Available {
    policies: BTreeSet<PolicyName>,
    groups: BTreeSet<String>,
}

/// The groups of every member.
fn memberships(groups: &BTreeMap<String, GroupEntry>) -> BTreeMap<&str, Vec<String>> {
    let mut memberships: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (group, entry) in groups {
        let members: BTreeSet<&String> = entry.members.iter().flatten().collect();
        for member in members {
            memberships.entry(member).or_default().push(group.clone());
        }
    }
    memberships
}

fn group(
    name: &str,
    entry: &GroupEntry,
    mapping: Option<&MappingEntry>,
    available: &Available,
) -> Result<DesiredGroup, String> {
    let group = DesiredGroup::new(name).map_err(reason)?;
    Ok(group.with(GroupChange {
        status: Some(status(&entry.status)?),
        policies: Some(attached(mapping, available)?),
    }))
}

/// A user as a member of groups, all of which must be there.
fn user(
    (name, groups): (&str, Vec<String>),
    entry: UserEntry,
    mapping: Option<&MappingEntry>,
    available: &Available,
) -> Result<DesiredUser, String> {
    let user = DesiredUser::new(name).map_err(reason)?;
    let secret = SecretAccessKey::parse(entry.secret)
        .map_err(|violation| format!("its secret is unusable: {violation}"))?;
    let (status, policies) = (status(&entry.status)?, attached(mapping, available)?);
    let is_missing = |group: &&String| !available.groups.contains(*group);
    if let Some(group) = groups.iter().find(is_missing) {
        return Err(format!("group {group} is not imported"));
    }
    let user = user.with_secret(Some(secret)).with(UserChange {
        status: Some(status),
        policies: Some(policies),
        groups: Some(groups),
        ..UserChange::default()
    });
    user.map_err(reason)
}

fn status(text: &str) -> Result<Status, String> {
    let unknown = || "its status is neither enabled nor disabled".to_owned();
    Status::parse(text).ok_or_else(unknown)
}

/// The policies of a mapping, all of which must be there.
fn attached(
    mapping: Option<&MappingEntry>,
    available: &Available,
) -> Result<Vec<PolicyName>, String> {
    let names = mapping.map(|mapping| comma_separated(&mapping.policy));
    let names = policy_names(&names.unwrap_or_default()).map_err(|error| error.to_string())?;
    match names.iter().find(|name| !available.policies.contains(name)) {
        Some(name) => Err(format!("policy {name} is not imported, and does not exist")),
        None => Ok(names),
    }
}

/// The reason without the name, which stands before it already.
fn reason(error: Error) -> String {
    match error {
        Error::Name { violation, .. } => format!("no valid name: {violation}"),
        other => other.to_string(),
    }
}
