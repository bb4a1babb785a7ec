//! Policy variables.

use super::*;

const HOME: &str = "arn:aws:s3:::b/home/${aws:username}/*";

#[test]
fn variables_stand_for_values_of_the_request() {
    let alice = json!({"aws:username": "alice"});
    assert!(covers(HOME, "arn:aws:s3:::b/home/alice/x", &alice));
    assert!(!covers(HOME, "arn:aws:s3:::b/home/bob/x", &alice));
    assert!(covers(
        "arn:aws:s3:::b/${AWS:UserName}",
        "arn:aws:s3:::b/alice",
        &alice
    ));
    for operator in ["StringEquals", "StringLike", "StringEqualsIgnoreCase"] {
        let condition = json!({operator: {"s3:prefix": "home/${aws:username}/"}});
        let asked = |prefix: &str| json!({"aws:username": "alice", "s3:prefix": prefix});
        assert!(holds(&condition, &asked("home/alice/")), "{operator}");
        assert!(!holds(&condition, &asked("home/bob/")), "{operator}");
    }
    for pattern in [
        "arn:aws:iam::1:user/${aws:username}",
        "${aws:ResourceTag/owner}",
    ] {
        let condition = json!({"ArnEquals": {"aws:PrincipalArn": pattern}});
        let values = |arn: &str| {
            json!({
                "aws:username": "alice",
                "aws:ResourceTag/owner": "arn:aws:iam::1:user/alice",
                "aws:PrincipalArn": arn,
            })
        };
        assert!(
            holds(&condition, &values("arn:aws:iam::1:user/alice")),
            "{pattern}"
        );
        assert!(
            !holds(&condition, &values("arn:aws:iam::1:user/bob")),
            "{pattern}"
        );
    }
    let account = json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:account}:role/*"}});
    let values = |id: &str| json!({"aws:account": id, "aws:PrincipalArn": "arn:aws:iam::1:role/r"});
    assert!(holds(&account, &values("1")));
    assert!(!holds(&account, &values("2")));
    assert!(!holds(&account, &values("1:role/r")));
}

#[test]
fn defaults_stand_in_for_missing_values_only() {
    let pattern = "arn:aws:s3:::${aws:PrincipalTag/team, 'common-*'}/k";
    let with = |values: Value, resource: &str| covers(pattern, resource, &values);
    assert!(with(json!({}), "arn:aws:s3:::common-*/k"));
    assert!(!with(json!({}), "arn:aws:s3:::common-x/k"));
    assert!(with(
        json!({"aws:PrincipalTag/team": "red"}),
        "arn:aws:s3:::red/k"
    ));
    assert!(!with(
        json!({"aws:PrincipalTag/team": "red"}),
        "arn:aws:s3:::common-*/k"
    ));
}

#[test]
fn special_characters_can_be_written_as_variables() {
    let pattern = "arn:aws:s3:::b/${*}${?}${$}{x}*";
    assert!(covers(pattern, "arn:aws:s3:::b/*?${x}y", &json!({})));
    assert!(!covers(pattern, "arn:aws:s3:::b/ab${x}y", &json!({})));
    let condition = json!({"StringLike": {"aws:x": "a${*}"}, "StringEquals": {"aws:x": "a${*}"}});
    assert!(holds(&condition, &json!({"aws:x": "a*"})));
    assert!(!holds(&condition, &json!({"aws:x": "ab"})));
}

#[test]
fn older_versions_have_no_variables() {
    for version in ["", r#""Version":"2008-10-17","#] {
        let text = format!(
            r#"{{{version}"Statement":{{"Effect":"Allow","Action":"*","Resource":"{HOME}",
            "Condition":{{"StringEquals":{{"aws:x":"${{aws:username}}"}}}}}}}}"#
        );
        let policy = Policy::parse(&text, Kind::Stored).unwrap();
        let asked = |resource: &str, x: &str| {
            let values = json!({"aws:username": "alice", "aws:x": x});
            ask(&policy, "s3:GetObject", resource, &values)
        };
        let literal = "arn:aws:s3:::b/home/${aws:username}/k";
        assert_eq!(asked(literal, "${aws:username}"), Answer::Allow);
        assert_eq!(asked(literal, "alice"), Answer::ImplicitDeny);
        let home = "arn:aws:s3:::b/home/alice/k";
        assert_eq!(asked(home, "${aws:username}"), Answer::ImplicitDeny);
    }
}

