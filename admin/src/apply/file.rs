//! The form of the YAML file: entries of all kinds, each with its line.

use std::collections::HashMap;
use std::path::Path;

use operations::Error;
use operations::declaration::Desired;
use operations::item::Declared;
use operations::provider::ProviderDeclaration;
use operations::settings::DesiredSettings;
use operations::user::DesiredUser;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::error::AdminError;
use crate::group::GroupEntry;
use crate::plugin::PluginEntry;
use crate::policy::PolicyEntry;
use crate::settings::SettingsEntry;
use crate::user::UserEntry;
use crate::yaml::{self, Mistake};

/// The file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    settings: Option<Spanned<SettingsEntry>>,
    #[serde(default)]
    policies: Vec<Spanned<PolicyEntry>>,
    #[serde(default)]
    groups: Vec<Spanned<GroupEntry>>,
    #[serde(default)]
    users: Vec<Spanned<UserEntry>>,
    #[serde(default)]
    identity_plugins: Vec<Spanned<PluginEntry>>,
    #[serde(default)]
    openid_providers: Vec<Spanned<ProviderDeclaration>>,
}

/// The lines where items are declared, by kind and name.
#[derive(Debug, Default)]
pub(super) struct Lines(HashMap<(&'static str, String), u64>);

impl File {
    /// Parses the file's text.
    pub(super) fn parse(text: &str) -> Result<Self, Mistake> {
        yaml::parse(text)
    }

    /// Checks everything that the file says by itself; files that it names are looked for
    /// beside it, in `base`.
    pub(super) fn check(self, base: &Path) -> Result<(Desired, Lines), Mistake> {
        let mut lines = Lines::default();
        let desired = Desired {
            settings: match self.settings {
                Some(entry) => located(entry, |entry| entry.check(base))?,
                None => DesiredSettings::default(),
            },
            policies: lines.all(self.policies, |entry| entry.check(base))?,
            groups: lines.all(self.groups, GroupEntry::check)?,
            users: lines.all(self.users, |entry| entry.check(base))?,
            plugins: lines.all(self.identity_plugins, |entry| entry.check(base))?,
            providers: lines.all(self.openid_providers, |entry| Ok(entry.check()?))?,
        };
        Ok((desired, lines))
    }
}

impl Lines {
    /// The error as a mistake of the file, if it is about something that is declared there.
    pub(super) fn mistake(&self, error: &Error) -> Option<Mistake> {
        let (kind, name, reason) = match error {
            Error::Declaration { kind, name, .. } => (*kind, name, error.to_string()),
            Error::NoSecret(name) => {
                let needed = "secret, secret_env or secret_file";
                let reason = format!("user {name} is new and needs {needed}");
                (DesiredUser::KIND, name, reason)
            }
            _ => return None,
        };
        let line = *self.0.get(&(kind, name.clone()))?;
        Some(Mistake { line, reason })
    }

    /// Checks all entries of one kind; each name stands once.
    fn all<E, T: Declared>(
        &mut self,
        entries: Vec<Spanned<E>>,
        check: impl Fn(E) -> Result<T, AdminError>,
    ) -> Result<Vec<T>, Mistake> {
        let mut items = Vec::with_capacity(entries.len());
        for entry in entries {
            let line = entry.referenced.line();
            let item = located(entry, &check)?;
            let name = item.name().to_owned();
            if self.0.insert((T::KIND, name), line).is_some() {
                let reason = format!("{} is declared twice", item.name());
                return Err(Mistake { line, reason });
            }
            items.push(item);
        }
        Ok(items)
    }
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

#[cfg(test)]
mod tests {
    use operations::policy::DesiredPolicy;
    use shared::store::Change;

    use super::*;

    #[test]
    fn mistakes_are_told_with_their_line_and_no_value() {
        let user = |rest: &str| format!("users:\n  - access_key: foobar\n{rest}");
        let cases = [
            (
                "usrs: []\n".to_owned(),
                1,
                "unknown key usrs; did you mean users?",
            ),
            (
                "\nroles: []\n".to_owned(),
                2,
                "unknown key roles; known are settings, policies, groups, users, identity_plugins, openid_providers",
            ),
            (
                user("    polices: [hush-hush]\n"),
                3,
                "unknown key polices; did you mean policies?",
            ),
            (
                user("    secret: hush-hush\n    secret: hush-hush\n"),
                4,
                "key secret is given twice",
            ),
            (
                user("    secret: [hush-hush]\n"),
                3,
                "expected string scalar",
            ),
            (
                user("    secret: hush\n"),
                3,
                "Member must have length greater than or equal to 8",
            ),
            (
                user("    status: hush-hush\n"),
                3,
                "status is enabled or disabled",
            ),
            (user("    max_session_seconds: -1\n"), 3, "invalid u32"),
            (user("    hush-hush\n"), 3, "simple key expected ':'"),
            (user("    secret: \"hush-hush\n"), 3, "unclosed quote"),
            (
                "users: []\n---\nusers: []\n".to_owned(),
                3,
                "a second document begins here",
            ),
            (
                "users:\n  - secret: hush-hush\n".to_owned(),
                2,
                "missing field `access_key`",
            ),
        ];
        for (text, line, reason) in cases {
            let mistake = File::parse(&text).err().unwrap();
            assert_eq!(
                (mistake.line, mistake.reason.as_str()),
                (line, reason),
                "{text}"
            );
        }
    }

    #[test]
    fn absent_null_and_given_are_three_things() {
        let limit = |yaml: &str| {
            let file = File::parse(&format!("settings: {yaml}\n")).ok().unwrap();
            file.settings.unwrap().value.max_session_seconds
        };
        assert_eq!(limit("{}"), Change::Keep);
        assert_eq!(limit("{max_session_seconds: null}"), Change::Remove);
        assert_eq!(limit("{max_session_seconds: 900}"), Change::Set(900));
    }

    #[test]
    fn scalars_that_look_like_numbers_stay_texts() {
        let file = File::parse("users:\n  - access_key: 0123\n    secret: 0123456789\n");
        let user = file.ok().unwrap().users.remove(0).value;
        assert_eq!(user.access_key, "0123");
        assert_eq!(user.secret.unwrap().expose(), "0123456789");
    }

    #[test]
    fn an_empty_file_wants_nothing() {
        for text in ["", "# nothing\n", "{}\n"] {
            assert!(File::parse(text).ok().unwrap().users.is_empty(), "{text}");
        }
    }

    fn mistake(text: &str) -> Mistake {
        let file = File::parse(text).ok().unwrap();
        file.check(Path::new("/nonexistent")).unwrap_err()
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
        let file = File::parse(text).ok().unwrap();
        let (desired, _) = file.check(Path::new("")).unwrap();
        let documents: Vec<_> = desired
            .policies
            .iter()
            .map(DesiredPolicy::document)
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
