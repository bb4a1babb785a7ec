//! The operator's settings, one item.

use std::future::Future;

use keys::Sealed;
use serde::Deserialize;

use super::{Change, StoreError};

/// An Open Policy Agent, which has to allow what policies allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpaSettings {
    /// The URL of a rule in its data API.
    pub url: String,
    /// The value of the `Authorization` header, sealed for the item of the settings.
    pub authorization: Option<Sealed>,
    /// Whether plain HTTP to another machine is fine.
    pub allow_http: bool,
}

/// How often somebody without credentials may fail in a minute; `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttemptLimits {
    /// From one address.
    pub per_source: Option<u32>,
    /// For one subject: what a token says of itself, proven or not.
    pub per_subject: Option<u32>,
}

/// The operator's settings, by `sts-admin apply`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The longest session that any caller may have, in seconds; the action's limit if `None`.
    pub max_session_seconds: Option<u32>,
    /// Regions that a signature's scope may name; every region, the empty one too, if empty.
    pub regions: Vec<String>,
    /// What condition keys begin with that somebody else supplies: commands that check policies
    /// do not warn about them.
    pub condition_keys: Vec<String>,
    /// How often callers who do not sign may fail.
    pub failed_attempts: AttemptLimits,
    /// Who else has to allow what guards of data let through; nobody if `None`.
    pub opa: Option<OpaSettings>,
}

impl Settings {
    /// The key of the settings' item.
    pub const ITEM_KEY: &str = "SETTINGS";
}

/// A change of the settings; what is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SettingsChange {
    /// The longest session that any caller may have, in seconds.
    pub max_session_seconds: Change<u32>,
    /// The regions that a signature's scope may name; any, if empty.
    pub regions: Option<Vec<String>>,
    /// What condition keys begin with that somebody else supplies, from now on.
    pub condition_keys: Option<Vec<String>>,
    /// How often callers who do not sign may fail, from now on.
    pub failed_attempts: Option<AttemptLimits>,
    /// Who else has to allow what guards of data let through.
    pub opa: Change<OpaSettings>,
}

/// Changes the settings.
pub trait ManageSettings: Sync {
    /// Changes some settings and leaves the others as they are by then.
    fn change_settings(
        &self,
        change: &SettingsChange,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Replaces the settings of Open Policy Agent, only if they are still those that were
    /// `read`.
    fn replace_opa(
        &self,
        read: &OpaSettings,
        opa: &OpaSettings,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}
