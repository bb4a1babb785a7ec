//! How a provider is written into its issuer's item: as JSON, in a form of its own.
//!
//! Versions of this service run side by side while one is deployed. A form is read without what
//! it has beyond this version's, and with defaults for what older versions did not write.

use std::collections::BTreeMap;

use model::{PolicyName, UniqueId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{
    Grant, IssueLimits, KeySource, LongDurations, MissingPolicies, OpenIdProvider, StoreError,
};

/// The member that holds the limits, which are members themselves.
const LIMITS: &str = "limits";

/// Reads a provider; `None` if it is none.
pub(super) fn read(json: &str) -> Option<OpenIdProvider> {
    serde_json::from_str(json).ok().map(Form::into_provider)
}

/// Writes a provider.
pub(super) fn write(provider: &OpenIdProvider) -> Result<String, StoreError> {
    serde_json::to_string(&Form::of(provider)).map_err(unwritable)
}

/// Writes a provider in the place of an older form of it, whose members of newer versions stay.
pub(super) fn write_over(replaced: &str, provider: &OpenIdProvider) -> Result<String, StoreError> {
    let mut whole: Value = serde_json::from_str(replaced).map_err(unwritable)?;
    let form = serde_json::to_value(Form::of(provider)).map_err(unwritable)?;
    overlay(&mut whole, form);
    serde_json::to_string(&whole).map_err(unwritable)
}

/// Replaces the members that a form has, and within its limits as well.
fn overlay(whole: &mut Value, form: Value) {
    match (whole, form) {
        (Value::Object(whole), Value::Object(form)) => {
            for (name, value) in form {
                match whole.get_mut(&name) {
                    Some(limits) if name == LIMITS => overlay(limits, value),
                    _ => drop(whole.insert(name, value)),
                }
            }
        }
        (whole, form) => *whole = form,
    }
}

fn unwritable(error: serde_json::Error) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

#[derive(Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the settings of a provider, which are independent"
)]
struct Form {
    #[serde(default)]
    id: Option<UniqueId>,
    #[serde(default)]
    role_ids: BTreeMap<String, UniqueId>,
    name: String,
    issuer: String,
    keys: KeysForm,
    client_ids: Vec<String>,
    algorithms: Vec<String>,
    grant: GrantForm,
    #[serde(default)]
    groups_claim: Option<String>,
    scopes_required: Vec<String>,
    #[serde(default)]
    leeway_seconds: u32,
    #[serde(default)]
    max_session_seconds: Option<u32>,
    #[serde(default)]
    limits: LimitsForm,
    #[serde(default)]
    outlive_token: bool,
    #[serde(default)]
    long_durations: LongDurationsForm,
    #[serde(default)]
    max_token_length: Option<u32>,
    #[serde(default)]
    missing_policies: MissingPoliciesForm,
    single_use: bool,
    #[serde(default)]
    kept_claims: Vec<String>,
    #[serde(default)]
    allow_http: bool,
    enabled: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeysForm {
    ConfigUrl(String),
    JwksUrl(String),
    Jwks(String),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum GrantForm {
    Claim(String),
    Role(Vec<PolicyName>),
}

#[derive(Default, Serialize, Deserialize)]
struct LimitsForm {
    #[serde(default)]
    issue_per_minute: Option<u32>,
    #[serde(default)]
    max_live_sessions: Option<u32>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LongDurationsForm {
    #[default]
    Refuse,
    Clamp,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MissingPoliciesForm {
    Refuse,
    #[default]
    Skip,
}

impl Form {
    fn of(provider: &OpenIdProvider) -> Self {
        let provider = provider.clone();
        Self {
            keys: match provider.keys {
                KeySource::ConfigUrl(url) => KeysForm::ConfigUrl(url),
                KeySource::JwksUrl(url) => KeysForm::JwksUrl(url),
                KeySource::Jwks(document) => KeysForm::Jwks(document),
            },
            grant: match provider.grant {
                Grant::Claim(path) => GrantForm::Claim(path),
                Grant::Role(policies) => GrantForm::Role(policies),
            },
            limits: LimitsForm {
                issue_per_minute: provider.limits.issue_per_minute,
                max_live_sessions: provider.limits.max_live_sessions,
            },
            long_durations: match provider.long_durations {
                LongDurations::Refuse => LongDurationsForm::Refuse,
                LongDurations::Clamp => LongDurationsForm::Clamp,
            },
            missing_policies: match provider.missing_policies {
                MissingPolicies::Refuse => MissingPoliciesForm::Refuse,
                MissingPolicies::Skip => MissingPoliciesForm::Skip,
            },
            id: provider.id,
            role_ids: provider.role_ids,
            name: provider.name,
            issuer: provider.issuer,
            client_ids: provider.client_ids,
            algorithms: provider.algorithms,
            groups_claim: provider.groups_claim,
            scopes_required: provider.scopes_required,
            leeway_seconds: provider.leeway_seconds,
            max_session_seconds: provider.max_session_seconds,
            outlive_token: provider.outlive_token,
            max_token_length: provider.max_token_length,
            single_use: provider.single_use,
            kept_claims: provider.kept_claims,
            allow_http: provider.allow_http,
            enabled: provider.enabled,
        }
    }

    fn into_provider(self) -> OpenIdProvider {
        OpenIdProvider {
            keys: match self.keys {
                KeysForm::ConfigUrl(url) => KeySource::ConfigUrl(url),
                KeysForm::JwksUrl(url) => KeySource::JwksUrl(url),
                KeysForm::Jwks(document) => KeySource::Jwks(document),
            },
            grant: match self.grant {
                GrantForm::Claim(path) => Grant::Claim(path),
                GrantForm::Role(policies) => Grant::Role(policies),
            },
            limits: IssueLimits {
                issue_per_minute: self.limits.issue_per_minute,
                max_live_sessions: self.limits.max_live_sessions,
            },
            long_durations: match self.long_durations {
                LongDurationsForm::Refuse => LongDurations::Refuse,
                LongDurationsForm::Clamp => LongDurations::Clamp,
            },
            missing_policies: match self.missing_policies {
                MissingPoliciesForm::Refuse => MissingPolicies::Refuse,
                MissingPoliciesForm::Skip => MissingPolicies::Skip,
            },
            id: self.id,
            role_ids: self.role_ids,
            name: self.name,
            issuer: self.issuer,
            client_ids: self.client_ids,
            algorithms: self.algorithms,
            groups_claim: self.groups_claim,
            scopes_required: self.scopes_required,
            leeway_seconds: self.leeway_seconds,
            max_session_seconds: self.max_session_seconds,
            outlive_token: self.outlive_token,
            max_token_length: self.max_token_length,
            single_use: self.single_use,
            kept_claims: self.kept_claims,
            allow_http: self.allow_http,
            enabled: self.enabled,
        }
    }
}
