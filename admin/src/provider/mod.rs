//! `provider`: OpenID providers.

mod args;
mod discovery;
mod entry;
mod from_env;

use serde_json::{Value, json};
use shared::identity::inspect;
use shared::model::PolicyName;
use shared::outbound::Outbound;
use shared::store::{Grant, KeySource, ManageProviders as _, OpenIdProvider, Status};

use crate::apply::{Desired, declare};
use crate::context::{Admin, read_text};
use crate::error::AdminError;
use crate::names::missing;
use crate::output::Output;

pub(crate) use args::{ProviderAddArgs, ProviderCommand, ProviderEnvArgs};
pub(crate) use discovery::compare_issuer;
pub(crate) use entry::{ProviderDefinition, ProviderEntry};

const LIST: &[&str] = &["name", "status", "issuer", "client_ids"];
const SHOW: &[&str] = &[
    "name",
    "status",
    "issuer",
    "keys",
    "client_ids",
    "role_arns",
    "role_policies",
    "claim",
    "algorithms",
    "groups_claim",
    "scopes_required",
    "leeway_seconds",
    "max_session_seconds",
    "outlive_token",
    "long_durations",
    "max_token_length",
    "missing_policies",
    "single_use",
    "kept_claims",
    "allow_http",
];

/// Carries a `provider` command out.
pub(crate) async fn run(admin: &Admin, command: ProviderCommand) -> Result<Output, AdminError> {
    match command {
        ProviderCommand::Add(arguments) => add(admin, arguments).await,
        ProviderCommand::FromEnv(arguments) => {
            let (entry, notes) = from_env::read(arguments)?;
            let mut desired = Desired::of_provider(entry.check()?);
            desired.notes = notes;
            declare(admin, desired).await
        }
        ProviderCommand::List => {
            let providers = admin.store.list_providers().await?;
            Ok(Output::list(LIST, providers, view))
        }
        ProviderCommand::Show { name } => Ok(Output::Record {
            columns: SHOW,
            record: view(&find(admin, &name).await?),
        }),
        ProviderCommand::Disable { name } => set_enabled(admin, &name, false).await,
        ProviderCommand::Enable { name } => set_enabled(admin, &name, true).await,
        ProviderCommand::Remove { name } => {
            let provider = find(admin, &name).await?;
            admin.store.delete_provider(&provider).await?;
            Ok(Output::line(
                format!("provider {name} is removed"),
                json!({"removed": name}),
            ))
        }
        ProviderCommand::Check { name } => check(&find(admin, &name).await?).await,
    }
}

/// A provider as operators see it.
pub(crate) fn view(provider: &OpenIdProvider) -> Value {
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

async fn add(admin: &Admin, arguments: ProviderAddArgs) -> Result<Output, AdminError> {
    let jwks = arguments.keys.jwks_file.as_deref().map(read_text);
    let policies = arguments.policies;
    let entry = ProviderEntry {
        name: arguments.name,
        config_url: arguments.keys.config_url,
        jwks_url: arguments.keys.jwks_url,
        jwks: jwks.transpose()?.map(|text| text.as_str().into()),
        issuer: arguments.options.issuer,
        client_ids: arguments.client_ids,
        claim_name: arguments.claim_name,
        claim_prefix: arguments.claim_prefix,
        missing_policies: arguments.missing_policies,
        role_policies: (!policies.is_empty()).then_some(policies),
        long_durations: arguments.options.long_durations.unwrap_or_default(),
        enabled: Some(!arguments.disabled),
        allow_http: arguments.options.allow_http,
        ..ProviderEntry::default()
    };
    let definition = entry.check()?;
    let name = &definition.provider.name;
    if admin.store.provider_named(name).await?.is_some() {
        return Err(AdminError::Exists {
            kind: "provider",
            name: name.clone(),
        });
    }
    declare(admin, Desired::of_provider(definition)).await
}

async fn set_enabled(admin: &Admin, name: &str, enabled: bool) -> Result<Output, AdminError> {
    let read = find(admin, name).await?;
    let provider = OpenIdProvider {
        enabled,
        ..read.clone()
    };
    admin.store.change_provider(&read, &provider).await?;
    let status = Status::of_enabled(enabled).as_str();
    Ok(Output::line(
        format!("provider {name} is {status}"),
        json!({"name": name, "status": status}),
    ))
}

/// Fetches what a function would fetch.
async fn check(provider: &OpenIdProvider) -> Result<Output, AdminError> {
    let name = &provider.name;
    let refused = |reason: String| AdminError::Refused(format!("provider {name}: {reason}"));
    let found = inspect(&Outbound::default(), provider)
        .await
        .map_err(|error| refused(error.to_string()))?;
    if found.keys.is_empty() {
        return Err(refused("none of its keys is usable".to_owned()));
    }
    let key = |(kid, kind): (Option<&str>, &str)| format!("{} ({kind})", kid.unwrap_or("no kid"));
    Ok(Output::Record {
        columns: &["name", "issuer", "discovered_issuer", "jwks_uri", "keys"],
        record: json!({
            "name": name,
            "issuer": provider.issuer,
            "discovered_issuer": found.discovered_issuer,
            "jwks_uri": found.jwks_uri,
            "keys": found.keys.describe().map(key).collect::<Vec<_>>(),
        }),
    })
}

async fn find(admin: &Admin, name: &str) -> Result<OpenIdProvider, AdminError> {
    let provider = admin.store.provider_named(name).await?;
    provider.ok_or_else(|| missing("provider", name))
}
