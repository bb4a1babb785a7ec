//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::audit::AuditCommand;
use crate::import_minio::ImportMinioArgs;
use crate::output::Format;
use crate::plugin::PluginCommand;
use crate::provider::ProviderCommand;

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

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The CloudFormation stack made from template.yaml: its outputs name table and KMS key
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        conflicts_with_all = ["table", "key_file", "kms_key"]
    )]
    pub(crate) stack: Option<String>,
    /// The DynamoDB table
    #[arg(long, global = true, env = "STS_TABLE", value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// Where the table is, if not at the region's endpoint; a local engine, for instance
    #[arg(
        long,
        global = true,
        env = "AWS_ENDPOINT_URL_DYNAMODB",
        value_name = "URL"
    )]
    pub(crate) endpoint_url: Option<String>,
    /// The table's region
    #[arg(long, global = true, env = "AWS_REGION")]
    pub(crate) region: Option<String>,
    /// The file that wraps the master keys, mode 0600
    #[arg(long, global = true, env = "STS_KEY_FILE", value_name = "PATH")]
    pub(crate) key_file: Option<PathBuf>,
    /// The KMS key that wraps the master keys, in place of a key file: ARN, id or ARN of an alias
    #[arg(long, global = true, env = "STS_KMS_KEY", value_name = "KEY")]
    pub(crate) kms_key: Option<String>,
    /// Where KMS is, if not at the region's endpoint
    #[arg(long, global = true, env = "AWS_ENDPOINT_URL_KMS", value_name = "URL")]
    pub(crate) kms_endpoint_url: Option<String>,
    /// The form of the output
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORM")]
    pub(crate) output: Format,
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

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The user who asks
    #[arg(long, value_name = "NAME", required_unless_present = "session")]
    pub(crate) user: Option<String>,
    /// The session that asks, by its access key id
    #[arg(long, value_name = "ACCESS_KEY", conflicts_with = "user")]
    pub(crate) session: Option<String>,
    /// The action, such as s3:GetObject
    #[arg(long)]
    pub(crate) action: String,
    /// The ARN of the resource
    #[arg(long, default_value = "*")]
    pub(crate) resource: String,
    /// A condition key of the request; a key that is repeated has several values
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) context: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// The YAML file; `-` reads standard input
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Show what would change, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Refuse policies that depend on a condition key which nobody supplies
    #[arg(long)]
    pub(crate) strict: bool,
}

/// Where a secret comes from. Never the command line: it shows in process lists and history.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct SecretArgs {
    /// Read the secret from standard input
    #[arg(long = "secret-stdin")]
    pub(crate) stdin: bool,
    /// Read the secret from this environment variable
    #[arg(long = "secret-env", value_name = "VARIABLE")]
    pub(crate) variable: Option<String>,
    /// Read the secret from this file
    #[arg(long = "secret-file", value_name = "PATH")]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Add a user; without a secret one is generated and printed once
    Add(UserAddArgs),
    /// List all users
    List,
    /// Show one user
    Show { name: String },
    /// Refuse the user's requests and sessions from now on
    Disable { name: String },
    /// Undo `disable`
    Enable { name: String },
    /// Replace the user's secret; without a new one it is generated and printed once
    RotateSecret {
        name: String,
        #[command(flatten)]
        secret: SecretArgs,
    },
    /// Delete the user; its sessions die with it
    Remove { name: String },
}

#[derive(Debug, Args)]
pub(crate) struct UserAddArgs {
    /// The user's name, which is its access key id as well
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) secret: SecretArgs,
    /// A policy to attach; may be repeated
    #[arg(long = "policy", value_name = "NAME")]
    pub(crate) policies: Vec<String>,
    /// A group to join; may be repeated
    #[arg(long = "group", value_name = "NAME")]
    pub(crate) groups: Vec<String>,
    /// The longest session that the user may have
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(crate::names::SESSION_SECONDS))]
    pub(crate) max_session_seconds: Option<u32>,
    /// Add the user disabled
    #[arg(long)]
    pub(crate) disabled: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
    /// Add a group
    Add {
        name: String,
        /// A policy to attach; may be repeated
        #[arg(long = "policy", value_name = "NAME")]
        policies: Vec<String>,
        /// Add the group disabled
        #[arg(long)]
        disabled: bool,
    },
    /// List all groups
    List,
    /// Show one group
    Show { name: String },
    /// Take the group's policies from its members
    Disable { name: String },
    /// Undo `disable`
    Enable { name: String },
    /// Delete the group, unless it has members
    Remove { name: String },
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    #[command(flatten)]
    Stored(StoredPolicyCommand),
    /// Find statements that depend on condition keys which nobody supplies
    Lint {
        /// A file with a JSON document, `-` for standard input, or the name of a stored policy
        #[arg(value_name = "FILE|NAME")]
        target: String,
    },
    /// Decide the cases of a YAML file and compare with what each expects
    Test {
        /// The YAML file; `-` reads standard input
        #[arg(short, long, value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoredPolicyCommand {
    /// Add a policy
    Add {
        name: String,
        /// The JSON document; `-` reads standard input
        #[arg(short, long, value_name = "FILE")]
        file: PathBuf,
        /// Refuse the policy if it depends on a condition key which nobody supplies
        #[arg(long)]
        strict: bool,
    },
    /// List all policies
    List,
    /// Print a policy's document
    Show { name: String },
    /// Delete the policy, unless it is attached to somebody
    Remove { name: String },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    /// List sessions that are in force
    List {
        /// Only those of this parent, such as `user/foobar`
        #[arg(long, value_name = "KIND/NAME")]
        parent: Option<String>,
        /// Expired and revoked ones too, as long as the table keeps them
        #[arg(long)]
        all: bool,
    },
    /// Show one session
    Show { access_key: String },
    /// End one session, or all that a parent has by now
    Revoke(RevokeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    /// The session's access key id
    #[arg(required_unless_present_any = ["parent", "role"])]
    pub(crate) access_key: Option<String>,
    /// All sessions of a parent, `user/NAME` or `federated/NAME`
    #[arg(long, value_name = "user/NAME", conflicts_with_all = ["access_key", "role"])]
    pub(crate) parent: Option<String>,
    /// All sessions of a role
    #[arg(long, value_name = "ARN", conflicts_with = "access_key")]
    pub(crate) role: Option<String>,
    #[command(flatten)]
    pub(crate) filter: RevokeFilter,
}

/// Which of a parent's or role's sessions are meant.
#[derive(Debug, Args)]
pub(crate) struct RevokeFilter {
    /// Only those with this `TokenRevokeType`
    #[arg(long = "type", value_name = "LABEL", conflicts_with = "access_key")]
    pub(crate) revoke_type: Option<String>,
    /// Only those issued before this moment, such as 2030-01-01T00:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "access_key")]
    pub(crate) issued_before: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// List all keys
    List,
    /// Make a new key the active one; the old one goes on verifying
    Rotate,
    /// Destroy a key that nothing needs any more
    Retire {
        kid: String,
        /// Even if sessions may be left that need it; they die
        #[arg(long)]
        force: bool,
    },
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