#[test]
fn t28_expansion_is_single_pass() {
    for value in [
        "${jwt:sub}",
        "{sub}",
        "${aws:username}",
        "${*}",
        "${jwt:sub, 'x'}",
    ] {
        let values = json!({"jwt:sub": value, "aws:username": "alice"});
        let pattern = "arn:aws:s3:::b/${jwt:sub}/*";
        let literal = format!("arn:aws:s3:::b/{value}/k");
        assert!(covers(pattern, &literal, &values), "{value}");
        assert!(
            !covers(pattern, "arn:aws:s3:::b/alice/k", &values),
            "{value}"
        );
        assert!(!covers(pattern, "arn:aws:s3:::b/sub/k", &values), "{value}");
    }
    let long = "${jwt:sub}".repeat(100_000);
    let values = json!({"jwt:sub": long});
    assert!(!covers(
        "arn:aws:s3:::${jwt:sub}*${jwt:sub}",
        "arn:aws:s3:::b",
        &values
    ));
    let condition = json!({"StringLike": {"jwt:sub": "*${jwt:sub}*?"}});
    assert!(!holds(&condition, &values));
}

#[test]
fn t29_a_variable_without_value_matches_nothing() {
    let absent = [
        json!({}),
        json!({"aws:username": ""}),
        json!({"aws:username": ["alice"]}),
        json!({"aws:username": []}),
    ];
    for values in &absent {
        for resource in [
            "arn:aws:s3:::b/home//x",
            "arn:aws:s3:::b/home/alice/x",
            "arn:aws:s3:::b/home/${aws:username}/x",
            "arn:aws:s3:::b/home/*/x",
            "*",
        ] {
            assert!(!covers(HOME, resource, values), "{values} {resource}");
            assert!(!covers("arn:aws:s3:::${aws:username}*", resource, values));
        }
        let home = "arn:aws:s3:::b/home/alice/x";
        for operator in ["StringEquals", "StringLike", "StringEqualsIgnoreCase"] {
            for prefix in ["", "alice", "${aws:username}"] {
                let mut values = values.clone();
                values["s3:prefix"] = json!(prefix);
                let expected = "${aws:username}";
                assert!(!holds(&json!({operator: {"s3:prefix": expected}}), &values));
                let operator = operator.replace("String", "StringNot");
                assert!(holds(&json!({operator: {"s3:prefix": expected}}), &values));
            }
        }
        let effect = |effect: &str, element: &str| {
            let mut statement = json!({"Effect": effect, "Action": "*"});
            statement[element] = json!([HOME, "arn:aws:s3:::c"]);
            ask(&stored(&statement), "s3:GetObject", home, values)
        };
        assert_eq!(effect("Allow", "Resource"), Answer::ImplicitDeny);
        assert_eq!(effect("Allow", "NotResource"), Answer::ImplicitDeny);
        assert_eq!(effect("Deny", "Resource"), Answer::ImplicitDeny);
        assert_eq!(effect("Deny", "NotResource"), Answer::ExplicitDeny);
    }
}

#[test]
fn t29_characters_of_values_are_never_wildcards() {
    for value in ["*", "?????", "a*", "ali?e", ".."] {
        let values = json!({"aws:username": value, "s3:prefix": "alice"});
        assert!(
            !covers(HOME, "arn:aws:s3:::b/home/alice/x", &values),
            "{value}"
        );
        let literal = format!("arn:aws:s3:::b/home/{value}/x");
        assert!(covers(HOME, &literal, &values), "{value}");
        let condition = json!({"StringLike": {"s3:prefix": "${aws:username}"}});
        assert!(!holds(&condition, &values), "{value}");
        let arn = json!({"ArnLike": {"s3:prefix": "arn:aws:iam::1:user/${aws:username}"}});
        let mut values = values;
        values["s3:prefix"] = json!("arn:aws:iam::1:user/alice");
        assert!(!holds(&arn, &values), "{value}");
    }
}
