//! Properties that hold for all policies.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const ACTIONS: [&str; 5] = ["*", "s3:*", "s3:Get*", "s3:PutObject", "iam:*"];
const RESOURCES: [&str; 5] = [
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::${aws:username}/*",
    "arn:aws:s3:::c",
];

fn condition() -> impl Strategy<Value = Value> {
    let operators = [
        "StringEquals",
        "StringNotLike",
        "ForAllValues:StringLike",
        "ForAnyValue:StringNotEquals",
        "StringEqualsIfExists",
        "Null",
    ];
    (
        select(operators.to_vec()),
        select(vec!["aws:username", "aws:x", "aws:TagKeys"]),
    )
        .prop_map(|(operator, key)| match operator {
            "Null" => json!({operator: {key: "true"}}),
            operator => json!({operator: {key: ["b", "${aws:username}", "t*"]}}),
        })
}

fn statement() -> impl Strategy<Value = Value> {
    (
        any::<[bool; 3]>(),
        vec(select(ACTIONS.to_vec()), 1..3),
        vec(select(RESOURCES.to_vec()), 1..3),
        proptest::option::of(condition()),
    )
        .prop_map(
            |([deny, not_action, not_resource], actions, resources, condition)| {
                let mut statement = json!({"Effect": if deny { "Deny" } else { "Allow" }});
                statement[if not_action { "NotAction" } else { "Action" }] = json!(actions);
                statement[if not_resource {
                    "NotResource"
                } else {
                    "Resource"
                }] = json!(resources);
                if let Some(condition) = condition {
                    statement["Condition"] = condition;
                }
                statement
            },
        )
}

fn statements() -> impl Strategy<Value = Vec<Value>> {
    vec(statement(), 1..6)
}

fn request() -> impl Strategy<Value = (&'static str, &'static str, Value)> {
    (
        select(vec!["s3:GetObject", "s3:PutObject", "iam:CreateUser"]),
        select(vec![
            "arn:aws:s3:::b/k",
            "arn:aws:s3:::c",
            "arn:aws:s3:::b/${aws:username}",
            "*",
        ]),
        select(vec![
            json!({}),
            json!({"aws:username": "b", "aws:TagKeys": ["t1", "b"]}),
            json!({"aws:username": "*", "aws:x": "b"}),
            json!({"aws:x": "", "aws:TagKeys": []}),
        ]),
    )
}

/// Asks with several policies and ceilings of one policy each.
fn ask_all(
    identity: &[&Policy],
    ceilings: &[&Policy],
    (action, resource, values): &(&str, &str, Value),
) -> Answer {
    let name = |policy| [NamedPolicy { name: "p", policy }];
    let identity: Vec<_> = identity.iter().flat_map(|p| name(*p)).collect();
    let policies: Vec<_> = ceilings.iter().map(|p| name(*p)).collect();
    let ceilings: Vec<_> = policies
        .iter()
        .map(|policies| Ceiling {
            name: "c",
            policies,
        })
        .collect();
    let layers = Layers {
        identity: &identity,
        ceilings: &ceilings,
        ..Layers::default()
    };
    Answer::from(&decide(&layers, &query(action, resource, &context(values))))
}

proptest! {
    #[test]
    fn adding_a_deny_never_widens(
        base in statements(), mut extra in statement(), request in request(),
    ) {
        extra["Effect"] = json!("Deny");
        let without = ask(&stored(&json!(base)), request.0, request.1, &request.2);
        let mut more = base.clone();
        more.push(extra);
        let with = ask(&stored(&json!(more)), request.0, request.1, &request.2);
        prop_assert!(with == without || with == Answer::ExplicitDeny);
    }

    #[test]
    fn adding_a_ceiling_never_widens(
        base in statements(), first in statements(), second in statements(), request in request(),
    ) {
        let [base, first, second] = [base, first, second].map(|s| stored(&json!(s)));
        let answers = [
            ask_all(&[&base], &[], &request),
            ask_all(&[&base], &[&first], &request),
            ask_all(&[&base], &[&first, &second], &request),
        ];
        for pair in answers.windows(2) {
            prop_assert!(pair[1] != Answer::Allow || pair[0] == Answer::Allow, "{answers:?}");
        }
    }

    #[test]
    fn a_missing_value_never_widens_an_allow(
        mut base in statement(), request in request(),
    ) {
        base["Effect"] = json!("Allow");
        if let Some(statement) = base.as_object_mut() {
            statement.remove("Condition");
        }
        let policy = stored(&base);
        if ask(&policy, request.0, request.1, &json!({})) == Answer::Allow {
            for name in ["x", "y"] {
                let values = json!({"aws:username": name});
                prop_assert_eq!(ask(&policy, request.0, request.1, &values), Answer::Allow);
            }
        }
    }

    #[test]
    fn the_order_of_statements_and_policies_does_not_matter(
        (base, shuffled) in statements().prop_flat_map(|s| (Just(s.clone()), Just(s).prop_shuffle())),
        other in statements(),
        request in request(),
    ) {
        let [base, shuffled, other] = [base, shuffled, other].map(|s| stored(&json!(s)));
        prop_assert_eq!(
            ask_all(&[&base, &other], &[], &request),
            ask_all(&[&other, &shuffled], &[], &request)
        );
        prop_assert_eq!(
            ask_all(&[&other], &[&base], &request),
            ask_all(&[&other], &[&shuffled], &request)
        );
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        for kind in [Kind::Session, Kind::Stored, Kind::Resource] {
            let _ = Policy::parse(&text, kind);
        }
    }

    #[test]
    fn no_value_makes_parser_or_evaluator_panic(
        operator in "(ForAllValues:)?(String(Not)?(Equals|Like)|Numeric(Not)?Equals|DateLessThan|Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?Like|Null)(IfExists)?",
        expected in any::<String>(),
        pattern in "[*?:$\\{\\}a-z0-9/'., ]{0,24}",
        actual in any::<String>(),
    ) {
        let document = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow",
            "Action": ["*", format!("s3:{pattern}")],
            "Resource": ["*", format!("arn:aws:s3:::{pattern}")],
            "Condition": {operator: {"aws:x": [expected, pattern]}},
        }});
        if let Ok(policy) = Policy::parse(&document.to_string(), Kind::Stored) {
            let values = json!({"aws:x": actual, "a:b": actual});
            ask(&policy, &actual, &actual, &values);
            ask(&policy, &actual, &format!("arn:aws:s3:::{actual}"), &values);
        }
    }
}
