//! What changes between an item as it is and as it shall be.

use std::fmt;

use shared::model::SecretAccessKey;
use shared::store::{AttemptLimits, Change, IssueLimits, Status};

use super::{Item, Write};

/// Collects what changes; a wish that is fulfilled already becomes no wish.
#[derive(Default)]
pub(super) struct Differences(pub(super) Vec<String>);

impl Differences {
    pub(super) fn status(&mut self, desired: Option<Status>, stored: Status) -> Option<Status> {
        let status = desired.filter(|s| *s != stored)?;
        self.0
            .push(format!("{} -> {}", stored.as_str(), status.as_str()));
        Some(status)
    }

    /// Compares lists whose order means nothing.
    pub(super) fn list<T: Ord + fmt::Display>(
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

    pub(super) fn limit(&mut self, desired: Change<u32>, stored: Option<u32>) -> Change<u32> {
        let after = match desired {
            Change::Keep => return Change::Keep,
            Change::Set(seconds) => Some(seconds),
            Change::Remove => None,
        };
        if after == stored {
            return Change::Keep;
        }
        self.number("max_session_seconds", stored, after);
        desired
    }

    pub(super) fn of_issuing(
        &mut self,
        desired: Option<IssueLimits>,
        stored: IssueLimits,
    ) -> Option<IssueLimits> {
        let limits = desired.filter(|limits| *limits != stored)?;
        let (before, after) = (stored.issue_per_minute, limits.issue_per_minute);
        self.number("issue_per_minute", before, after);
        let (before, after) = (stored.max_live_sessions, limits.max_live_sessions);
        self.number("max_live_sessions", before, after);
        Some(limits)
    }

    pub(super) fn of_attempts(
        &mut self,
        desired: Option<AttemptLimits>,
        stored: AttemptLimits,
    ) -> Option<AttemptLimits> {
        let limits = desired.filter(|limits| *limits != stored)?;
        self.number(
            "failed_attempts per_source",
            stored.per_source,
            limits.per_source,
        );
        self.number(
            "failed_attempts per_subject",
            stored.per_subject,
            limits.per_subject,
        );
        Some(limits)
    }

    fn number(&mut self, name: &str, before: Option<u32>, after: Option<u32>) {
        let text = |limit: Option<u32>| limit.map_or("none".to_owned(), |n| n.to_string());
        if before != after {
            self.0
                .push(format!("{name} {} -> {}", text(before), text(after)));
        }
    }

    pub(super) fn secret(
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

    pub(super) fn into_item(self, kind: &'static str, name: String, write: Write) -> Item {
        Item {
            kind,
            name,
            write: (!self.0.is_empty()).then_some(write),
            details: self.0,
            roles: Vec::new(),
        }
    }
}
