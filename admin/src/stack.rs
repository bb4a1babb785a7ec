//! `--stack`: table and KMS key, as the outputs of a CloudFormation stack name them.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::{DisplayErrorContext, ProvideErrorMetadata as _};
use aws_sdk_cloudformation::types::Output;

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

async fn outputs(global: &Global, name: &str) -> Result<Vec<Output>, AdminError> {
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
    Ok(stacks
        .flat_map(|it| it.outputs.unwrap_or_default())
        .collect())
}

fn value(outputs: &[Output], stack: &str, key: &str) -> Result<String, AdminError> {
    let mut own = outputs.iter().filter(|it| it.output_key() == Some(key));
    let value = own.next().and_then(Output::output_value);
    value.map(str::to_owned).ok_or_else(|| {
        AdminError::Refused(format!(
            "stack {stack} has no output {key}: is it made from template.yaml, and ready?"
        ))
    })
}
