//! `policy test`: a team's own expectations of its policies.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use operations::Error;
use operations::names::policy_name;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::model::PolicyName;
use shared::permissions::{Permissions, imagined, query};
use shared::policies::{Attached, Policies, Reader};
use shared::policy::{Context, Decision, Kind, Policy};
use shared::s3;

use crate::context::Admin;
use crate::error::AdminError;
use crate::explain;
use crate::input::read_text;
use crate::output::Output;
use crate::yaml;

/// A request and what is expected of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// Names of stored policies, or documents.
    policies: Vec<Value>,
    session_policy: Option<Value>,
    action: String,
    #[serde(default = "any_resource")]
    resource: String,
    #[serde(default)]
    context: BTreeMap<String, Value>,
    expect: Expectation,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Expectation {
    Allow,
    /// Not allowed, for whatever reason.
    Deny,
    ExplicitDeny,
}

impl Expectation {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::ExplicitDeny => "explicit-deny",
        }
    }

    const fn fits(self, decision: &Decision) -> bool {
        match self {
            Self::Allow => decision.is_allowed(),
            Self::Deny => !decision.is_allowed(),
            Self::ExplicitDeny => matches!(decision, Decision::ExplicitDeny(_)),
        }
    }
}

/// Decides the cases of a file. The table is asked only about policies that a case names.
pub(super) async fn run(
    connect: impl Future<Output = Result<Admin, AdminError>>,
    file: &Path,
) -> Result<Output, AdminError> {
    let text = read_text(file)?;
    let cases: Vec<Case> = yaml::parse(&text).map_err(|mistake| mistake.of(file))?;
    let names = cases.iter().flat_map(|case| &case.policies);
    let admin = if names.into_iter().any(Value::is_string) {
        Some(connect.await?)
    } else {
        None
    };
    let mut results = Vec::with_capacity(cases.len());
    for case in &cases {
        results.push((case, decide(case, admin.as_ref()).await?));
    }
    Ok(report(&results))
}

async fn decide(case: &Case, admin: Option<&Admin>) -> Result<Decision, AdminError> {
    let mut identity = Vec::new();
    let mut names = Vec::new();
    for (index, policy) in case.policies.iter().enumerate() {
        match policy {
            Value::String(name) => names.push(policy_name(name)?),
            document => {
                let name = format!("document {} of {}", index + 1, case.name);
                identity.push(compile(name, document, Kind::Stored)?);
            }
        }
    }
    identity.extend(stored(names, admin).await?);
    let ceiling = case.session_policy.iter().map(|document| {
        let name = format!("session policy of {}", case.name);
        compile(name, document, Kind::Session)
    });
    let permissions = Permissions::new(identity, ceiling.collect::<Result<_, _>>()?);
    Ok(permissions.decide(&query(&case.action, &case.resource, &context(case))))
}

async fn stored(
    names: Vec<PolicyName>,
    admin: Option<&Admin>,
) -> Result<Vec<Attached>, AdminError> {
    match admin {
        Some(admin) => {
            let reader = Reader {
                store: &admin.store,
                kept: &Policies::new(0),
                now: admin.now,
            };
            let attached = reader.policies(names).await;
            Ok(attached.map_err(shared::permissions::PermissionError::from)?)
        }
        None => Ok(Vec::new()),
    }
}

fn compile(name: String, document: &Value, kind: Kind) -> Result<Attached, Error> {
    let text = match document {
        Value::String(text) => text.clone(),
        document => document.to_string(),
    };
    match Policy::parse(&text, kind) {
        Ok(policy) => Ok((name, Arc::new(policy))),
        Err(source) => Err(Error::Policy { name, source }),
    }
}

fn context(case: &Case) -> Context {
    let mut context = imagined();
    for (key, value) in &case.context {
        match value {
            Value::Array(values) => context.set_all(key, values.iter().map(text)),
            value => context.set(key, text(value)),
        };
    }
    s3::drop_foreign(&mut context, &case.action);
    context
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn any_resource() -> String {
    "*".to_owned()
}

fn report(results: &[(&Case, Decision)]) -> Output {
    let lines = results.iter().map(|(case, decision)| {
        let Case { name, expect, .. } = case;
        if expect.fits(decision) {
            format!("ok    {name}")
        } else {
            format!("FAIL  {name}: {} expected, but {decision}", expect.as_str())
        }
    });
    let records = results.iter().map(|(case, decision)| {
        json!({
            "name": case.name,
            "expected": case.expect.as_str(),
            "decision": explain::name(decision),
            "reason": decision.to_string(),
            "passed": case.expect.fits(decision),
        })
    });
    let (lines, record) = (lines.collect(), records.collect());
    let passed = |(case, decision): &(&Case, Decision)| case.expect.fits(decision);
    if results.iter().all(passed) {
        Output::Done { lines, record }
    } else {
        Output::Failed { lines, record }
    }
}
