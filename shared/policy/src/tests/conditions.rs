//! Blocks of conditions, their keys, and the types of their values.

use super::*;

#[test]
fn operators_and_keys_must_all_hold() {
    let condition = json!({
        "StringEquals": {"aws:x": "1", "aws:y": "2"},
        "Bool": {"aws:z": "true"},
    });
    let all = json!({"aws:x": "1", "aws:y": "2", "aws:z": "true"});
    assert!(holds(&condition, &all));
    for key in ["aws:x", "aws:y", "aws:z"] {
        let mut one_missing = all.clone();
        one_missing.as_object_mut().unwrap().remove(key);
        assert!(!holds(&condition, &one_missing), "{key}");
    }
    assert!(holds(&json!({}), &json!({})));
}

#[test]
fn keys_are_case_insensitive_and_values_are_not() {
    let condition = json!({"StringEquals": {"AWS:PrincipalTag/TEAM": "Red"}});
    assert!(holds(&condition, &json!({"aws:principaltag/team": "Red"})));
    assert!(!holds(&condition, &json!({"aws:principaltag/team": "red"})));
}

#[test]
fn scalars_of_json_are_their_text() {
    let condition = json!({
        "NumericEquals": {"aws:n": [3600, 1.5]},
        "Bool": {"aws:b": true},
        "StringEquals": {"aws:s": [7, false]},
    });
    assert!(holds(
        &condition,
        &json!({"aws:n": "1.50", "aws:b": "True", "aws:s": "false"})
    ));
    assert!(holds(
        &condition,
        &json!({"aws:n": "3600", "aws:b": true, "aws:s": "7"})
    ));
}

#[test]
fn numbers_are_exact() {
    let equal = json!({"NumericEquals": {"aws:x": "9007199254740993"}});
    assert!(!holds(&equal, &json!({"aws:x": "9007199254740992"})));
    assert!(holds(&equal, &json!({"aws:x": "9007199254740993.000"})));
    let tenth = json!({"NumericEquals": {"aws:x": 0.1}});
    assert!(holds(&tenth, &json!({"aws:x": "0.1"})));
}

#[test]
fn dates_are_compared_as_moments() {
    let equal = json!({"DateEquals": {"aws:x": "2026-11-22T10:00:00Z"}});
    for same in [
        "2026-11-22T10:00Z",
        "2026-11-22T11:00+01:00",
        "2026-11-22T09:30:00.000-00:30",
        "1795341600",
        "1795341600.0",
    ] {
        assert!(holds(&equal, &json!({"aws:x": same})), "{same}");
    }
    for other in [
        "2026-11-22T10:00:00.001Z",
        "2026-11-22",
        "2026-11",
        "2026-11-22T10:00:00",
    ] {
        assert!(!holds(&equal, &json!({"aws:x": other})), "{other}");
    }
}

#[test]
fn addresses_are_compared_by_block() {
    let table = [
        ("203.0.113.7", "203.0.113.7", true),
        ("203.0.113.7", "203.0.113.8", false),
        ("203.0.113.7/24", "203.0.113.200", true),
        ("0.0.0.0/0", "8.8.8.8", true),
        ("0.0.0.0/0", "2001:db8::1", false),
        ("::/0", "2001:db8::1", true),
        ("::/0", "8.8.8.8", false),
        ("2001:DB8:1234:5678::/64", "2001:db8:1234:5678::9", true),
        ("2001:DB8:1234:5678::/64", "2001:db8:1234:5679::9", false),
        ("2001:db8::1", "2001:db8::1", true),
        ("10.0.0.0/8", "::ffff:10.1.2.3", true),
        ("::ffff:10.0.0.0/104", "10.1.2.3", true),
        ("::ffff:10.0.0.0/104", "11.1.2.3", false),
        ("::ffff:10.0.0.1", "10.0.0.1", true),
        ("10.0.0.0/8", "10.1.2.3:443", false),
        ("10.0.0.0/8", "010.1.2.3", false),
    ];
    for (block, address, inside) in table {
        for (operator, expected) in [("IpAddress", inside), ("NotIpAddress", !inside)] {
            let condition = json!({operator: {"aws:SourceIp": block}});
            let held = holds(&condition, &json!({"aws:SourceIp": address}));
            assert_eq!(held, expected, "{operator} {block} {address}");
        }
    }
}

#[test]
fn binary_values_are_compared_as_bytes() {
    let condition = json!({"BinaryEquals": {"aws:x": "QmluYXJ5VmFsdWVJbkJhc2U2NA=="}});
    assert!(holds(
        &condition,
        &json!({"aws:x": "QmluYXJ5VmFsdWVJbkJhc2U2NA=="})
    ));
    assert!(!holds(&condition, &json!({"aws:x": "BinaryValueInBase64"})));
}

#[test]
fn arns_are_compared_by_segment_whatever_the_operator_is_called() {
    let table = [
        ("arn:aws:s:*:1:f/*", "arn:aws:s:us-east-2:1:f/doc", true),
        (
            "arn:aws:s:*:1:f/*",
            "arn:aws:s:us-east-2:9:store/abc:1:f/doc",
            false,
        ),
        ("arn:aws:s:*:1:f/*", "arn:aws:s::1:f/a:b/c", true),
        ("arn:aws:s:r:1:f", "arn:aws:s:r:1:f", true),
        ("arn:aws:s:r:1:f", "arn:aws:s:r:1:F", false),
        ("arn:aws:s:*:1:f", "not-an-arn", false),
        ("*", "arn:aws:s:r:1:f", true),
    ];
    for (pattern, value, expected) in table {
        for operator in ["ArnEquals", "ArnLike"] {
            let condition = json!({operator: {"aws:SourceArn": pattern}});
            let held = holds(&condition, &json!({"aws:SourceArn": value}));
            assert_eq!(held, expected, "{operator} {pattern} {value}");
        }
    }
}

#[test]
fn without_a_set_operator_any_value_may_match_and_negation_asks_for_none() {
    let values = json!({"aws:TagKeys": ["a", "b"]});
    assert!(holds(
        &json!({"StringEquals": {"aws:TagKeys": "b"}}),
        &values
    ));
    assert!(!holds(
        &json!({"StringNotEquals": {"aws:TagKeys": "b"}}),
        &values
    ));
    assert!(holds(
        &json!({"StringNotEquals": {"aws:TagKeys": "c"}}),
        &values
    ));
}

#[test]
fn ignoring_case_reaches_beyond_ascii() {
    let condition = json!({"StringEqualsIgnoreCase": {"aws:x": "STRAßE-É"}});
    assert!(holds(&condition, &json!({"aws:x": "straße-é"})));
}
