//! Settings that a file wants.

use std::path::Path;

use shared::store::{AttemptLimits, Change};

use super::super::file::SettingsEntry;
use crate::error::AdminError;
use crate::limits::check_attempts;
use crate::lint::is_beginning;
use crate::names::{SESSION_SECONDS, check_seconds, unique};
use crate::opa::OpaDefinition;

/// Settings; what the file leaves out is `None`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct DesiredSettings {
    pub(crate) max_session_seconds: Change<u32>,
    pub(crate) regions: Option<Vec<String>>,
    pub(crate) condition_keys: Option<Vec<String>>,
    pub(crate) failed_attempts: Option<AttemptLimits>,
    pub(crate) opa: Change<OpaDefinition>,
}

/// Checks everything that the entry says by itself.
pub(super) fn check(entry: SettingsEntry, base: &Path) -> Result<DesiredSettings, AdminError> {
    check_seconds("settings", set(entry.max_session_seconds), SESSION_SECONDS)?;
    let usable = |region: &String| {
        region
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"/,=".contains(&b))
    };
    if let Some(region) = entry.regions.iter().flatten().find(|r| !usable(r)) {
        return Err(AdminError::Refused(format!("{region:?} is no region")));
    }
    let mut declared = entry.condition_keys.iter().flatten();
    if let Some(key) = declared.find(|key| !is_beginning(key)) {
        return Err(AdminError::Refused(format!(
            "{key:?} is no beginning of a condition key"
        )));
    }
    Ok(DesiredSettings {
        max_session_seconds: entry.max_session_seconds,
        regions: entry.regions.map(unique),
        condition_keys: entry.condition_keys.map(unique),
        failed_attempts: entry.failed_attempts.map(check_attempts).transpose()?,
        opa: match entry.opa {
            Change::Keep => Change::Keep,
            Change::Set(opa) => Change::Set(opa.check(base)?),
            Change::Remove => Change::Remove,
        },
    })
}

/// The number that is set, if one is.
pub(super) const fn set(change: Change<u32>) -> Option<u32> {
    match change {
        Change::Set(number) => Some(number),
        Change::Keep | Change::Remove => None,
    }
}
