//! `provider from-env`: the provider of a set-up that comes from `MinIO`.

use operations::names::unique;
use operations::provider::{DEFAULT_KEPT, ProviderDeclaration};

use super::args::ProviderEnvArgs;
use crate::error::AdminError;
use crate::input::{comma_separated, optional_variable, required_variable, variables_with};

/// What the variables of `MinIO`'s OpenID providers begin with.
const PREFIX: &str = "MINIO_IDENTITY_OPENID_";

/// The variables that say what the provider is, without [`PREFIX`].
const READ: [&str; 7] = [
    "CLAIM_NAME",
    "CLAIM_PREFIX",
    "CLAIM_USERINFO",
    "CLIENT_ID",
    "CONFIG_URL",
    "ENABLE",
    "ROLE_POLICY",
];

const LOG_IN: &str = "only a log-in in a browser needs it";
const LOOK_UP: &str = "users are not looked up at the provider";
const SUBJECT: &str = "users are told apart by the claim sub";

/// The variables that mean nothing here, and why.
const UNREAD: [(&str, &str); 12] = [
    ("CLIENT_SECRET", LOG_IN),
    ("COMMENT", "it is for people"),
    ("DISPLAY_NAME", LOG_IN),
    (
        "JWKS_URL",
        "keys come from CONFIG_URL or MINIO_IAM_JWKS_URL",
    ),
    ("KEYCLOAK_ADMIN_URL", LOOK_UP),
    ("KEYCLOAK_REALM", LOOK_UP),
    ("REDIRECT_URI", LOG_IN),
    ("REDIRECT_URI_DYNAMIC", LOG_IN),
    ("SCOPES", LOG_IN),
    ("USER_ID_CLAIM", SUBJECT),
    ("USER_READABLE_CLAIM", SUBJECT),
    ("VENDOR", LOOK_UP),
];

/// The claims that `MinIO`'s documentation offers to policies as `jwt:<name>`.
const MINIO_CLAIMS: [&str; 22] = [
    "sub",
    "iss",
    "aud",
    "jti",
    "upn",
    "name",
    "groups",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "gender",
    "birthdate",
    "phone_number",
    "address",
    "scope",
    "client_id",
];

/// The provider, and what the operator has to know of variables that it does not follow.
/// There, a role goes with the claim's default name.
pub(super) fn read(
    arguments: ProviderEnvArgs,
) -> Result<(ProviderDeclaration, Vec<String>), AdminError> {
    refuse_userinfo()?;
    let config_url = text("CONFIG_URL");
    let jwks_url = optional_variable("MINIO_IAM_JWKS_URL").map(|url| url.as_str().to_owned());
    let client_id = required_variable(&variable("CLIENT_ID"))?;
    let role_policies = text("ROLE_POLICY").map(|policies| comma_separated(&policies));
    let claim_name = text("CLAIM_NAME");
    let kept = DEFAULT_KEPT.iter().chain(&MINIO_CLAIMS);
    let is_off = text("ENABLE").is_some_and(|enable| says_off(&enable));
    let entry = ProviderDeclaration {
        name: arguments.name,
        jwks_url: jwks_url.filter(|_| config_url.is_none()),
        config_url,
        issuer: arguments.options.issuer,
        client_ids: vec![client_id.as_str().to_owned()],
        claim_name: claim_name.filter(|name| role_policies.is_none() || name != "policy"),
        claim_prefix: text("CLAIM_PREFIX"),
        role_policies,
        long_durations: arguments.options.long_durations.unwrap_or_default(),
        kept_claims: Some(unique(kept.map(|&claim| claim.to_owned()).collect())),
        enabled: is_off.then_some(false),
        allow_http: arguments.options.allow_http,
        ..ProviderDeclaration::default()
    };
    Ok((entry, notes()))
}

/// Claims that only the provider's endpoint for user information has would be missing.
fn refuse_userinfo() -> Result<(), AdminError> {
    if text("CLAIM_USERINFO").is_none_or(|userinfo| says_off(&userinfo)) {
        return Ok(());
    }
    Err(AdminError::Refused(format!(
        "{} is on, but claims count only where the token has them: have the provider put them there, and turn it off",
        variable("CLAIM_USERINFO")
    )))
}

/// A line for each variable that is set and not followed.
fn notes() -> Vec<String> {
    let names = variables_with(PREFIX);
    let keys = names.iter().filter_map(|name| name.strip_prefix(PREFIX));
    keys.filter_map(|key| {
        Some(format!(
            "{} is not read: {}",
            variable(key),
            why_unread(key)?
        ))
    })
    .collect()
}

/// Why a variable is not followed; `None` if it is.
fn why_unread(key: &str) -> Option<&'static str> {
    if READ.contains(&key) {
        return None;
    }
    if let Some((_, reason)) = UNREAD.iter().find(|(unread, _)| *unread == key) {
        return Some(reason);
    }
    let mut known = READ.iter().chain(UNREAD.iter().map(|(unread, _)| unread));
    let suffixed = |known: &&str| {
        let suffix = key.strip_prefix(*known);
        suffix.is_some_and(|suffix| suffix.starts_with('_'))
    };
    Some(if known.any(suffixed) {
        "it is of another provider, which takes a run of its own without the suffix"
    } else {
        "nothing is known of it"
    })
}

/// The values that turn something off at `MinIO`.
fn says_off(text: &str) -> bool {
    ["off", "false", "f", "0", "disabled"]
        .iter()
        .any(|off| off.eq_ignore_ascii_case(text))
}

fn variable(key: &str) -> String {
    format!("{PREFIX}{key}")
}

fn text(key: &str) -> Option<String> {
    optional_variable(&variable(key)).map(|text| text.as_str().to_owned())
}
