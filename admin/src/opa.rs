//! What an operator says about Open Policy Agent, in the settings of a file.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use shared::outbound::check_configured;
use shared::store::OpaSettings;

use crate::authorization::Authorization;
use crate::error::AdminError;

/// Open Policy Agent as it is written down: as a whole.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpaEntry {
    url: String,
    auth_token: Option<Authorization>,
    auth_token_env: Option<String>,
    auth_token_file: Option<PathBuf>,
    #[serde(default)]
    allow_http: bool,
}

/// Open Policy Agent as it was checked, with a secret that is not sealed yet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OpaDefinition {
    /// The settings, without authorization.
    pub(crate) settings: OpaSettings,
    pub(crate) authorization: Option<Authorization>,
}

impl OpaEntry {
    /// Checks everything that the entry says by itself; a file that it names is looked for in
    /// `base`.
    pub(crate) fn check(self, base: &Path) -> Result<OpaDefinition, AdminError> {
        check_configured(&self.url, self.allow_http)
            .map_err(|error| AdminError::Refused(format!("opa: url: {error}")))?;
        let token = (self.auth_token, self.auth_token_env, self.auth_token_file);
        Ok(OpaDefinition {
            authorization: Authorization::find("opa", token, base)?,
            settings: OpaSettings {
                url: self.url,
                authorization: None,
                allow_http: self.allow_http,
            },
        })
    }
}
