//! What changes between an item as it is and as it shall be.

use std::fmt;

use model::SecretAccessKey;
use serde_json::Value;
use store::{AttemptLimits, Change, IssueLimits, Status};

/// Collects what changes; a wish that is fulfilled already becomes no wish.
#[derive(Debug, Default)]
pub(crate) struct Differences(pub(crate) Vec<String>);

impl Differences {
    pub(crate) fn status(&mut self, desired: Option<Status>, stored: Status) -> Option<Status> {
        let status = desired.filter(|s| *s != stored)?;
        self.0
            .push(format!("{} -> {}", stored.as_str(), status.as_str()));
        Some(status)
    }

    /// Compares lists whose order means nothing.
    pub(crate) fn list<T: Ord + fmt::Display>(
        &mut self,
        attribute: &str,
        desired: Option<Vec<T>>,
        stored: &[T],
    ) -> Option<Vec<T>> {
        let sorted = |list: &[T]| -> Vec<String> {
            let mut list: Vec<&T> = list.iter().collect();
            list.sort();
            list.into_iter().map(ToString::to_string).collect()
        };
        let desired = desired?;
        let (before, after) = (sorted(stored), sorted(&desired));
        if before == after {
            return None;
        }
        self.0.push(format!(
            "{attribute} [{}] -> [{}]",
            before.join(", "),
            after.join(", ")
        ));
        Some(desired)
    }

    /// Compares numbers that may be left out.
    pub(crate) fn number(
        &mut self,
        attribute: &str,
        desired: Change<u32>,
        stored: Option<u32>,
    ) -> Change<u32> {
        let after = match desired {
            Change::Keep => return Change::Keep,
            Change::Set(number) => Some(number),
            Change::Remove => None,
        };
        if after == stored {
            return Change::Keep;
        }
        self.numbers(attribute, stored, after);
        desired
    }

    pub(crate) fn of_issuing(
        &mut self,
        desired: Option<IssueLimits>,
        stored: IssueLimits,
    ) -> Option<IssueLimits> {
        let limits = desired.filter(|limits| *limits != stored)?;
        let (before, after) = (stored.issue_per_minute, limits.issue_per_minute);
        self.numbers("issue_per_minute", before, after);
        let (before, after) = (stored.max_live_sessions, limits.max_live_sessions);
        self.numbers("max_live_sessions", before, after);
        Some(limits)
    }

    pub(crate) fn of_attempts(
        &mut self,
        desired: Option<AttemptLimits>,
        stored: AttemptLimits,
    ) -> Option<AttemptLimits> {
        let limits = desired.filter(|limits| *limits != stored)?;
        let (before, after) = (stored.per_source, limits.per_source);
        self.numbers("failed_attempts per_source", before, after);
        let (before, after) = (stored.per_subject, limits.per_subject);
        self.numbers("failed_attempts per_subject", before, after);
        Some(limits)
    }

    fn numbers(&mut self, attribute: &str, before: Option<u32>, after: Option<u32>) {
        let text = |limit: Option<u32>| limit.map_or("none".to_owned(), |n| n.to_string());
        if before != after {
            self.0
                .push(format!("{attribute} {} -> {}", text(before), text(after)));
        }
    }

    pub(crate) fn secret(
        &mut self,
        desired: Option<SecretAccessKey>,
        stored: Option<&SecretAccessKey>,
    ) -> Option<SecretAccessKey> {
        let secret = desired?;
        if stored.is_some_and(|s| s.matches(secret.expose())) {
            return None;
        }
        self.0.push("secret changed".to_owned());
        Some(secret)
    }
}

/// The members in which two views of an item differ.
pub(crate) fn of_views(before: &Value, after: &Value) -> Vec<String> {
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
