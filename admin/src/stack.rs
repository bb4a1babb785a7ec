//! `--stack`: table and KMS key, as the outputs of a CloudFormation stack name them.

#[cfg(not(feature = "stack"))]
use std::future::{Ready, ready};

#[cfg(feature = "stack")]
use aws_sdk_cloudformation::Client;
#[cfg(feature = "stack")]
use aws_sdk_cloudformation::error::{DisplayErrorContext, ProvideErrorMetadata as _};

#[cfg(feature = "stack")]
use crate::connect;
use crate::error::AdminError;
use crate::global::Global;

/// The output of `template.yaml` that names the key which wraps the master keys.
const KEY: &str = "KeyArn";
/// The output that names the table.
const TABLE: &str = "TableName";

/// Puts what the stack's outputs name in the place of the options that would name it.
pub(crate) async fn resolve(global: &mut Global) -> Result<(), AdminError> {
    let Some(name) = global.stack.clone() else {
        return Ok(());
    };
    let outputs = outputs(global, &name).await?;
    global.kms_key = Some(value(&outputs, &name, KEY)?);
    global.table = Some(value(&outputs, &name, TABLE)?);
    Ok(())
}

/// The stack's outputs by name.
#[cfg(feature = "stack")]
async fn outputs(global: &Global, name: &str) -> Result<Vec<(String, String)>, AdminError> {
    let client = Client::new(&connect::sdk_config(global).await);
    let reply = client.describe_stacks().stack_name(name).send().await;
    let reply = reply.map_err(|error| AdminError::Stack {
        name: name.to_owned(),
        reason: match error.message() {
            Some(message) => message.to_owned(),
            None => DisplayErrorContext(error).to_string(),
        },
    })?;
    // Asked by its name, there is one stack.
    let stacks = reply.stacks.unwrap_or_default().into_iter();
    let outputs = stacks.flat_map(|it| it.outputs.unwrap_or_default());
    Ok(outputs
        .filter_map(|output| output.output_key.zip(output.output_value))
        .collect())
}

/// Only the feature `stack` asks CloudFormation.
#[cfg(not(feature = "stack"))]
fn outputs(_: &Global, name: &str) -> Ready<Result<Vec<(String, String)>, AdminError>> {
    ready(Err(AdminError::NoStacks(name.to_owned())))
}

fn value(outputs: &[(String, String)], stack: &str, key: &str) -> Result<String, AdminError> {
    let found = outputs.iter().find(|(name, _)| name == key);
    found.map(|(_, value)| value.clone()).ok_or_else(|| {
        AdminError::Refused(format!(
            "stack {stack} has no output {key}: is it made from template.yaml, and ready?"
        ))
    })
}
