//! Log lines of a stack's functions, from Amazon CloudWatch Logs.

use std::collections::HashSet;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use shared::clock::UnixTime;

use crate::connect;
use crate::error::AdminError;
use crate::global::Global;

/// What the service is asked to look for. The command checks every line again.
const PATTERN: &str = r#"{ $.message = "audit" }"#;

/// The log groups of a stack's functions, read from a moment on.
#[derive(Debug)]
pub(super) struct LogGroups {
    client: Client,
    names: Vec<String>,
    since: UnixTime,
    /// The ids of the events that were read.
    seen: HashSet<String>,
}

impl LogGroups {
    /// Finds the log groups of the stack that the command line names.
    pub(super) async fn connect(global: &Global, since: UnixTime) -> Result<Self, AdminError> {
        let stack = global.stack.as_deref().ok_or_else(|| {
            AdminError::Usage("where the events are is not said: use --stack or --file".to_owned())
        })?;
        let client = Client::new(&connect::sdk_config(global).await);
        let mut pages = client
            .describe_log_groups()
            .log_group_name_prefix(format!("/aws/lambda/{stack}-"))
            .into_paginator()
            .items()
            .send();
        let mut names = Vec::new();
        while let Some(group) = pages.next().await {
            let group = group.map_err(|error| failed(stack, error))?;
            names.extend(group.log_group_name);
        }
        if names.is_empty() {
            return Err(AdminError::Refused(format!(
                "stack {stack} has no log groups"
            )));
        }
        Ok(Self {
            client,
            names,
            since,
            seen: HashSet::new(),
        })
    }

    /// The lines that were not read before.
    pub(super) async fn read(&mut self) -> Result<String, AdminError> {
        let mut lines = String::new();
        for name in &self.names {
            let mut pages = self
                .client
                .filter_log_events()
                .log_group_name(name)
                .start_time(self.since.secs().saturating_mul(1000))
                .filter_pattern(PATTERN)
                .into_paginator()
                .send();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|error| failed(name, error))?;
                for event in page.events.unwrap_or_default() {
                    let id = event.event_id.unwrap_or_default();
                    if id.is_empty() || self.seen.insert(id) {
                        lines.push_str(event.message.unwrap_or_default().trim_end());
                        lines.push('\n');
                    }
                }
            }
        }
        Ok(lines)
    }
}

fn failed<E, R>(name: &str, error: SdkError<E, R>) -> AdminError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug + 'static,
{
    AdminError::Logs {
        name: name.to_owned(),
        reason: match error.message() {
            Some(message) => message.to_owned(),
            None => DisplayErrorContext(error).to_string(),
        },
    }
}
