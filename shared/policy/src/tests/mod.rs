//! Tests of parser and evaluator.

mod cases;
mod conditions;
mod documents;
mod incomplete;
mod layers;
mod operators;
mod patterns;
mod principals;
mod properties;
mod unknown;
mod values;
mod variables;

use serde_json::{Value, json};

use super::*;

/// What a single policy answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Allow,
    ExplicitDeny,
    ImplicitDeny,
}

impl From<&Decision> for Answer {
    fn from(decision: &Decision) -> Self {
        match decision {
            Decision::Allow(_) => Self::Allow,
            Decision::ExplicitDeny(_) => Self::ExplicitDeny,
            Decision::ImplicitDeny(_) | Decision::Unknown(_) => Self::ImplicitDeny,
        }
    }
}

/// A policy of version 2012-10-17 with these statements.
fn policy(kind: Kind, statements: &Value) -> Policy {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    Policy::parse(&document.to_string(), kind).unwrap()
}

fn stored(statements: &Value) -> Policy {
    policy(Kind::Stored, statements)
}

/// Builds a context: lists become multivalued keys.
fn context(values: &Value) -> Context {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut context = Context::new();
    for (key, value) in values.as_object().unwrap() {
        match value {
            Value::Array(list) => context.set_all(key, list.iter().map(text)),
            value => context.set(key, text(value)),
        };
    }
    context
}

fn query<'a>(action: &'a str, resource: &'a str, context: &'a Context) -> Query<'a> {
    Query {
        action,
        resource: Resource::Named(resource),
        principal: Principal::Aws("arn:aws:iam::123456789012:user/alice"),
        context,
    }
}

/// Asks one policy of an identity.
fn ask(policy: &Policy, action: &str, resource: &str, values: &Value) -> Answer {
    let named = [NamedPolicy { name: "p", policy }];
    let layers = Layers {
        identity: &named,
        ..Layers::default()
    };
    Answer::from(&decide(&layers, &query(action, resource, &context(values))))
}

/// Whether an Allow with this `Condition` applies in this context.
fn holds(condition: &Value, values: &Value) -> bool {
    let policy = stored(&json!([
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    ]));
    ask(&policy, "s3:GetObject", "arn:aws:s3:::b/k", values) == Answer::Allow
}

/// Whether an Allow on `pattern` covers `resource`.
fn covers(pattern: &str, resource: &str, values: &Value) -> bool {
    let policy = stored(&json!([{"Effect": "Allow", "Action": "*", "Resource": pattern}]));
    ask(&policy, "s3:GetObject", resource, values) == Answer::Allow
}
