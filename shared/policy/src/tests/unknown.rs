//! Condition keys whose values cannot be known.

use proptest::prelude::*;

use super::*;

/// A context in which `x:known` may be set, and of `x:unknown` nothing can be known.
fn partial(values: &Value) -> Context {
    let mut context = Context::supplied_by(&["x:known", "y:"]);
    for (key, value) in values.as_object().unwrap() {
        context.set(key, value.as_str().unwrap());
    }
    context
}

fn decided(statements: &Value, resource: &str, context: &Context) -> Decision {
    let policy = stored(statements);
    let named = [NamedPolicy {
        name: "p",
        policy: &policy,
    }];
    let layers = Layers {
        identity: &named,
        ..Layers::default()
    };
    decide(&layers, &query("s3:GetObject", resource, context))
}

fn allow_all() -> Value {
    json!({"Effect": "Allow", "Action": "*", "Resource": "*"})
}

fn under(effect: &str, condition: &Value) -> Answer {
    let mut statements = vec![json!({
        "Effect": effect, "Action": "*", "Resource": "*", "Condition": condition
    })];
    if effect == "Deny" {
        statements.push(allow_all());
    }
    Answer::from(&decided(
        &json!(statements),
        "arn:aws:s3:::b/k",
        &partial(&json!({"x:known": "a"})),
    ))
}

#[test]
fn a_key_that_cannot_be_known_denies_and_never_allows() {
    for (operator, value) in [
        ("StringEquals", "a"),
        ("StringNotEquals", "a"),
        ("StringLike", "*"),
        ("StringEqualsIfExists", "a"),
        ("StringNotLikeIfExists", "a"),
        ("StringEqualsIgnoreCase", "a"),
        ("ForAllValues:StringEquals", "a"),
        ("ForAnyValue:StringEquals", "a"),
        ("ForAllValues:StringNotEquals", "a"),
        ("NumericGreaterThan", "600000"),
        ("DateLessThan", "2026-11-25T00:00:00Z"),
        ("Bool", "true"),
        ("BoolIfExists", "false"),
        ("BinaryEquals", "YQ=="),
        ("IpAddress", "192.0.2.0/24"),
        ("NotIpAddress", "192.0.2.0/24"),
        ("ArnLike", "arn:aws:s3:::*"),
        ("ArnNotEquals", "arn:aws:s3:::b"),
        ("Null", "true"),
        ("Null", "false"),
    ] {
        let condition = json!({operator: {"x:unknown": value}});
        assert_eq!(
            under("Deny", &condition),
            Answer::ExplicitDeny,
            "{operator}"
        );
        assert_eq!(
            under("Allow", &condition),
            Answer::ImplicitDeny,
            "{operator}"
        );
    }
}

#[test]
fn what_fails_for_another_reason_denies_nothing() {
    for (condition, denied) in [
        (
            json!({"StringEquals": {"x:unknown": "a", "x:known": "b"}}),
            false,
        ),
        (
            json!({"StringEquals": {"x:unknown": "a", "x:known": "a"}}),
            true,
        ),
        (
            json!({"Bool": {"x:unknown": "true"}, "Null": {"x:known": "true"}}),
            false,
        ),
    ] {
        let expected = if denied {
            Answer::ExplicitDeny
        } else {
            Answer::Allow
        };
        assert_eq!(under("Deny", &condition), expected, "{condition}");
    }
}

#[test]
fn the_reason_names_statement_and_key() {
    let context = partial(&json!({}));
    let condition = json!({"StringEquals": {"X:Unknown": "a"}});
    let deny = json!([allow_all(), {
        "Sid": "Guarded", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition
    }]);
    let decision = decided(&deny, "arn:aws:s3:::b/k", &context);
    assert_eq!(
        decision.to_string(),
        "explicitly denied by statement Guarded of policy p (identity policies), \
         whose condition key x:unknown cannot be known here"
    );
    let allow = json!([{
        "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition
    }]);
    let decision = decided(&allow, "arn:aws:s3:::b/k", &context);
    assert_eq!(
        decision.to_string(),
        "not allowed by statement 0 of policy p (identity policies), \
         whose condition key x:unknown cannot be known here"
    );
}

