//! `provider`: OpenID providers.

mod args;
mod from_env;

use operations::declaration::Desired;
use operations::provider::{self, DesiredProvider};
use serde_json::json;
use shared::outbound::Outbound;
use shared::store::{ManageProviders as _, Status};

use crate::context::Admin;
use crate::declare::declare;
use crate::error::AdminError;
use crate::output::Output;

pub(crate) use args::ProviderCommand;

use args::ProviderAddArgs;

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
            declare(admin, wanting(entry.check()?), notes).await
        }
        ProviderCommand::List => {
            let providers = admin.store.list_providers().await?;
            Ok(Output::list(LIST, providers, provider::view))
        }
        ProviderCommand::Show { name } => Ok(Output::Record {
            columns: SHOW,
            record: provider::view(&provider::find(&admin.store, &name).await?),
        }),
        ProviderCommand::Disable { name } => set_enabled(admin, &name, false).await,
        ProviderCommand::Enable { name } => set_enabled(admin, &name, true).await,
        ProviderCommand::Remove { name } => {
            provider::remove(&admin.store, &name).await?;
            Ok(Output::line(
                format!("provider {name} is removed"),
                json!({"removed": name}),
            ))
        }
        ProviderCommand::Check { name } => check(admin, &name).await,
    }
}

async fn add(admin: &Admin, arguments: ProviderAddArgs) -> Result<Output, AdminError> {
    let desired = arguments.declaration()?.check()?;
    provider::refuse_existing(&admin.store, &desired).await?;
    declare(admin, wanting(desired), Vec::new()).await
}

/// One provider and nothing else.
fn wanting(provider: DesiredProvider) -> Desired {
    Desired {
        providers: vec![provider],
        ..Desired::default()
    }
}

async fn set_enabled(admin: &Admin, name: &str, enabled: bool) -> Result<Output, AdminError> {
    provider::set_enabled(&admin.store, name, enabled).await?;
    let status = Status::of_enabled(enabled).as_str();
    Ok(Output::line(
        format!("provider {name} is {status}"),
        json!({"name": name, "status": status}),
    ))
}

/// Fetches what a function would fetch.
async fn check(admin: &Admin, name: &str) -> Result<Output, AdminError> {
    let provider = provider::find(&admin.store, name).await?;
    let found = provider::check(&Outbound::default(), &provider).await?;
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
