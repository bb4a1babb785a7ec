//! What an export asks for, as far as it can be had here. Pure.
//!
//! Whoever would come without one of the policies or groups that the export gives is left out
//! altogether: what is missing may be a Deny.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Value, json};
use shared::model::{PolicyName, SecretAccessKey};
use shared::store::{GroupChange, Status, StoredPolicy, UserChange};

use super::document::Document;
use super::export::{Export, GroupEntry, MappingEntry, UserEntry};
use crate::apply::{Desired, DesiredGroup, DesiredPolicy, DesiredUser};
use crate::error::AdminError;
use crate::names::{comma_separated, group_name, policy_name, policy_names, user_name};

/// Where a declaration stands: an export is on one line.
const LINE: u64 = 1;

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
        let declared = wanted.desired.policies.iter().map(|policy| &policy.name);
        let policies = declared.chain(stored.keys()).cloned().collect();
        let mut available = Available {
            policies,
            groups: BTreeSet::new(),
        };
        wanted.take_groups(&export, &available);
        let groups = wanted.desired.groups.iter().map(|group| group.name.clone());
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
            self.desired.policies.push(DesiredPolicy {
                name: policy,
                document: same.cloned().unwrap_or(document.text),
            });
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
            let checked = user(&name, entry, mapping, available);
            match checked.and_then(|user| joining(user, joined, available)) {
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
    Ok(DesiredGroup {
        line: LINE,
        name: group_name(name).map_err(reason)?,
        change: GroupChange {
            status: Some(status(&entry.status)?),
            policies: Some(attached(mapping, available)?),
        },
    })
}

fn user(
    name: &str,
    entry: UserEntry,
    mapping: Option<&MappingEntry>,
    available: &Available,
) -> Result<DesiredUser, String> {
    let access_key = user_name(name).map_err(reason)?;
    let secret = SecretAccessKey::parse(entry.secret)
        .map_err(|violation| format!("its secret is unusable: {violation}"))?;
    Ok(DesiredUser {
        line: LINE,
        access_key,
        secret: Some(secret),
        change: UserChange {
            status: Some(status(&entry.status)?),
            policies: Some(attached(mapping, available)?),
            ..UserChange::default()
        },
    })
}

/// The user as a member of groups, all of which must be there.
fn joining(
    mut user: DesiredUser,
    groups: Vec<String>,
    available: &Available,
) -> Result<DesiredUser, String> {
    let missing = groups
        .iter()
        .find(|group| !available.groups.contains(*group));
    if let Some(group) = missing {
        return Err(format!("group {group} is not imported"));
    }
    user.change.groups = Some(groups);
    Ok(user)
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
    let names = policy_names(&names.unwrap_or_default()).map_err(|error| error.line())?;
    match names.iter().find(|name| !available.policies.contains(name)) {
        Some(name) => Err(format!("policy {name} is not imported, and does not exist")),
        None => Ok(names),
    }
}

/// The reason without the name, which stands before it already.
fn reason(error: AdminError) -> String {
    match error {
        AdminError::Name { violation, .. } => format!("no valid name: {violation}"),
        other => other.line(),
    }
}
