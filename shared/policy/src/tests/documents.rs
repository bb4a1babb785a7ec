//! What the parser takes and refuses, and where it says the fault is.

use super::*;

const ALLOW_ALL: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;

fn session(text: &str) -> Result<Policy, PolicyError> {
    Policy::parse(text, Kind::Session)
}

/// A session policy around one statement.
fn with_statement(statement: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)
}

/// A session policy whose statement has one element replaced or added, written as JSON.
fn with_element(name: &str, value: &str) -> String {
    let mut statement: Value = serde_json::from_str(ALLOW_ALL).unwrap();
    statement[name] = serde_json::from_str(value).unwrap();
    with_statement(&statement.to_string())
}

pub(super) fn with_condition(condition: &str) -> String {
    with_element("Condition", condition)
}

#[track_caller]
pub(super) fn refused(text: &str, message: &str) {
    match session(text) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => assert_eq!(error.to_string(), message, "{text}"),
    }
}

#[test]
fn t38_documents_that_are_no_policies_are_refused() {
    let length = "the policy document must have 1 to 2048 characters";
    let version = "Version: must be 2012-10-17 in a session policy";
    for (text, message) in [
        ("", length),
        ("null", "policy document: must be an object"),
        ("[]", "policy document: must be an object"),
        ("\"x\"", "policy document: must be an object"),
        ("{}", version),
        (r#"{"Version":"2012-10-17"}"#, "Statement: missing"),
        (
            r#"{"Version":"2012-10-17","Statement":[]}"#,
            "Statement: must not be empty",
        ),
        (
            r#"{"Version":"2012-10-17","Statement":null}"#,
            "Statement: must be an object",
        ),
        (
            r#"{"Version":"2012-10-17","Statement":[[]]}"#,
            "Statement[0]: must be an object",
        ),
        (
            r#"{"Version":"2012-10-17","Statement":{},"X":1}"#,
            "X: unknown element",
        ),
        (
            r#"{"Version":"2012-10-17","Id":1,"Statement":{}}"#,
            "Id: must be a string",
        ),
        (
            r#"{"version":"2012-10-17","Statement":{}}"#,
            "version: unknown element",
        ),
        (&format!(r#"{{"Statement":{ALLOW_ALL}}}"#), version),
        (
            &format!(r#"{{"Version":"2008-10-17","Statement":{ALLOW_ALL}}}"#),
            version,
        ),
        (
            &format!(r#"{{"Version":"2012-10-18","Statement":{ALLOW_ALL}}}"#),
            version,
        ),
        (
            &format!(r#"{{"Version":20121017,"Statement":{ALLOW_ALL}}}"#),
            "Version: must be a string",
        ),
    ] {
        refused(text, message);
    }
}

#[test]
fn t38_broken_json_is_refused_with_line_and_column() {
    let nested = format!("{}1{}", "[".repeat(900), "]".repeat(900));
    for (text, message) in [
        (
            "{",
            "syntax error at line 1, column 1: EOF while parsing an object",
        ),
        (
            "{\n\"Version\" 1}",
            "syntax error at line 2, column 11: expected `:`",
        ),
        (
            "{} {}",
            "syntax error at line 1, column 4: trailing characters",
        ),
        (
            "{\"a\":1,}",
            "syntax error at line 1, column 8: trailing comma",
        ),
        (
            "{'a':1}",
            "syntax error at line 1, column 2: key must be a string",
        ),
        (
            "{\"a\":NaN}",
            "syntax error at line 1, column 6: expected value",
        ),
        (
            r#"{"Version":"2012-10-17","Version":"2012-10-17"}"#,
            "syntax error at line 1, column 33: duplicate key \"Version\"",
        ),
        (
            r#"{"Effect":1,"\u0045ffect":1}"#,
            "syntax error at line 1, column 25: duplicate key \"Effect\"",
        ),
        (
            r#"{"a":"\u0000"}"#,
            "syntax error at line 1, column 13: control character in a string",
        ),
        (
            r#"{"\u007f":1}"#,
            "syntax error at line 1, column 9: control character in a string",
        ),
        (
            r#"{"a":"\ud800"}"#,
            "syntax error at line 1, column 13: unexpected end of hex escape",
        ),
        (
            &nested,
            "syntax error at line 1, column 128: recursion limit exceeded",
        ),
    ] {
        refused(text, message);
    }
}

#[test]
fn t38_nesting_of_any_depth_gives_a_defined_error() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let text = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        for kind in [Kind::Session, Kind::Stored, Kind::Resource] {
            let error = Policy::parse(&text, kind).unwrap_err();
            assert!(matches!(
                error,
                PolicyError::Length { .. } | PolicyError::Syntax { .. }
            ));
        }
        let error = json::Json::parse(&text).unwrap_err();
        assert!(matches!(error, PolicyError::Syntax { .. }), "{error}");
    }
}

#[test]
fn t38_lengths_are_counted_in_characters() {
    let text = with_statement(ALLOW_ALL);
    let padded = |length: usize| format!("{text}{}", " ".repeat(length - text.len()));
    assert!(session(&padded(2048)).is_ok());
    assert_eq!(
        session(&padded(2049)).unwrap_err(),
        PolicyError::Length { max: 2048 }
    );
    assert!(Policy::parse(&padded(20_480), Kind::Stored).is_ok());
    assert!(Policy::parse(&padded(20_481), Kind::Stored).is_err());
    let prefix = "é".repeat(1900);
    assert!(
        session(&with_condition(&format!(
            r#"{{"StringEquals":{{"a:b":"{prefix}"}}}}"#
        )))
        .is_ok()
    );
}

#[test]
fn t38_tricks_with_unicode_are_refused() {
    let text = with_statement(ALLOW_ALL);
    for (text, message) in [
        (format!("\u{feff}{text}"), "line 1, column 1"),
        (format!("{text}\n\u{0}"), "line 2, column 1"),
        (text.replace("Allow", "\u{410}llow"), "line 1, column 49"),
        (text.replace("Allow", "All\u{202e}ow"), "line 1, column 52"),
    ] {
        refused(
            &text,
            &format!("character not allowed in a policy document at {message}"),
        );
    }
    assert!(Policy::parse(&format!("\u{feff}{text}"), Kind::Stored).is_err());
    let full_width = with_element("Effect", "\"\u{ff21}llow\"");
    assert!(Policy::parse(&full_width, Kind::Stored).is_err());
}

#[test]
fn t38_elements_are_checked_and_located() {
    let at = |rest: &str| format!("Statement[0].{rest}");
    for (element, value, message) in [
        ("Effect", "\"allow\"", "Effect: must be Allow or Deny"),
        ("Effect", "[\"Allow\"]", "Effect: must be a string"),
        ("Effect", "null", "Effect: must be a string"),
        ("Foo", "1", "Foo: unknown element"),
        ("Sid", "1", "Sid: must be a string"),
        (
            "Principal",
            "\"*\"",
            "Principal: only policies of resources name principals",
        ),
        (
            "NotPrincipal",
            "\"*\"",
            "NotPrincipal: only policies of resources name principals",
        ),
        (
            "NotAction",
            "\"s3:*\"",
            "NotAction: excludes the element without Not",
        ),
        (
            "NotResource",
            "\"*\"",
            "NotResource: excludes the element without Not",
        ),
    ] {
        refused(&with_element(element, value), &at(message));
    }
}

#[test]
fn t38_actions_and_resources_are_checked_and_located() {
    let at = |rest: &str| format!("Statement[0].{rest}");
    for (element, value, message) in [
        ("Action", "[]", "Action: must not be empty"),
        ("Action", "{}", "Action: must be a string"),
        ("Action", "[\"s3:*\",1]", "Action[1]: must be a string"),
        (
            "Action",
            "\"\"",
            "Action: an action must be `*` or `service:name`",
        ),
        (
            "Action",
            "\"s3\"",
            "Action: an action must be `*` or `service:name`",
        ),
        (
            "Action",
            "\"s3*\"",
            "Action: an action must be `*` or `service:name`",
        ),
        (
            "Action",
            "\"s*:Get\"",
            "Action: the service of an action must consist of letters, digits and hyphens",
        ),
        (
            "Action",
            "\":Get\"",
            "Action: the service of an action must consist of letters, digits and hyphens",
        ),
        (
            "Action",
            "[\"*\",\"s3:\"]",
            "Action[1]: the name of an action must consist of letters, digits and wildcards",
        ),
        (
            "Action",
            "\"s3:${aws:username}\"",
            "Action: the name of an action must consist of letters, digits and wildcards",
        ),
        (
            "Resource",
            "\"bucket\"",
            "Resource: must be `*` or an ARN of six parts, \
             arn:partition:service:region:account:resource",
        ),
        (
            "Resource",
            "[\"*\",\"arn:aws:s3:*\"]",
            "Resource[1]: must be `*` or an ARN of six parts, \
             arn:partition:service:region:account:resource",
        ),
        (
            "Resource",
            "\"arn:aws:*:::b\"",
            "Resource: the service of an ARN must be named, without wildcards",
        ),
        (
            "Resource",
            "\"arn:aws:s3::${aws:account}:b\"",
            "Resource: policy variables may stand only behind the fifth colon of an ARN",
        ),
        (
            "Resource",
            "\"arn:aws:s3:::${aws:x\"",
            "Resource: a policy variable is not closed",
        ),
        (
            "Resource",
            "\"arn:aws:s3:::${x}\"",
            "Resource: a policy variable must be `${prefix:name}` or `${prefix:name, 'default'}`",
        ),
        (
            "Resource",
            "\"arn:aws:s3:::${a:${b:c}}\"",
            "Resource: a policy variable must be `${prefix:name}` or `${prefix:name, 'default'}`",
        ),
        (
            "Resource",
            "\"arn:aws:s3:::${a:b, '${c'}\"",
            "Resource: the default value of a policy variable must stand in single quotes",
        ),
        (
            "Resource",
            "\"arn:aws:s3:::${a:b, c}\"",
            "Resource: the default value of a policy variable must stand in single quotes",
        ),
    ] {
        refused(&with_element(element, value), &at(message));
    }
}

#[test]
fn t38_missing_elements_are_named() {
    for (statement, message) in [
        (
            r#"{"Action":"*","Resource":"*"}"#,
            "Statement[0].Effect: missing",
        ),
        (
            r#"{"Effect":"Allow","Resource":"*"}"#,
            "Statement[0]: Action or NotAction is missing",
        ),
        (
            r#"{"Effect":"Allow","Action":"s3:*"}"#,
            "Statement[0]: Resource or NotResource is missing",
        ),
        (
            r#"{"Effect":"Allow","Action":["admin:*","*"]}"#,
            "Statement[0]: Resource or NotResource is missing",
        ),
        (
            r#"{"Effect":"Allow","NotAction":"admin:*"}"#,
            "Statement[0]: Resource or NotResource is missing",
        ),
    ] {
        refused(&with_statement(statement), message);
    }
    let twice = format!(
        "{0},{0}",
        r#"{"Sid":"A","Effect":"Allow","Action":"*","Resource":"*"}"#
    );
    refused(&with_statement(&twice), "Statement[1].Sid: must be unique");
}

#[test]
fn what_clients_of_both_families_send_is_accepted() {
    for text in [
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"Stmt1","Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::*"}]}"#,
        r#"{"Version":"2012-10-17","Id":"x y","Statement":{"Sid":"","Effect":"Deny","NotAction":["s3:Get*"],"NotResource":["arn:aws:s3:::b","arn:aws:s3:::b/*"],"Condition":{}}}"#,
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"Any printable text","Effect":"Allow","Action":["admin:*","kms:*","sts:AssumeRole"]}]}"#,
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"","Effect":"Allow","Action":"*:*","Resource":"*"},{"Sid":"","Effect":"Allow","Action":"*","Resource":"arn:minio:kms:::k"}]}"#,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:*:s3:*:*:b*/?"}]}"#,
    ] {
        session(text).unwrap();
    }
}
