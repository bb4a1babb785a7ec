//! What the parser refuses inside of `Condition` and `Principal`.

use super::documents::{refused, with_condition};
use super::*;

#[test]
fn t38_conditions_are_checked_and_located() {
    let key = "StringEquals.aws:x";
    for (condition, message) in [
        ("[]".to_owned(), ": must be an object".to_owned()),
        ("null".to_owned(), ": must be an object".to_owned()),
        (
            r#"{"StringMatches":{"aws:x":"1"}}"#.to_owned(),
            ".StringMatches: unknown condition operator".to_owned(),
        ),
        (
            r#"{"StringEquals":{}}"#.to_owned(),
            ".StringEquals: must not be empty".to_owned(),
        ),
        (
            r#"{"StringEquals":{"x":"1"}}"#.to_owned(),
            ".StringEquals.x: a condition key must be `prefix:name`".to_owned(),
        ),
        (
            r#"{"StringEquals":{"aws:x":"1","AWS:X":"2"}}"#.to_owned(),
            ".StringEquals.AWS:X: duplicate condition key".to_owned(),
        ),
        (
            r#"{"StringEquals":{"aws:x":[]}}"#.to_owned(),
            format!(".{key}: must not be empty"),
        ),
        (
            r#"{"StringEquals":{"aws:x":["1",null]}}"#.to_owned(),
            format!(".{key}[1]: must be a string, a number or a boolean"),
        ),
        (
            format!(r#"{{"{}":{{}}}}"#, "x".repeat(500)),
            format!(".{}...: unknown condition operator", "x".repeat(40)),
        ),
    ] {
        refused(
            &with_condition(&condition),
            &format!("Statement[0].Condition{message}"),
        );
    }
}

#[test]
fn unknown_operators_are_refused() {
    for operator in [
        "",
        "stringequals",
        "StringEqual",
        "StringNotEqual",
        "StringEqualsIfExist",
        "IfExistsStringEquals",
        "StringEqualsIfExistsIfExists",
        "NumericNotLessThan",
        "DateLike",
        "BoolNotEquals",
        "BinaryNotEquals",
        "IpAddressNot",
        "NullIfExists",
        "ForAllValues:Null",
        "ForAnyValue:Null",
        "ForAllValues:",
        "ForAllValues",
        "ForAllValues:ForAnyValue:StringEquals",
        "forallvalues:StringEquals",
        "ForSomeValues:StringEquals",
        "Numeric",
        "Date",
    ] {
        refused(
            &with_condition(&json!({operator: {"aws:x": "1"}}).to_string()),
            &format!("Statement[0].Condition.{operator}: unknown condition operator"),
        );
    }
}

#[test]
fn values_must_have_the_type_of_their_operator() {
    let number = "must be a decimal number";
    let date = "must be an ISO 8601 date with time zone, or seconds since the epoch";
    let boolean = "must be true or false";
    let address = "must be an IP address or a CIDR block";
    let arn = "must be `*` or an ARN of six parts, arn:partition:service:region:account:resource";
    for (operator, value, message) in [
        ("NumericEquals", "", number),
        ("NumericEquals", "ten", number),
        ("NumericEquals", "1e3", number),
        ("NumericEquals", "+1", number),
        ("NumericEquals", "1.", number),
        ("NumericEquals", "123456789012345678901", number),
        ("NumericLessThan", "${aws:x}", number),
        ("DateLessThan", "yesterday", date),
        ("DateLessThan", "2026-02-30", date),
        ("DateLessThan", "2026-11-22T10:00:00", date),
        ("Bool", "yes", boolean),
        ("Bool", "${aws:x}", boolean),
        ("Null", "1", boolean),
        ("BinaryEquals", "***", "must be base64"),
        ("BinaryEquals", "QmluYXJ5VmFsdWU", "must be base64"),
        ("IpAddress", "10.0.0.0/33", address),
        ("IpAddress", "10.0.0.0/+8", address),
        ("IpAddress", "::/129", address),
        ("IpAddress", "10.0.0", address),
        ("IpAddress", "10.0.0.*", address),
        ("NotIpAddress", "example.com", address),
        ("ArnLike", "user/alice", arn),
        ("ArnLike", "arn:aws:s3:*", arn),
        ("ArnEquals", "bucket:a:b:c:d:e", arn),
    ] {
        for list in [json!(value), json!([value])] {
            let index = if list.is_array() { "[0]" } else { "" };
            refused(
                &with_condition(&json!({operator: {"aws:x": list}}).to_string()),
                &format!("Statement[0].Condition.{operator}.aws:x{index}: {message}"),
            );
        }
    }
}

#[test]
fn policies_of_resources_must_name_principals() {
    let parse = |principal: &str| {
        let text = format!(
            r#"{{"Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole"{principal}}}]}}"#
        );
        let error = Policy::parse(&text, Kind::Resource).err();
        error.map(|e| e.to_string()).unwrap_or_default()
    };
    let wildcard = "a principal is named in full, without wildcards or variables";
    let form = "must be `*`, an account id, or the ARN of an account, user, role or session";
    for (principal, message) in [
        ("", ": Principal or NotPrincipal is missing".to_owned()),
        (
            r#","Principal":"*","NotPrincipal":"*""#,
            ".NotPrincipal: excludes the element without Not".to_owned(),
        ),
        (
            r#","Principal":"alice""#,
            ".Principal: must be \"*\" or an object".to_owned(),
        ),
        (
            r#","Principal":{}"#,
            ".Principal: must not be empty".to_owned(),
        ),
        (
            r#","Principal":{"aws":"*"}"#,
            ".Principal.aws: unknown element".to_owned(),
        ),
        (
            r#","Principal":{"AWS":[]}"#,
            ".Principal.AWS: must not be empty".to_owned(),
        ),
        (
            r#","Principal":{"AWS":["*","arn:aws:iam::123456789012:user/*"]}"#,
            format!(".Principal.AWS[1]: {wildcard}"),
        ),
        (
            r#","Principal":{"Federated":"${a:b}"}"#,
            format!(".Principal.Federated: {wildcard}"),
        ),
        (
            r#","Principal":{"AWS":"alice"}"#,
            format!(".Principal.AWS: {form}"),
        ),
        (
            r#","Principal":{"AWS":"12345678901"}"#,
            format!(".Principal.AWS: {form}"),
        ),
        (
            r#","Principal":{"AWS":"arn:aws:s3:::b"}"#,
            format!(".Principal.AWS: {form}"),
        ),
    ] {
        assert_eq!(
            parse(principal),
            format!("Statement[0]{message}"),
            "{principal}"
        );
    }
    assert_eq!(parse(r#","Principal":"*""#), "");
}
