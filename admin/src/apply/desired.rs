//! What the file wants, with every name, document and secret checked.

mod settings;

use std::collections::HashSet;
use std::path::Path;

use serde_json::Value;
use serde_saphyr::Spanned;
use shared::model::{AccessKeyId, PolicyName, SecretAccessKey};
use shared::store::{Grant, GroupChange, UserChange};

use super::file::{File, GroupEntry, Mistake, PolicyEntry, UserEntry};
use crate::context::read_text;
use crate::error::AdminError;
use crate::limits::check_limits;
use crate::names::{
    SESSION_SECONDS, check_seconds, group_name, policy_name, policy_names, unique, user_name,
};
use crate::plugin::PluginDefinition;
use crate::policy::check_document;
use crate::provider::ProviderDefinition;
use crate::secret;

pub(super) use settings::DesiredSettings;

/// What the file wants.
#[derive(Debug, Default)]
pub(crate) struct Desired {
    pub(crate) policies: Vec<DesiredPolicy>,
    pub(crate) groups: Vec<DesiredGroup>,
    pub(crate) users: Vec<DesiredUser>,
    pub(super) plugins: Vec<DesiredPlugin>,
    pub(super) providers: Vec<DesiredProvider>,
    pub(super) settings: DesiredSettings,
    /// What the operator has to know besides.
    pub(crate) notes: Vec<String>,
}

/// A policy with that document.
#[derive(Debug)]
pub(crate) struct DesiredPolicy {
    pub(crate) name: PolicyName,
    pub(crate) document: String,
}

/// A group; what the file leaves out is `None`.
#[derive(Debug)]
pub(crate) struct DesiredGroup {
    pub(crate) line: u64,
    pub(crate) name: String,
    pub(crate) change: GroupChange,
}

/// A user; what the file leaves out is `None`. The secret is not sealed yet.
#[derive(Debug)]
pub(crate) struct DesiredUser {
    pub(crate) line: u64,
    pub(crate) access_key: AccessKeyId,
    pub(crate) secret: Option<SecretAccessKey>,
    pub(crate) change: UserChange,
}

/// A plugin, declared as a whole.
#[derive(Debug)]
pub(super) struct DesiredPlugin {
    pub(super) line: u64,
    pub(super) definition: PluginDefinition,
}

/// A provider, declared as a whole.
#[derive(Debug)]
pub(super) struct DesiredProvider {
    pub(super) line: u64,
    pub(super) definition: ProviderDefinition,
}

impl Desired {
    /// One plugin and nothing else.
    pub(crate) fn of_plugin(definition: PluginDefinition) -> Self {
        Self {
            plugins: vec![DesiredPlugin {
                line: 1,
                definition,
            }],
            ..Self::default()
        }
    }

    /// One provider and nothing else.
    pub(crate) fn of_provider(definition: ProviderDefinition) -> Self {
        Self {
            providers: vec![DesiredProvider {
                line: 1,
                definition,
            }],
            ..Self::default()
        }
    }

    /// Checks everything that the file says by itself; files that it names are looked for
    /// beside it, in `base`.
    pub(super) fn from_file(file: File, base: &Path) -> Result<Self, Mistake> {
        let desired = Self {
            settings: match file.settings {
                Some(entry) => located(entry, |entry| settings::check(entry, base))?,
                None => DesiredSettings::default(),
            },
            policies: all(file.policies, |entry, _| policy(entry, base))?,
            groups: all(file.groups, |entry, line| group(&entry, line))?,
            users: all(file.users, |entry, line| user(entry, line, base))?,
            plugins: all(file.identity_plugins, |entry, line| {
                let definition = entry.check(base)?;
                Ok(DesiredPlugin { line, definition })
            })?,
            providers: all(file.openid_providers, |entry, line| {
                let definition = entry.check()?;
                Ok(DesiredProvider { line, definition })
            })?,
            notes: Vec::new(),
        };
        Ok(desired)
    }

