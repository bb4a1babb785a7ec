//! Settings of the whole service, as a file says them.

use std::path::{Path, PathBuf};

use operations::authorization::Authorization;
use operations::settings::DesiredSettings;
use serde::Deserialize;
use shared::store::{AttemptLimits, Change, OpaSettings, SettingsChange};

use crate::error::AdminError;
use crate::secret::authorization;
use crate::yaml;

/// Settings as they are written down; what is left out stays as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsEntry {
    #[serde(default, deserialize_with = "yaml::change")]
    pub(crate) max_session_seconds: Change<u32>,
    regions: Option<Vec<String>>,
    condition_keys: Option<Vec<String>>,
    failed_attempts: Option<AttemptLimits>,
    #[serde(default, deserialize_with = "yaml::change")]
    opa: Change<OpaEntry>,
}

/// Open Policy Agent as it is written down: as a whole.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OpaEntry {
    url: String,
    auth_token: Option<Authorization>,
    auth_token_env: Option<String>,
    auth_token_file: Option<PathBuf>,
    #[serde(default)]
    allow_http: bool,
}

impl SettingsEntry {
    /// Checks everything that the entry says by itself; a file that it names is looked for in
    /// `base`.
    pub(crate) fn check(self, base: &Path) -> Result<DesiredSettings, AdminError> {
        let (opa, authorization) = match self.opa {
            Change::Keep => (Change::Keep, None),
            Change::Remove => (Change::Remove, None),
            Change::Set(entry) => {
                let (opa, authorization) = entry.read(base)?;
                (Change::Set(opa), authorization)
            }
        };
        let change = SettingsChange {
            max_session_seconds: self.max_session_seconds,
            regions: self.regions,
            condition_keys: self.condition_keys,
            failed_attempts: self.failed_attempts,
            opa,
        };
        Ok(DesiredSettings::new(change, authorization)?)
    }
}

impl OpaEntry {
    /// The agent, and the authorization that it expects.
    fn read(self, base: &Path) -> Result<(OpaSettings, Option<Authorization>), AdminError> {
        let token = (self.auth_token, self.auth_token_env, self.auth_token_file);
        let opa = OpaSettings {
            url: self.url,
            authorization: None,
            allow_http: self.allow_http,
        };
        Ok((opa, authorization("opa", token, base)?))
    }
}
