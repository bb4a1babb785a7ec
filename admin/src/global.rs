//! What every command is told: where the table is, what wraps its keys, how to answer.

use std::path::PathBuf;

use clap::Args;

use crate::output::Format;

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
