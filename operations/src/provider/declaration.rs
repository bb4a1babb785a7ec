//! An OpenID provider as operators write it down, and as they see it.

use std::collections::BTreeMap;

use domain::jwt::{DEFAULT_ALGORITHMS, KeySet, is_reserved_claim};
use domain::outbound::check_configured;
use model::{PolicyName, SessionDuration};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use store::{Grant, IssueLimits, KeySource, LongDurations, MissingPolicies, OpenIdProvider};

use crate::error::Error;
use crate::limits::{check_issuing, check_seconds};
use crate::names::{check_item_name, policy_names, unique};
use crate::references::check_role_policies;

/// What follows an issuer in the URL of its discovery document (Discovery 1.0 section 4).
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// The claims that are kept with a session unless the operator says otherwise.
pub const DEFAULT_KEPT: [&str; 10] = [
    "sub",
    "iss",
    "aud",
    "azp",
    "groups",
    "email",
    "preferred_username",
    "name",
    "scope",
    "jti",
];

/// The most client ids of one provider: each may be a role, and all roles are written at once.
const MAX_CLIENTS: usize = 40;

/// The longest of a provider's texts, such as its issuer, in characters.
const MAX_TEXT: usize = 512;

/// How far a provider's clock may be off, in seconds; and how far it is expected to be.
const MAX_LEEWAY: u32 = 300;
const DEFAULT_LEEWAY: u32 = 60;

/// How long any token may be, in characters.
const TOKEN_LENGTH: std::ops::RangeInclusive<u32> = 4..=20_000;

/// How long a session of an identity token may be, in seconds.
const SESSION_SECONDS: std::ops::RangeInclusive<i64> =
    900..=SessionDuration::LONGEST_OF_ROLE.secs() as i64;

/// A provider as it is written down. What is left out has its default; whether the provider
/// is enabled stays as it is then.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderDeclaration {
    /// The name, which is a part of other names.
    pub name: String,
    /// The URL of the discovery document.
    pub config_url: Option<String>,
    /// The URL of the key set.
    pub jwks_url: Option<String>,
    /// The key set itself, as a mapping or as a text of JSON.
    pub jwks: Option<Value>,
    /// The issuer of its tokens; by default the place of the discovery document implies it.
    pub issuer: Option<String>,
    /// The audiences of its tokens, at least one.
    pub client_ids: Vec<String>,
    /// The accepted algorithms; all that are possible by default.
    pub algorithms: Option<Vec<String>>,
    /// The claim that names policies; `policy` by default.
    pub claim_name: Option<String>,
    /// What stands before the claim's name.
    pub claim_prefix: Option<String>,
    /// The policies of the provider's roles, in place of a claim.
    pub role_policies: Option<Vec<String>>,
    /// The claim that holds the user's groups.
    pub groups_claim: Option<String>,
    /// Scopes that a token must have.
    #[serde(default)]
    pub scopes_required: Vec<String>,
    /// How far the provider's clock may be off, in seconds; 60 by default.
    pub leeway_seconds: Option<u32>,
    /// The longest session, in seconds; the action's limit by default.
    pub max_session_seconds: Option<u32>,
    /// How much may be issued by the provider.
    #[serde(default)]
    pub limits: IssueLimits,
    /// Whether a session may live longer than the token that opened it.
    #[serde(default)]
    pub outlive_token: bool,
    /// What becomes of a `DurationSeconds` that is too long.
    #[serde(default, deserialize_with = "long_durations")]
    pub long_durations: LongDurations,
    /// The longest token, in characters.
    pub max_token_length: Option<u32>,
    /// What becomes of a token whose claim names policies that do not exist.
    #[serde(default, deserialize_with = "missing_policies")]
    pub missing_policies: Option<MissingPolicies>,
    /// Whether each token is good for one session only.
    #[serde(default)]
    pub single_use: bool,
    /// The claims that are kept with a session; [`DEFAULT_KEPT`] by default.
    pub kept_claims: Option<Vec<String>>,
    /// Whether it may issue.
    pub enabled: Option<bool>,
    /// Whether plain HTTP to another machine is fine.
    #[serde(default)]
    pub allow_http: bool,
}

/// A provider that was checked alone.
#[derive(Debug)]
pub struct DesiredProvider {
    /// The provider, enabled.
    pub(super) provider: OpenIdProvider,
    /// Whether the operator gave the issuer; else the place of the discovery document implies it.
    pub(super) issuer_given: bool,
    /// `None` leaves a provider that is there as it is.
    pub(super) enabled: Option<bool>,
}