#[test]
fn a_variable_that_cannot_be_known_may_stand_for_anything() {
    let context = partial(&json!({"x:known": "a"}));
    for (element, pattern, resource, denied) in [
        (
            "Resource",
            "arn:aws:s3:::b/${x:unknown}/*",
            "arn:aws:s3:::b/a/k",
            true,
        ),
        (
            "Resource",
            "arn:aws:s3:::b/${x:unknown}/*",
            "arn:aws:s3:::c/a/k",
            false,
        ),
        (
            "Resource",
            "arn:aws:s3:::b/${x:unknown, 'z'}/*",
            "arn:aws:s3:::b/a/k",
            true,
        ),
        (
            "Resource",
            "arn:aws:s3:::b/${x:known}/*",
            "arn:aws:s3:::b/b/k",
            false,
        ),
        (
            "NotResource",
            "arn:aws:s3:::b/${x:unknown}/*",
            "arn:aws:s3:::b/a/k",
            true,
        ),
        (
            "NotResource",
            "arn:aws:s3:::b/*",
            "arn:aws:s3:::b/a/k",
            false,
        ),
    ] {
        let deny = json!([allow_all(), {"Effect": "Deny", "Action": "*", element: pattern}]);
        let is_denied = !decided(&deny, resource, &context).is_allowed();
        assert_eq!(is_denied, denied, "Deny {element} {pattern} {resource}");
        let allow = json!([{"Effect": "Allow", "Action": "*", element: pattern}]);
        let allowed = decided(&allow, resource, &context).is_allowed();
        assert!(!(allowed && pattern.contains("unknown")), "Allow {pattern}");
    }
    for operator in ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase"] {
        let condition = json!({operator: {"x:known": "${x:unknown}"}});
        assert_eq!(
            under("Deny", &condition),
            Answer::ExplicitDeny,
            "{operator}"
        );
        assert_eq!(
            under("Allow", &condition),
            Answer::ImplicitDeny,
            "{operator}"
        );
    }
}

#[test]
fn what_is_set_is_known_even_if_it_is_withheld() {
    let mut context = Context::supplied_by(&["x:"]);
    context.withhold("X:Tags/").set("x:tags/A", "1");
    assert_eq!(context.get("x:tags/a"), ["1"]);
    assert!(!context.is_known("x:tags/b"));
    assert!(context.is_known("x:other"));
    assert!(!context.is_known("y:other"));
    context.set_all::<&str>("x:tags/b", []);
    assert!(context.is_known("x:tags/b"));
    assert!(Context::new().is_known("any:key"));
}

fn condition() -> impl Strategy<Value = Value> {
    let operator = prop_oneof![
        Just("StringEquals"),
        Just("StringNotEquals"),
        Just("StringLike"),
        Just("StringEqualsIfExists"),
        Just("ForAllValues:StringEquals"),
        Just("ForAnyValue:StringNotEquals"),
        Just("StringNotEqualsIgnoreCase"),
    ];
    let key = prop_oneof![Just("x:unknown"), Just("x:known")];
    let value = prop_oneof![Just("a"), Just("b"), Just("*"), Just("${x:unknown}")];
    let test = (operator, key, value).prop_map(|(operator, key, value)| (operator, key, value));
    prop::collection::vec(test, 0..3).prop_map(|tests| {
        let mut condition = json!({});
        for (operator, key, value) in tests {
            condition[operator] = json!({key: [value]});
        }
        condition
    })
}

fn statement() -> impl Strategy<Value = Value> {
    let effect = prop_oneof![Just("Allow"), Just("Deny")];
    let element = prop_oneof![Just("Resource"), Just("NotResource")];
    let pattern = prop_oneof![
        Just("*"),
        Just("arn:aws:s3:::b/*"),
        Just("arn:aws:s3:::b/${x:unknown}"),
        Just("arn:aws:s3:::${x:unknown}/*"),
        Just("arn:aws:s3:::b/${x:unknown, 'a'}*"),
    ];
    (effect, element, pattern, condition()).prop_map(|(effect, element, pattern, condition)| {
        json!({"Effect": effect, "Action": "*", element: [pattern], "Condition": condition})
    })
}

proptest! {
    /// Whatever value the key has that nobody knows: what is allowed without knowing it is
    /// allowed with it.
    #[test]
    fn ignorance_never_allows_what_knowledge_would_not(
        statements in prop::collection::vec(statement(), 1..4),
        known in prop_oneof![Just(None), Just(Some("a")), Just(Some("b"))],
        resource in prop_oneof![Just("arn:aws:s3:::b/a"), Just("arn:aws:s3:::a/b")],
    ) {
        let mut statements = statements;
        statements.push(allow_all());
        let statements = json!(statements);
        let values = known.map_or(json!({}), |value| json!({"x:known": value}));
        let ignorant = decided(&statements, resource, &partial(&values));
        if !ignorant.is_allowed() {
            return Ok(());
        }
        for value in [None, Some("a"), Some("b"), Some("A"), Some("*"), Some("")] {
            let mut context = partial(&values);
            match value {
                Some(value) => context.set("x:unknown", value),
                None => context.set_all::<&str>("x:unknown", []),
            };
            let decision = decided(&statements, resource, &context);
            prop_assert!(decision.is_allowed(), "{statements} {value:?}: {decision}");
        }
    }
}
