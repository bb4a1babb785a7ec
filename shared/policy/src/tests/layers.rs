//! How layers of policies combine, and the reasons that decisions carry.

use super::*;

const BUCKET: &str = "arn:aws:s3:::b/k";

fn statement(sid: Option<&str>, effect: &str, action: &str) -> Value {
    let mut statement = json!({"Effect": effect, "Action": action, "Resource": "*"});
    if let Some(sid) = sid {
        statement["Sid"] = json!(sid);
    }
    statement
}

fn allow(action: &str) -> Policy {
    stored(&json!([statement(None, "Allow", action)]))
}

fn deny(action: &str) -> Policy {
    stored(&json!([statement(None, "Deny", action)]))
}

fn for_everyone(effect: &str) -> Policy {
    let mut statement = statement(None, effect, "s3:GetObject");
    statement["Principal"] = json!("*");
    policy(Kind::Resource, &statement)
}

fn named<'a>(name: &'a str, policy: &'a Policy) -> NamedPolicy<'a> {
    NamedPolicy { name, policy }
}

fn session<'a>(policies: &'a [NamedPolicy<'a>]) -> [Ceiling<'a>; 1] {
    [Ceiling {
        name: "session policy",
        policies,
    }]
}

/// Decides `s3:GetObject`.
fn decision(
    identity: &[NamedPolicy<'_>],
    resource: &[NamedPolicy<'_>],
    ceilings: &[Ceiling<'_>],
) -> Decision {
    let context = Context::new();
    let layers = Layers {
        identity,
        resource,
        ceilings,
    };
    decide(&layers, &query("s3:GetObject", BUCKET, &context))
}

fn is_allowed(
    identity: &[NamedPolicy<'_>],
    resource: &[NamedPolicy<'_>],
    ceilings: &[Ceiling<'_>],
) -> bool {
    decision(identity, resource, ceilings).is_allowed()
}

#[test]
fn an_allow_of_caller_or_resource_is_needed() {
    let (get, put, everyone) = (allow("s3:Get*"), allow("s3:Put*"), for_everyone("Allow"));
    let (get, put, everyone) = (named("g", &get), named("p", &put), named("e", &everyone));
    assert!(!is_allowed(&[], &[], &[]));
    assert!(!is_allowed(&[put], &[], &[]));
    assert!(is_allowed(&[put, get], &[], &[]));
    assert!(is_allowed(&[put], &[everyone], &[]));
    assert!(is_allowed(&[], &[everyone], &[]));
}

#[test]
fn a_deny_of_any_layer_wins() {
    let (get, no, nobody) = (allow("*"), deny("s3:*"), for_everyone("Deny"));
    let (get, no, nobody) = (
        named("get", &get),
        named("no", &no),
        named("nobody", &nobody),
    );
    assert!(is_allowed(&[get], &[], &session(&[get])));
    for decision in [
        decision(&[get, no], &[], &[]),
        decision(&[no, get], &[], &[]),
        decision(&[get], &[nobody], &[]),
        decision(&[get], &[], &session(&[get, no])),
    ] {
        assert_eq!(Answer::from(&decision), Answer::ExplicitDeny, "{decision}");
    }
}

#[test]
fn every_ceiling_must_allow_and_none_grants() {
    let (all, get, put) = (allow("*"), allow("s3:Get*"), allow("s3:Put*"));
    let (all, get, put) = (
        [named("all", &all)],
        [named("get", &get)],
        [named("put", &put)],
    );
    let ceiling = |policies| Ceiling {
        name: "session",
        policies,
    };
    assert!(is_allowed(&all, &[], &[ceiling(&get), ceiling(&all)]));
    assert!(!is_allowed(&all, &[], &[ceiling(&get), ceiling(&put)]));
    assert!(!is_allowed(&put, &[], &[ceiling(&get)]));
    assert!(!is_allowed(&[], &[], &[ceiling(&get)]));
    let either = [get, put].concat();
    assert!(is_allowed(&all, &[], &[ceiling(&either)]));
}

#[test]
fn t57_layers_without_policies_allow_nothing() {
    let all = allow("*");
    let all = [named("all", &all)];
    assert!(!is_allowed(&all, &[], &session(&[])));
    assert!(!is_allowed(&[], &[], &[]));
    let no_principal = allow("*");
    assert!(!is_allowed(&[], &[named("misplaced", &no_principal)], &[]));
    let no_principal = deny("*");
    assert!(!is_allowed(&all, &[named("misplaced", &no_principal)], &[]));
}

/// Session policies that use the negated elements still only narrow.
#[test]
fn t37_a_session_policy_narrows_whatever_it_says() {
    let base = allow("s3:GetObject");
    let base = [named("base", &base)];
    let context = Context::new();
    for statement in [
        json!({"Effect": "Allow", "Action": "*", "Resource": "*"}),
        json!({"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::other"}),
        json!({"Effect": "Deny", "NotAction": "*", "Resource": "*"}),
    ] {
        let narrow = policy(Kind::Session, &statement);
        let narrow = [named("narrow", &narrow)];
        let layers = Layers {
            identity: &base,
            ceilings: &session(&narrow),
            ..Layers::default()
        };
        for action in [
            "s3:PutObject",
            "iam:CreateUser",
            "admin:*",
            "sts:AssumeRole",
            "*",
        ] {
            let decision = decide(&layers, &query(action, BUCKET, &context));
            assert!(!decision.is_allowed(), "{action}: {decision}");
        }
    }
}

#[test]
fn decisions_name_layer_policy_and_statement() {
    let readers = stored(&json!([
        statement(None, "Allow", "s3:Put*"),
        statement(Some("Readers"), "Allow", "s3:Get*"),
    ]));
    let lock = deny("s3:*");
    let everyone = for_everyone("Allow");
    let (readers, lock) = (named("readers", &readers), named("lock", &lock));
    let everyone = named("bucket", &everyone);
    let put = allow("s3:Put*");
    let put = [named("put", &put)];
    for (decision, text) in [
        (
            decision(&[readers], &[], &[]),
            "allowed by statement Readers of policy readers (identity policies)",
        ),
        (
            decision(&[], &[everyone], &[]),
            "allowed by statement 0 of policy bucket (resource policies)",
        ),
        (
            decision(&[readers], &[], &session(&[lock])),
            "explicitly denied by statement 0 of policy lock (session policy)",
        ),
        (
            decision(&put, &[], &[]),
            "no statement of the identity policies allows it",
        ),
        (
            decision(&[readers], &[], &session(&put)),
            "no statement of the session policy allows it",
        ),
    ] {
        assert_eq!(decision.to_string(), text);
    }
    assert_eq!(
        decision(&[readers], &[], &[]),
        Decision::Allow(MatchedStatement {
            layer: Layer::Identity,
            policy: "readers".to_owned(),
            index: 1,
            sid: Some("Readers".to_owned()),
            unknown_key: None,
        })
    );
}

#[test]
fn issuing_looks_for_a_deny_only() {
    let conditional = stored(&json!([
        statement(None, "Allow", "s3:*"),
        {
            "Sid": "Short",
            "Effect": "Deny",
            "Action": "sts:AssumeRole",
            "Resource": "*",
            "Condition": {"NumericGreaterThan": {"sts:DurationSeconds": "3600"}},
        },
    ]));
    let identity = [named("p", &conditional)];
    let layers = Layers {
        identity: &identity,
        ..Layers::default()
    };
    let asked = |seconds: u32| {
        let context = context(&json!({"sts:DurationSeconds": seconds}));
        explicit_deny(&layers, &query("sts:AssumeRole", "*", &context))
    };
    assert_eq!(asked(3600), None);
    assert_eq!(asked(3601).unwrap().sid.as_deref(), Some("Short"));
}