impl ProviderDeclaration {
    /// Checks everything that the entry says by itself.
    pub fn check(self) -> Result<DesiredProvider, Error> {
        check_item_name("provider", &self.name)?;
        let whose = format!("provider {}", self.name);
        check_seconds(&whose, self.max_session_seconds, SESSION_SECONDS)?;
        check_issuing(&whose, self.limits)?;
        let invalid = |reason| Error::Invalid(format!("{whose}: {reason}"));
        self.check_values().map_err(invalid)?;
        let (enabled, issuer_given) = (self.enabled, self.issuer.is_some());
        Ok(DesiredProvider {
            provider: self.into_provider().map_err(invalid)?,
            issuer_given,
            enabled,
        })
    }

    fn into_provider(self) -> Result<OpenIdProvider, String> {
        Ok(OpenIdProvider {
            id: None,
            role_ids: BTreeMap::new(),
            issuer: self.checked_issuer()?,
            keys: self.key_source()?,
            algorithms: self.checked_algorithms()?,
            grant: self.grant()?,
            kept_claims: self.checked_kept_claims()?,
            name: self.name,
            client_ids: unique(self.client_ids),
            groups_claim: self.groups_claim,
            scopes_required: unique(self.scopes_required),
            leeway_seconds: self.leeway_seconds.unwrap_or(DEFAULT_LEEWAY),
            max_session_seconds: self.max_session_seconds,
            limits: self.limits,
            outlive_token: self.outlive_token,
            long_durations: self.long_durations,
            max_token_length: self.max_token_length,
            missing_policies: self.missing_policies.unwrap_or_default(),
            single_use: self.single_use,
            allow_http: self.allow_http,
            enabled: true,
        })
    }

    fn check_values(&self) -> Result<(), String> {
        if self.client_ids.is_empty() {
            return Err("it needs at least one of client_ids".to_owned());
        }
        if self.client_ids.len() > MAX_CLIENTS {
            return Err(format!("it may have {MAX_CLIENTS} client_ids at most"));
        }
        let texts = [
            ("issuer", self.issuer.as_slice()),
            ("client_ids", &self.client_ids),
            ("claim_name", self.claim_name.as_slice()),
            ("groups_claim", self.groups_claim.as_slice()),
            ("scopes_required", &self.scopes_required),
        ];
        for (key, texts) in texts {
            if !texts.iter().all(|text| is_text(text)) {
                return Err(format!(
                    "{key} must have 1 to {MAX_TEXT} characters and no white space"
                ));
            }
        }
        if self.leeway_seconds.is_some_and(|s| s > MAX_LEEWAY) {
            return Err(format!("leeway_seconds must be 0 to {MAX_LEEWAY}"));
        }
        if self
            .max_token_length
            .is_some_and(|l| !TOKEN_LENGTH.contains(&l))
        {
            return Err(format!(
                "max_token_length must be {} to {}",
                TOKEN_LENGTH.start(),
                TOKEN_LENGTH.end()
            ));
        }
        Ok(())
    }

    fn key_source(&self) -> Result<KeySource, String> {
        let checked = |key: &str, url: &String| match check_configured(url, self.allow_http) {
            Ok(()) => Ok(url.clone()),
            Err(error) => Err(format!("{key}: {error}")),
        };
        match (&self.config_url, &self.jwks_url, &self.jwks) {
            (Some(url), None, None) => checked("config_url", url).map(KeySource::ConfigUrl),
            (None, Some(url), None) => checked("jwks_url", url).map(KeySource::JwksUrl),
            (None, None, Some(keys)) => inline_keys(keys).map(KeySource::Jwks),
            _ => Err("it needs one of config_url, jwks_url and jwks".to_owned()),
        }
    }

    /// The issuer that is given, or the one that the place of the discovery document implies.
    fn checked_issuer(&self) -> Result<String, String> {
        if let Some(issuer) = &self.issuer {
            return Ok(issuer.clone());
        }
        let implied = self
            .config_url
            .as_ref()
            .and_then(|url| url.strip_suffix(DISCOVERY));
        let implied = implied.filter(|issuer| is_text(issuer));
        implied.map(str::to_owned).ok_or_else(|| {
            format!("it needs an issuer, as its config_url does not end with {DISCOVERY}")
        })
    }

    fn checked_algorithms(&self) -> Result<Vec<String>, String> {
        let Some(algorithms) = &self.algorithms else {
            return Ok(DEFAULT_ALGORITHMS.map(str::to_owned).to_vec());
        };
        let known = |name: &&String| DEFAULT_ALGORITHMS.contains(&name.as_str());
        match algorithms.iter().find(|name| !known(name)) {
            Some(name) => Err(format!(
                "algorithm {name:?} cannot be; possible are {}",
                DEFAULT_ALGORITHMS.join(", ")
            )),
            None if algorithms.is_empty() => Err("it needs at least one of algorithms".to_owned()),
            None => Ok(unique(algorithms.clone())),
        }
    }

