//! Every operator: a value that satisfies it, one that does not, and the missing key.

use super::*;

/// Operator, expected value, a value that makes it hold, a value that does not.
const OPERATORS: [(&str, &str, &str, &str); 28] = [
    ("StringEquals", "abc", "abc", "Abc"),
    ("StringEquals", "a*?", "a*?", "abc"),
    ("StringNotEquals", "abc", "Abc", "abc"),
    ("StringEqualsIgnoreCase", "abC", "ABc", "abcd"),
    ("StringNotEqualsIgnoreCase", "abC", "abcd", "ABc"),
    ("StringLike", "a?c*", "abcd", "acd"),
    ("StringNotLike", "a?c*", "acd", "abcd"),
    ("NumericEquals", "10", "10.0", "11"),
    ("NumericNotEquals", "10", "11", "10"),
    ("NumericLessThan", "10", "9.999", "10"),
    ("NumericLessThanEquals", "10", "10", "10.001"),
    ("NumericGreaterThan", "-1", "0", "-1"),
    ("NumericGreaterThanEquals", "10", "10", "9"),
    (
        "DateEquals",
        "2026-01-01T00:00:00Z",
        "1767225600",
        "2026-01-01T00:00:01Z",
    ),
    (
        "DateNotEquals",
        "2026-01-01T00:00:00Z",
        "2026-01-02",
        "2026-01-01",
    ),
    (
        "DateLessThan",
        "2026-01-01T00:00:00Z",
        "2025-12-31T23:59:59Z",
        "2026-01-01T00:00:00Z",
    ),
    (
        "DateLessThanEquals",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:01Z",
    ),
    (
        "DateGreaterThan",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:01Z",
        "2026-01-01T00:00:00Z",
    ),
    (
        "DateGreaterThanEquals",
        "2026-01-01",
        "2026-01-01T01:00:00+01:00",
        "2025-12-31",
    ),
    ("Bool", "true", "true", "false"),
    ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", "qmluyxj5"),
    ("IpAddress", "10.0.0.0/8", "10.1.2.3", "11.0.0.1"),
    ("NotIpAddress", "10.0.0.0/8", "11.0.0.1", "10.1.2.3"),
    (
        "ArnEquals",
        "arn:aws:iam::1:role/*",
        "arn:aws:iam::1:role/x",
        "arn:aws:iam::2:role/x",
    ),
    (
        "ArnLike",
        "arn:aws:iam::?:role/*",
        "arn:aws:iam::1:role/x",
        "arn:aws:iam::12:role/x",
    ),
    (
        "ArnNotEquals",
        "arn:aws:iam::1:role/*",
        "arn:aws:iam::2:role/x",
        "arn:aws:iam::1:role/x",
    ),
    (
        "ArnNotLike",
        "arn:aws:iam::1:role/*",
        "arn:aws:iam::2:role/x",
        "arn:aws:iam::1:role/x",
    ),
    ("StringEquals", "", "", "x"),
];

fn is_negated(operator: &str) -> bool {
    operator.contains("Not")
}

#[test]
fn every_operator_tells_matching_from_other_values() {
    for (operator, expected, good, bad) in OPERATORS {
        for name in [operator.to_owned(), format!("{operator}IfExists")] {
            let condition = json!({&name: {"aws:x": expected}});
            assert!(holds(&condition, &json!({"aws:x": good})), "{name} {good}");
            assert!(!holds(&condition, &json!({"aws:x": bad})), "{name} {bad}");
        }
    }
}

#[test]
fn a_missing_key_satisfies_negated_and_if_exists_operators_only() {
    for (operator, expected, ..) in OPERATORS {
        for absent in [json!({}), json!({"aws:x": []})] {
            let held = |name: &str| holds(&json!({name: {"aws:x": expected}}), &absent);
            assert_eq!(held(operator), is_negated(operator), "{operator}");
            assert!(held(&format!("{operator}IfExists")), "{operator}IfExists");
            assert!(held(&format!("ForAllValues:{operator}")), "{operator}");
            assert!(!held(&format!("ForAnyValue:{operator}")), "{operator}");
            assert!(
                held(&format!("ForAnyValue:{operator}IfExists")),
                "{operator}"
            );
        }
    }
}

