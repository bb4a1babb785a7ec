//! A policy and a request, line by line: evaluation ends, and adding a ceiling never widens.
#![no_main]

use libfuzzer_sys::fuzz_target;
use policy::{
    Ceiling, Context, Kind, Layers, NamedPolicy, Policy, Principal, Query, Resource, canned, decide,
};

fuzz_target!(|input: &str| {
    let mut lines = input.splitn(5, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (action, resource, username, value, text) = (line(), line(), line(), line(), line());
    let mut context = Context::new();
    context
        .set("aws:username", username)
        .set("aws:SourceIp", value)
        .set("aws:x", value)
        .set_all("aws:TagKeys", value.split(','));
    let ceiling =
        Policy::parse(canned::READWRITE, Kind::Session).expect("a canned policy is valid");
    for kind in [Kind::Stored, Kind::Resource] {
        let Ok(policy) = Policy::parse(text, kind) else {
            continue;
        };
        let named = [NamedPolicy {
            name: "fuzzed",
            policy: &policy,
        }];
        let limit = [NamedPolicy {
            name: "limit",
            policy: &ceiling,
        }];
        let ceilings = [Ceiling {
            name: "session",
            policies: &limit,
        }];
        let query = Query {
            action,
            resource: Resource::Named(resource),
            principal: Principal::Aws(username),
            context: &context,
        };
        let mut layers = Layers {
            identity: &named,
            resource: &named,
            ceilings: &[],
        };
        let alone = decide(&layers, &query);
        layers.ceilings = &ceilings;
        let limited = decide(&layers, &query);
        assert!(alone.is_allowed() || !limited.is_allowed());
    }
});
