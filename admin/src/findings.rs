//! What policies depend on that nobody supplies, as operators see it.

use operations::lint::{Finding, Why};
use serde_json::{Value, json};

/// The findings as lines.
pub(crate) fn warnings(findings: &[Finding]) -> impl Iterator<Item = String> {
    findings.iter().map(|finding| format!("warning: {finding}"))
}

/// The findings for programs.
pub(crate) fn records(findings: &[Finding]) -> Value {
    findings.iter().map(record).collect()
}

fn record(finding: &Finding) -> Value {
    json!({
        "policy": finding.policy,
        "statement": finding.statement,
        "key": finding.key,
        "effect": if finding.denies { "Deny" } else { "Allow" },
        "supplied": finding.why == Why::Foreign,
    })
}
