//! Metrics in the line of a call, in CloudWatch's embedded metric format.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use domain::outbound::OutboundCall;
use serde::Serialize;
use serde_json::{Value, json};

use super::ended::Ended;

/// The members that make a line a set of metrics.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Metrics {
    #[serde(rename = "_aws")]
    metadata: Value,
    action: &'static str,
    code: &'static str,
    calls: u8,
    errors: u8,
    cold_starts: u8,
    latency: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    provider_latency: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_failures: Option<usize>,
}

impl Metrics {
    /// The metrics of a call, and of what was asked of identity providers since the last one.
    pub(crate) fn of(
        namespace: &str,
        ended: &Ended<'_>,
        is_cold: bool,
        provider_calls: &[OutboundCall],
    ) -> Self {
        let failed = ended.fault.is_some();
        let asked = !provider_calls.is_empty();
        Self {
            metadata: metadata(namespace, ended.at.millis(), failed, asked),
            action: ended.record.action.unwrap_or("None"),
            code: ended.code(),
            calls: 1,
            errors: failed.into(),
            cold_starts: is_cold.into(),
            latency: ended.duration_ms(),
            provider_latency: provider_calls.iter().map(|call| call.millis).collect(),
            provider_failures: asked
                .then(|| provider_calls.iter().filter(|call| call.failed).count()),
        }
    }
}

/// Which members are metrics. Errors count by code as well; what is zero for every code is
/// left out, because each combination that ever appears is paid for.
fn metadata(namespace: &str, millis: i64, failed: bool, asked: bool) -> Value {
    let metric = |name: &str, unit: &str| json!({ "Name": name, "Unit": unit });
    let mut by_action = vec![
        metric("Calls", "Count"),
        metric("Errors", "Count"),
        metric("ColdStarts", "Count"),
        metric("Latency", "Milliseconds"),
    ];
    if asked {
        by_action.push(metric("ProviderLatency", "Milliseconds"));
        by_action.push(metric("ProviderFailures", "Count"));
    }
    let mut directives = vec![json!({
        "Namespace": namespace, "Dimensions": [["Action"]], "Metrics": by_action,
    })];
    if failed {
        directives.push(json!({
            "Namespace": namespace,
            "Dimensions": [["Action", "Code"]],
            "Metrics": [metric("Errors", "Count")],
        }));
    }
    json!({ "Timestamp": millis, "CloudWatchMetrics": directives })
}