    /// The policies that the file declares or attaches.
    pub(super) fn policy_names(&self) -> impl Iterator<Item = &PolicyName> {
        let of_groups = self
            .groups
            .iter()
            .filter_map(|g| g.change.policies.as_ref());
        let of_users = self.users.iter().filter_map(|u| u.change.policies.as_ref());
        let attached = of_groups.chain(of_users).flatten();
        let of_plugins = self.plugins.iter().flat_map(DesiredPlugin::policies);
        let of_providers = self.providers.iter().flat_map(DesiredProvider::policies);
        let declared = self.policies.iter().map(|p| &p.name);
        declared
            .chain(attached)
            .chain(of_plugins)
            .chain(of_providers)
    }

    /// The groups that the file declares or puts users into.
    pub(super) fn group_names(&self) -> impl Iterator<Item = &String> {
        let joined = self.users.iter().filter_map(|u| u.change.groups.as_ref());
        self.groups.iter().map(|g| &g.name).chain(joined.flatten())
    }
}

impl DesiredPlugin {
    /// The policies of the plugin's role.
    pub(super) fn policies(&self) -> &[PolicyName] {
        &self.definition.plugin.policies
    }
}

impl DesiredProvider {
    /// The policies of the provider's roles, if it has any.
    pub(super) fn policies(&self) -> &[PolicyName] {
        match &self.definition.provider.grant {
            Grant::Role(policies) => policies,
            Grant::Claim(_) => &[],
        }
    }
}

/// An item that is declared under a name.
trait Named {
    fn name(&self) -> &str;
}

impl Named for DesiredPolicy {
    fn name(&self) -> &str {
        self.name.as_str()
    }
}