#[test]
fn set_operators_quantify_over_the_values_of_the_request() {
    for (operator, expected, good, bad) in OPERATORS {
        if good.is_empty() {
            continue;
        }
        let held = |set: &str, values: Value| {
            let name = format!("{set}:{operator}");
            holds(
                &json!({name: {"aws:x": expected}}),
                &json!({"aws:x": values}),
            )
        };
        assert!(held("ForAllValues", json!([good, good])), "{operator}");
        assert!(!held("ForAllValues", json!([good, bad])), "{operator}");
        assert!(held("ForAnyValue", json!([bad, good])), "{operator}");
        assert!(!held("ForAnyValue", json!([bad, bad])), "{operator}");
    }
}

#[test]
fn several_expected_values_are_alternatives_and_negation_excludes_all() {
    for (operator, expected, good, bad) in OPERATORS {
        let condition = json!({operator: {"aws:x": [expected, expected]}});
        assert!(holds(&condition, &json!({"aws:x": good})), "{operator}");
        assert!(!holds(&condition, &json!({"aws:x": bad})), "{operator}");
    }
    let either = json!({"StringEquals": {"aws:x": ["a", "b"]}});
    let neither = json!({"StringNotEquals": {"aws:x": ["a", "b"]}});
    for (value, equal) in [("a", true), ("b", true), ("c", false)] {
        assert_eq!(holds(&either, &json!({"aws:x": value})), equal, "{value}");
        assert_eq!(holds(&neither, &json!({"aws:x": value})), !equal, "{value}");
    }
}

#[test]
fn null_tests_for_the_key_itself() {
    for (expected, values, result) in [
        (json!("true"), json!({}), true),
        (json!(true), json!({"aws:x": []}), true),
        (json!("true"), json!({"aws:x": "v"}), false),
        (json!(false), json!({"aws:x": "v"}), true),
        (json!("false"), json!({"aws:x": ""}), true),
        (json!("false"), json!({}), false),
        (json!(["true", "false"]), json!({}), true),
    ] {
        let condition = json!({"Null": {"aws:x": expected}});
        assert_eq!(holds(&condition, &values), result, "{condition} {values}");
    }
}

/// The rows of the AWS documentation on set operators, for the operators that one uses there.
#[test]
fn t40_set_operators_follow_aws_for_every_shape_of_the_set() {
    let missing = json!({});
    let empty = json!({"aws:TagKeys": []});
    let blank = json!({"aws:TagKeys": [""]});
    let disjoint = json!({"aws:TagKeys": ["x", "y"]});
    let partial = json!({"aws:TagKeys": ["a", "x"]});
    let subset = json!({"aws:TagKeys": ["a", "b"]});
    let shapes = [&missing, &empty, &blank, &disjoint, &partial, &subset];
    let table = [
        (
            "ForAllValues:StringEquals",
            [true, true, true, false, false, true],
        ),
        (
            "ForAllValues:StringLike",
            [true, true, true, false, false, true],
        ),
        (
            "ForAllValues:StringNotEquals",
            [true, true, true, true, false, false],
        ),
        (
            "ForAllValues:StringNotLike",
            [true, true, true, true, false, false],
        ),
        (
            "ForAnyValue:StringEquals",
            [false, false, false, false, true, true],
        ),
        (
            "ForAnyValue:StringLike",
            [false, false, false, false, true, true],
        ),
        (
            "ForAnyValue:StringNotEquals",
            [false, false, false, true, true, false],
        ),
        (
            "ForAnyValue:StringNotLike",
            [false, false, false, true, true, false],
        ),
    ];
    for (operator, expected) in table {
        let condition = json!({operator: {"aws:TagKeys": ["a", "b", "c"]}});
        for (shape, expected) in shapes.iter().zip(expected) {
            assert_eq!(holds(&condition, shape), expected, "{operator} {shape}");
        }
    }
}

#[test]
fn values_that_cannot_be_read_equal_nothing() {
    for (operator, expected, _, _) in OPERATORS {
        let typed = ["Numeric", "Date", "Bool", "Binary", "Ip", "NotIp", "Arn"];
        if !typed.iter().any(|prefix| operator.starts_with(prefix)) {
            continue;
        }
        for value in [
            "",
            "garbage",
            "1e3",
            "0x10",
            " 1",
            "+1",
            "\u{661}",
            "::zz",
            "2026-13-01",
        ] {
            let held = holds(
                &json!({operator: {"aws:x": expected}}),
                &json!({"aws:x": value}),
            );
            assert_eq!(held, is_negated(operator), "{operator} {value:?}");
        }
    }
}
