//! Patterns of actions and resources.

use proptest::prelude::*;

use super::super::pattern::Pattern;
use super::*;

#[test]
fn actions_are_matched_without_regard_to_case() {
    let table = [
        ("*", "s3:GetObject", true),
        ("*:*", "s3:GetObject", true),
        ("*:Get*", "S3:getobject", true),
        ("S3:getOBJECT", "s3:GetObject", true),
        ("s3:Get?bject", "s3:GetObject", true),
        ("s3:Get?bject", "s3:Getbject", false),
        ("s3:*Object", "s3:GetObject", true),
        ("s3:*Object", "s3:GetObjectAcl", false),
        ("s3:*", "s3express:GetObject", false),
        ("s3:GetObject", "s3:GetObjectVersion", false),
        ("s3:*", "s3", false),
    ];
    for (pattern, action, expected) in table {
        for (element, expected) in [("Action", expected), ("NotAction", !expected)] {
            let mut statement = json!({"Effect": "Allow", "Resource": "*"});
            statement[element] = json!([pattern]);
            let allowed = ask(&stored(&statement), action, "*", &json!({})) == Answer::Allow;
            assert_eq!(allowed, expected, "{element} {pattern} {action}");
        }
    }
}

#[test]
fn resources_are_matched_by_segment() {
    let table = [
        ("*", "anything", true),
        ("arn:aws:s3:::*", "arn:aws:s3:::b/k/l", true),
        ("arn:aws:s3:::*", "arn:aws:s3:::", true),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/k:l:m", true),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b", false),
        ("arn:aws:s3:::b*", "arn:aws:s3:::bc/k", true),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/é", true),
        ("arn:aws:s3:::B/k", "arn:aws:s3:::b/k", false),
        ("arn:aws:s3:::*", "arn:aws:s3:eu:1:b", false),
        ("arn:aws:sqs:*:1:q", "arn:aws:sqs:eu-1:1:q", true),
        ("arn:aws:sqs:*:1:q", "arn:aws:sqs:eu-1:2:x:1:q", false),
        ("arn:*:s3:::b", "arn:aws-cn:s3:::b", true),
        ("arn:aws:s3:::*", "*", false),
        ("arn:aws:s3:::*", "arn:aws:s3", false),
    ];
    for (pattern, resource, expected) in table {
        let mut statement = json!({"Effect": "Allow", "Action": "*"});
        assert_eq!(
            covers(pattern, resource, &json!({})),
            expected,
            "{pattern} {resource}"
        );
        statement["NotResource"] = json!([pattern]);
        let excluded = ask(&stored(&statement), "s3:x", resource, &json!({})) != Answer::Allow;
        assert_eq!(excluded, expected, "NotResource {pattern} {resource}");
    }
}

#[test]
fn hostile_patterns_end() {
    let pattern = format!("arn:aws:s3:::{}", "*a".repeat(900));
    let resource = format!("arn:aws:s3:::{}b", "a".repeat(10_000));
    assert!(!covers(&pattern, &resource, &json!({})));
    let pattern = format!("arn:aws:s3:::{}b", "*".repeat(1900));
    assert!(covers(&pattern, &resource, &json!({})));
    let pattern = format!("arn:aws:s3:::*{}", "?".repeat(1900));
    assert!(covers(&pattern, &resource, &json!({})));
}

/// The definition, in exponential time.
fn reference(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, _) => text.is_empty(),
        (Some(('*', rest)), None) => reference(rest, text),
        (Some(('*', rest)), Some((_, tail))) => reference(rest, text) || reference(pattern, tail),
        (Some(('?', rest)), Some((_, tail))) => reference(rest, tail),
        (Some((c, rest)), Some((d, tail))) => c == d && reference(rest, tail),
        (Some(_), None) => false,
    }
}

proptest! {
    #[test]
    fn matching_agrees_with_its_definition(pattern in "[ab*?é]{0,9}", text in "[abé]{0,9}") {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        let compiled = Pattern::glob(&pattern).unwrap();
        prop_assert_eq!(
            compiled.covers(&text),
            reference(&chars(&pattern), &chars(&text))
        );
    }
}