impl Named for DesiredGroup {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for DesiredUser {
    fn name(&self) -> &str {
        self.access_key.as_str()
    }
}

impl Named for DesiredPlugin {
    fn name(&self) -> &str {
        &self.definition.plugin.name
    }
}

impl Named for DesiredProvider {
    fn name(&self) -> &str {
        &self.definition.provider.name
    }
}

/// Checks all entries of one kind; each name stands once.
fn all<E, T: Named>(
    entries: Vec<Spanned<E>>,
    check: impl Fn(E, u64) -> Result<T, AdminError>,
) -> Result<Vec<T>, Mistake> {
    let mut seen = HashSet::new();
    let mut items = Vec::with_capacity(entries.len());
    for entry in entries {
        let line = entry.referenced.line();
        let item = located(entry, |entry| check(entry, line))?;
        if !seen.insert(item.name().to_owned()) {
            let reason = format!("{} is declared twice", item.name());
            return Err(Mistake { line, reason });
        }
        items.push(item);
    }
    Ok(items)
}

/// Turns the error of a check into one that has a line.
fn located<E, T>(
    entry: Spanned<E>,
    check: impl FnOnce(E) -> Result<T, AdminError>,
) -> Result<T, Mistake> {
    let line = entry.referenced.line();
    check(entry.value).map_err(|error| Mistake {
        line,
        reason: error.line(),
    })
}

fn policy(entry: PolicyEntry, base: &Path) -> Result<DesiredPolicy, AdminError> {
    let name = policy_name(&entry.name)?;
    let document = match (entry.document, entry.document_file) {
        (Some(Value::String(text)), None) => text.trim().to_owned(),
        (Some(document), None) => document.to_string(),
        (None, Some(path)) => read_text(&base.join(path))?.trim().to_owned(),
        _ => {
            return Err(AdminError::Refused(format!(
                "policy {name} needs either document or document_file"
            )));
        }
    };
    check_document(&name, &document)?;
    Ok(DesiredPolicy { name, document })
}

fn group(entry: &GroupEntry, line: u64) -> Result<DesiredGroup, AdminError> {
    Ok(DesiredGroup {
        line,
        name: group_name(&entry.name)?,
        change: GroupChange {
            status: entry.status,
            policies: entry.policies.as_deref().map(policy_names).transpose()?,
        },
    })
}

fn user(entry: UserEntry, line: u64, base: &Path) -> Result<DesiredUser, AdminError> {
    let access_key = user_name(&entry.access_key)?;
    check_seconds(
        "user",
        settings::set(entry.max_session_seconds),
        SESSION_SECONDS,
    )?;
    let secret = match (entry.secret, entry.secret_env, entry.secret_file) {
        (secret, None, None) => secret,
        (None, Some(variable), None) => Some(secret::from_variable(&variable)?),
        (None, None, Some(path)) => Some(secret::from_file(&base.join(path))?),
        _ => {
            return Err(AdminError::Refused(format!(
                "user {access_key} may have one of secret, secret_env and secret_file"
            )));
        }
    };
    let groups = entry.groups.map(|names| {
        let names: Result<Vec<_>, _> = names.iter().map(|n| group_name(n)).collect();
        names.map(unique)
    });
    let limits = entry.limits;
    let limits = limits.map(|limits| check_limits(&format!("user {access_key}"), limits));
    Ok(DesiredUser {
        line,
        access_key,
        secret,
        change: UserChange {
            secret: None,
            status: entry.status,
            policies: entry.policies.as_deref().map(policy_names).transpose()?,
            groups: groups.transpose()?,
            max_session_seconds: entry.max_session_seconds,
            limits: limits.transpose()?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(text: &str) -> Mistake {
        let file = File::parse(text).ok().unwrap();
        Desired::from_file(file, Path::new("/nonexistent")).unwrap_err()
    }

    #[test]
    fn mistakes_are_told_with_the_line_of_their_entry() {
        let cases = [
            (
                "settings: {max_session_seconds: 60}\n",
                1,
                "settings: max_session_seconds must be 900 to 604800",
            ),
            ("settings:\n  regions: [a b]\n", 2, "\"a b\" is no region"),
            (
                "policies:\n  - name: a\n",
                2,
                "policy a needs either document or document_file",
            ),
            (
                "policies:\n  - name: a,b\n",
                2,
                "policy \"a,b\" has no valid name: Member must satisfy regular expression pattern: [^,\\p{C}\\p{Z}]+( +[^,\\p{C}\\p{Z}]+)*",
            ),
            (
                "policies:\n  - name: a\n    document_file: a.json\n",
                2,
                "/nonexistent/a.json cannot be read: No such file or directory (os error 2)",
            ),
            (
                "policies:\n\n  - name: a\n    document:\n      Version: 2012-10-17\n      Statement: {Effect: Allow, Action: 's3:*', Resourse: '*'}\n",
                3,
                "policy a: Statement.Resourse: unknown element",
            ),
            (
                "groups:\n  - name: a\n  - name: b\n  - name: a\n",
                4,
                "a is declared twice",
            ),
            (
                "users:\n  - access_key: root\n",
                2,
                "user \"root\" cannot be: names have characters of A-Za-z0-9_+.@- and root is reserved",
            ),
            (
                "users:\n  - access_key: foobar\n    secret: foo12345\n    secret_env: X\n",
                2,
                "user foobar may have one of secret, secret_env and secret_file",
            ),
            (
                "users:\n  - access_key: foobar\n    secret_env: STS_NOT_SET\n",
                2,
                "environment variable STS_NOT_SET is not set",
            ),
        ];
        for (text, line, reason) in cases {
            let expected = Mistake {
                line,
                reason: reason.to_owned(),
            };
            assert_eq!(mistake(text), expected, "{text}");
        }
    }

    #[test]
    fn a_document_may_be_a_mapping_or_a_text() {
        let text = "policies:\n  - name: a\n    document: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}\n  - name: b\n    document: |\n      {\"Statement\": {\"Effect\": \"Deny\", \"Action\": \"s3:*\", \"Resource\": \"*\"}}\n";
        let desired = Desired::from_file(File::parse(text).ok().unwrap(), Path::new("")).unwrap();
        let documents: Vec<_> = desired
            .policies
            .iter()
            .map(|p| p.document.as_str())
            .collect();
        assert_eq!(
            documents,
            [
                r#"{"Statement":[{"Action":"s3:*","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}"#,
                r#"{"Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}"#,
            ]
        );
    }
}
