//! Policies: parsing and deciding.

use criterion::Criterion;
use serde_json::json;
use shared::policy::{
    Context, Kind, Layers, NamedPolicy, Policy, Principal, Query, Resource, canned, decide,
};

pub(crate) fn bench(criterion: &mut Criterion) {
    let policies: Vec<Policy> = (0..10).map(policy).collect();
    let identity: Vec<NamedPolicy<'_>> = policies
        .iter()
        .map(|policy| NamedPolicy { name: "p", policy })
        .collect();
    let layers = Layers {
        identity: &identity,
        ..Layers::default()
    };
    let mut context = Context::new();
    context
        .set("aws:username", "foobar")
        .set("aws:SourceIp", "192.0.2.7")
        .set("aws:SecureTransport", "true");
    let query = Query {
        action: "s3:GetObject",
        resource: Resource::Named("arn:aws:s3:::bucket-9-19/home/foobar/report.csv"),
        principal: Principal::Anonymous,
        context: &context,
    };
    assert!(decide(&layers, &query).is_allowed());
    let mut group = criterion.benchmark_group("policy");
    group.bench_function("decide by 10 policies of 20 statements", |b| {
        b.iter(|| decide(&layers, &query));
    });
    group.bench_function("parse readwrite", |b| {
        b.iter(|| Policy::parse(canned::READWRITE, Kind::Stored));
    });
    group.finish();
}

/// 20 statements over various actions, the last of the last policy granting.
fn policy(n: usize) -> Policy {
    let actions = [
        "s3:GetObject",
        "s3:PutObject",
        "s3:ListBucket",
        "s3:DeleteObject",
        "s3:Get*",
    ];
    let statements: Vec<_> = (0..20)
        .map(|m| {
            json!({
                "Effect": if m % 7 == 6 { "Deny" } else { "Allow" },
                "Action": [if m == 19 { "s3:GetObject" } else { actions[m % actions.len()] }],
                "Resource": [format!("arn:aws:s3:::bucket-{n}-{m}/home/${{aws:username}}/*")],
                "Condition": {
                    "IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "198.51.100.0/24"]},
                    "Bool": {"aws:SecureTransport": "true"},
                },
            })
        })
        .collect();
    Policy::parse(
        &json!({"Version": "2012-10-17", "Statement": statements}).to_string(),
        Kind::Stored,
    )
    .unwrap()
}
