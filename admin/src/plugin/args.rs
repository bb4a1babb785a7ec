//! The arguments of `plugin`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::names::SESSION_SECONDS;

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Add a plugin and its role
    Add(PluginAddArgs),
    /// Add or change a plugin as `MinIO`'s variables `MINIO_IDENTITY_PLUGIN_*` say
    FromEnv(PluginEnvArgs),
    /// List all plugins
    List,
    /// Show one plugin
    Show { name: String },
    /// Issue no more; sessions of the role are refused as well
    Disable { name: String },
    /// Undo `disable`
    Enable { name: String },
    /// Delete the plugin and its role; the role's sessions die with it
    Remove { name: String },
    /// Call the plugin once with a token that cannot be valid, and say what it answers
    Check { name: String },
}

#[derive(Debug, Args)]
pub(crate) struct PluginAddArgs {
    /// The plugin's name
    pub(crate) name: String,
    /// Where it listens
    #[arg(long)]
    pub(crate) url: String,
    /// Read the value of the Authorization header from this environment variable
    #[arg(long, value_name = "VARIABLE", conflicts_with = "auth_token_file")]
    pub(crate) auth_token_env: Option<String>,
    /// Read the value of the Authorization header from this file
    #[arg(long, value_name = "PATH")]
    pub(crate) auth_token_file: Option<PathBuf>,
    /// A policy of the role; may be repeated
    #[arg(long = "policy", value_name = "NAME", required = true)]
    pub(crate) policies: Vec<String>,
    /// The id of the role, behind `idmp-`; by default it follows from the URL
    #[arg(long, value_name = "ID")]
    pub(crate) role_id: Option<String>,
    /// The longest session of the role
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(SESSION_SECONDS))]
    pub(crate) max_session_seconds: Option<u32>,
    /// Send the token in a form body, which stays out of access logs
    #[arg(long)]
    pub(crate) token_in_form: bool,
    /// Take plain HTTP to another machine
    #[arg(long)]
    pub(crate) allow_http: bool,
    /// Add the plugin disabled
    #[arg(long)]
    pub(crate) disabled: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PluginEnvArgs {
    /// The plugin's name
    #[arg(long, default_value = "default")]
    pub(crate) name: String,
    /// Take plain HTTP to another machine
    #[arg(long)]
    pub(crate) allow_http: bool,
}