    fn grant(&self) -> Result<Grant, String> {
        let claim = self.claim_name.as_ref().or(self.claim_prefix.as_ref());
        match (&self.role_policies, claim) {
            (Some(_), Some(_)) => {
                Err("it has either role_policies or a claim that names policies".to_owned())
            }
            (Some(_), None) if self.missing_policies.is_some() => {
                Err("missing_policies is for a claim that names policies".to_owned())
            }
            (Some(policies), None) => role_policies(policies)
                .map(Grant::Role)
                .map_err(|error| error.to_string()),
            (None, _) => Ok(Grant::Claim(format!(
                "{}{}",
                self.claim_prefix.as_deref().unwrap_or_default(),
                self.claim_name.as_deref().unwrap_or("policy")
            ))),
        }
    }

    fn checked_kept_claims(&self) -> Result<Vec<String>, String> {
        let Some(claims) = &self.kept_claims else {
            return Ok(DEFAULT_KEPT.map(str::to_owned).to_vec());
        };
        match claims.iter().find(|name| is_unusable_claim(name)) {
            Some(name) => Err(format!("claim {name:?} is reserved and cannot be kept")),
            None => Ok(unique(claims.clone())),
        }
    }
}

/// A provider as operators see it.
pub fn view(provider: &OpenIdProvider) -> Value {
    let keys = match &provider.keys {
        KeySource::ConfigUrl(url) => format!("config_url {url}"),
        KeySource::JwksUrl(url) => format!("jwks_url {url}"),
        KeySource::Jwks(_) => "jwks".to_owned(),
    };
    let (claim, policies) = match &provider.grant {
        Grant::Claim(claim) => (Some(claim), [].as_slice()),
        Grant::Role(policies) => (None, policies.as_slice()),
    };
    let role_arns: Vec<String> = provider.role_arns().map(|arn| arn.to_string()).collect();
    json!({
        "name": provider.name,
        "status": provider.status().as_str(),
        "issuer": provider.issuer,
        "keys": keys,
        "client_ids": provider.client_ids,
        "role_arns": role_arns,
        "role_policies": policies.iter().map(PolicyName::as_str).collect::<Vec<_>>(),
        "claim": claim,
        "algorithms": provider.algorithms,
        "groups_claim": provider.groups_claim,
        "scopes_required": provider.scopes_required,
        "leeway_seconds": provider.leeway_seconds,
        "max_session_seconds": provider.max_session_seconds,
        "issue_per_minute": provider.limits.issue_per_minute,
        "max_live_sessions": provider.limits.max_live_sessions,
        "outlive_token": provider.outlive_token,
        "long_durations": provider.long_durations.as_str(),
        "max_token_length": provider.max_token_length,
        "missing_policies": provider.missing_policies.as_str(),
        "single_use": provider.single_use,
        "kept_claims": provider.kept_claims,
        "allow_http": provider.allow_http,
    })
}

fn role_policies(names: &[String]) -> Result<Vec<PolicyName>, Error> {
    let policies = policy_names(names)?;
    check_role_policies(&policies)?;
    Ok(policies)
}

/// Messages repeat no value, so the variants are not left to `serde`.
fn missing_policies<'de, D: Deserializer<'de>>(
    value: D,
) -> Result<Option<MissingPolicies>, D::Error> {
    let text: Option<String> = Deserialize::deserialize(value)?;
    let parse = |text: String| {
        MissingPolicies::parse(&text)
            .ok_or_else(|| serde::de::Error::custom("missing_policies is refuse or skip"))
    };
    text.map(parse).transpose()
}

/// A key set, written as a mapping or as a text of JSON, with at least one usable key.
fn inline_keys(keys: &Value) -> Result<String, String> {
    let text = match keys {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    let set = KeySet::parse(text.as_bytes()).map_err(|error| format!("jwks: {error}"))?;
    if set.is_empty() {
        return Err("jwks: no key is usable".to_owned());
    }
    Ok(text)
}

fn long_durations<'de, D: Deserializer<'de>>(value: D) -> Result<LongDurations, D::Error> {
    LongDurations::parse(&String::deserialize(value)?)
        .ok_or_else(|| serde::de::Error::custom("long_durations is refuse or clamp"))
}

fn is_text(text: &str) -> bool {
    let length = text.chars().count();
    (1..=MAX_TEXT).contains(&length) && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn is_unusable_claim(name: &str) -> bool {
    name.is_empty() || is_reserved_claim(name)
}

#[cfg(test)]
mod tests;
