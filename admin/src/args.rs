//! The command line: each noun owns its arguments.

use clap::{Parser, Subcommand};

use crate::apply::ApplyArgs;
use crate::audit::AuditCommand;
use crate::explain::ExplainArgs;
use crate::global::Global;
use crate::group::GroupCommand;
use crate::import_minio::ImportMinioArgs;
use crate::key::KeyCommand;
use crate::plugin::PluginCommand;
use crate::policy::PolicyCommand;
use crate::provider::ProviderCommand;
use crate::session::SessionCommand;
use crate::user::UserCommand;

/// Keeps the table of a Security Token Service: keys, users, groups, policies, plugins,
/// providers, sessions.
#[derive(Debug, Parser)]
#[command(name = "sts-admin", version)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create the table, the first master key and the canned policies, where they are missing
    Init,
    /// The audit trail: sessions that were issued, refused and revoked
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Bring users, groups, policies, plugins, providers and settings to what a YAML file says
    Apply(ApplyArgs),
    /// Take users, groups and policies over from MinIO's `mc admin cluster iam export`
    ImportMinio(ImportMinioArgs),
    /// Long-term users
    #[command(subcommand)]
    User(UserCommand),
    /// Groups of users
    #[command(subcommand)]
    Group(GroupCommand),
    /// Stored policies
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Identity plugins and their roles
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// OpenID providers and their roles
    #[command(subcommand)]
    Provider(ProviderCommand),
    /// Sessions: temporary credentials that were issued
    #[command(subcommand)]
    Session(SessionCommand),
    /// Master keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// Say what a user or session may do, and why
    Explain(ExplainArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn secrets_are_no_arguments() {
        for arguments in [
            &["user", "add", "x", "--secret", "foo12345"][..],
            &["user", "add", "x", "--secret-stdin", "--secret-env", "A"],
            &["user", "add", "x", "--max-session-seconds", "899"],
            &["session", "revoke"],
            &["session", "revoke", "A", "--parent", "user/x"],
        ] {
            let line = [&["sts-admin"], arguments].concat();
            assert!(Cli::try_parse_from(line).is_err(), "{arguments:?}");
        }
    }
}
