//! The arguments of `provider`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use operations::provider::ProviderDeclaration;
use shared::store::{LongDurations, MissingPolicies};

use crate::error::AdminError;
use crate::input::read_text;

#[derive(Debug, Subcommand)]
pub(crate) enum ProviderCommand {
    /// Add a provider; `apply` has further settings
    Add(ProviderAddArgs),
    /// Add or change a provider as `MinIO`'s variables `MINIO_IDENTITY_OPENID_*` say
    FromEnv(ProviderEnvArgs),
    /// List all providers
    List,
    /// Show one provider
    Show { name: String },
    /// Issue no more; sessions of the provider's roles are refused as well
    Disable { name: String },
    /// Undo `disable`
    Enable { name: String },
    /// Delete the provider and its roles; the roles' sessions die with it
    Remove { name: String },
    /// Fetch the provider's discovery document and keys, and say what they are
    Check { name: String },
}

#[derive(Debug, Args)]
pub(crate) struct ProviderAddArgs {
    /// The provider's name
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) keys: KeyArgs,
    #[command(flatten)]
    pub(crate) options: ProviderOptions,
    /// An audience of its tokens; may be repeated
    #[arg(long = "client-id", value_name = "ID", required = true)]
    pub(crate) client_ids: Vec<String>,
    /// A policy of the provider's roles, instead of a claim; may be repeated
    #[arg(long = "policy", value_name = "NAME", conflicts_with_all = ["claim_name", "claim_prefix"])]
    pub(crate) policies: Vec<String>,
    /// The claim that names policies; `policy` by default
    #[arg(long, value_name = "NAME")]
    pub(crate) claim_name: Option<String>,
    /// What stands before the claim's name
    #[arg(long, value_name = "PREFIX")]
    pub(crate) claim_prefix: Option<String>,
    /// What becomes of a token whose claim names policies that do not exist: `skip` them by
    /// default, or `refuse` it
    #[arg(long, value_name = "WHAT", value_parser = missing_policies, conflicts_with = "policies")]
    pub(crate) missing_policies: Option<MissingPolicies>,
    /// Add the provider disabled
    #[arg(long)]
    pub(crate) disabled: bool,
}

/// Where the provider's keys come from.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct KeyArgs {
    /// The URL of the discovery document
    #[arg(long, value_name = "URL")]
    pub(crate) config_url: Option<String>,
    /// The URL of the key set
    #[arg(long, value_name = "URL")]
    pub(crate) jwks_url: Option<String>,
    /// A file with the key set itself; `-` reads standard input
    #[arg(long, value_name = "PATH")]
    pub(crate) jwks_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ProviderEnvArgs {
    /// The provider's name
    #[arg(long, default_value = "default")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) options: ProviderOptions,
}

/// What may be said however a provider is added.
#[derive(Debug, Args)]
pub(crate) struct ProviderOptions {
    /// The issuer of its tokens; needed where the place of its discovery document does not imply it
    #[arg(long)]
    pub(crate) issuer: Option<String>,
    /// What becomes of durations above the limit: they are refused, or the limit counts
    #[arg(long, value_name = "refuse|clamp", value_parser = long_durations)]
    pub(crate) long_durations: Option<LongDurations>,
    /// Take plain HTTP to another machine
    #[arg(long)]
    pub(crate) allow_http: bool,
}

impl ProviderAddArgs {
    /// The provider that the arguments declare.
    pub(super) fn declaration(self) -> Result<ProviderDeclaration, AdminError> {
        let jwks = self.keys.jwks_file.as_deref().map(read_text);
        let policies = self.policies;
        Ok(ProviderDeclaration {
            name: self.name,
            config_url: self.keys.config_url,
            jwks_url: self.keys.jwks_url,
            jwks: jwks.transpose()?.map(|text| text.as_str().into()),
            issuer: self.options.issuer,
            client_ids: self.client_ids,
            claim_name: self.claim_name,
            claim_prefix: self.claim_prefix,
            missing_policies: self.missing_policies,
            role_policies: (!policies.is_empty()).then_some(policies),
            long_durations: self.options.long_durations.unwrap_or_default(),
            enabled: Some(!self.disabled),
            allow_http: self.options.allow_http,
            ..ProviderDeclaration::default()
        })
    }
}

fn long_durations(text: &str) -> Result<LongDurations, &'static str> {
    LongDurations::parse(text).ok_or("it is refuse or clamp")
}

fn missing_policies(text: &str) -> Result<MissingPolicies, &'static str> {
    MissingPolicies::parse(text).ok_or("it is refuse or skip")
}
