//! Code, status and text of every error, in the order of the checks.

use super::samples::{authorization, presigned, signed};
use super::*;

const CREDENTIAL: &str = "AKID/20150830/us-east-1/sts/aws4_request";
const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

#[track_caller]
fn check(message: &Message, code: &str, status: u16, text: &str) {
    let rules = Rules::sts(Regions::OneOf(vec!["us-east-1".to_owned()]));
    let error = message.verify("another secret", &rules, NOW).unwrap_err();
    assert_eq!(error.to_string(), text);
    assert_eq!(error.code(), code);
    assert_eq!(error.status(), status);
}

fn with_query(query: &str) -> Message {
    let mut message = Message::sts("");
    message.query = query.to_owned();
    message
}

fn with_authorization(value: &str) -> Message {
    let mut message = Message::sts("");
    message.set("authorization", value);
    message
}

fn with_credential(credential: &str) -> Message {
    let signed_headers = "content-type;host;x-amz-date";
    with_authorization(&authorization(credential, signed_headers, "0"))
}

#[test]
fn row_4_query_that_does_not_decode() {
    for (query, text) in [
        ("a=%", "Incomplete trailing escape % sequence"),
        ("a%4", "Incomplete trailing escape % sequence"),
        (
            "a=b&%zz=1",
            "Illegal hex character in escape % pattern: %zz",
        ),
        ("a=%4é", "Illegal hex character in escape % pattern: %4?"),
    ] {
        check(&with_query(query), "MalformedQueryString", 400, text);
    }
}

#[test]
fn row_5_no_authentication_or_two() {
    let missing = "Request is missing Authentication Token";
    let unsigned = [
        with_query(""),
        with_query("X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&X-Amz-Signature=0"),
        with_query("X-Amz-Signature=0"),
        with_query("AWSAccessKeyId=AKID&Expires=1&Signature=0"),
        with_authorization(""),
        with_authorization("Bearer AWS4-HMAC-SHA256"),
        with_authorization("Basic dTpw"),
        with_authorization("aws4-hmac-sha256 Credential=a"),
    ];
    for message in unsigned {
        check(&message, "MissingAuthenticationToken", 403, missing);
    }
    let mut both = presigned();
    both.set("authorization", signed().header("authorization").unwrap());
    check(&both, "SignatureDoesNotMatch", 403, "");
}

#[test]
fn row_6_authorization_header() {
    for (value, text) in [
        ("AWS AKID:c2ln", "Unsupported AWS 'algorithm': 'AWS'."),
        (
            "AWS4-ECDSA-P256-SHA256 Credential=a",
            "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.",
        ),
        (
            "AWS4-HMAC-SHA256 Credential",
            "'Credential' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256'",
        ),
        (
            "AWS4-HMAC-SHA256 Signature:abc",
            "'Signature' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256'",
        ),
        (
            "AWS4-HMAC-SHA256 Signature=0",
            "Authorization header requires 'Credential' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256",
        ),
    ] {
        check(&with_authorization(value), "IncompleteSignature", 400, text);
    }
    let mut message = with_authorization("AWS4-HMAC-SHA256");
    message.remove("x-amz-date");
    check(
        &message,
        "IncompleteSignature",
        400,
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256",
    );
}

#[test]
fn row_7_query_parameters() {
    for (query, text) in [
        (
            "X-Amz-Algorithm=AWS4-HMAC-SHA256",
            "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.",
        ),
        (
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-SignedHeaders=host&X-Amz-Date=b",
            "AWS query-string parameters must include 'X-Amz-Signature'. Re-examine the query-string parameters.",
        ),
    ] {
        check(&with_query(query), "IncompleteSignature", 400, text);
    }
}

#[test]
fn row_8_headers_that_are_not_signed() {
    check(
        &with_authorization(&authorization(CREDENTIAL, "x-amz-date", "0")),
        "SignatureDoesNotMatch",
        403,
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
    check(
        &with_authorization(&authorization(CREDENTIAL, "host", "0")),
        "SignatureDoesNotMatch",
        403,
        "There were headers present in the request which were not signed: 'x-amz-date'.",
    );
}

#[test]
fn row_9_date() {
    for date in [
        "2015-08-30T12:36:00Z",
        "Sun, 30 Aug 2015 12:36:00 GMT",
        "+0150830T123600Z",
        "+20150830T123600Z",
        "20150830T123660Z",
        "20150830T123600Z x",
        "",
    ] {
        let mut message = signed();
        message.set("x-amz-date", date);
        let text = format!(
            "Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
        );
        check(&message, "IncompleteSignature", 400, &text);
    }
    let mut message = presigned();
    message.query = message.query.replace("Expires=3600", "Expires=week");
    check(
        &message,
        "IncompleteSignature",
        400,
        "X-Amz-Expires must be a whole number of seconds from 1 to 604800.",
    );
}

#[test]
fn rows_10_and_11_time() {
    let mut message = signed();
    message.set("x-amz-date", "20150830T122059Z");
    check(
        &message,
        "SignatureDoesNotMatch",
        403,
        "Signature expired: 20150830T122059Z is now earlier than 20150830T122100Z (20150830T123600Z - 15 min.)",
    );
    message.set("x-amz-date", "20150830T125101Z");
    check(
        &message,
        "SignatureDoesNotMatch",
        403,
        "Signature not yet current: 20150830T125101Z is still later than 20150830T125100Z (20150830T123600Z + 15 min.)",
    );
    let mut url = presigned();
    url.query = url.query.replace("X-Amz-Expires=3600", "X-Amz-Expires=61");
    url.query = url.query.replace("T123600Z", "T123400Z");
    check(
        &url,
        "SignatureDoesNotMatch",
        403,
        "Signature expired: 20150830T123400Z is now earlier than 20150830T123459Z (20150830T123600Z - 61 sec.)",
    );
}

#[test]
fn row_12_credential() {
    for credential in ["", "a/b/c/d", "a/b/20150830/us-east-1/sts/aws4_request"] {
        let text = format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
        );
        check(
            &with_credential(credential),
            "IncompleteSignature",
            400,
            &text,
        );
    }
}

#[test]
fn row_13_scope() {
    for (credential, text) in [
        (
            "AKID/20150830/mars/sts/aws4_request",
            "Credential should be scoped to a valid region, not 'mars'.",
        ),
        (
            "AKID/20150830/us-east-1/s3/aws4_request",
            "Credential should be scoped to correct service: 'sts'.",
        ),
        (
            "AKID/20150830/us-east-1/sts/aws5_request",
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
        ),
        (
            "AKID/20150829/us-east-1/sts/aws4_request",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150829' != '20150830', from '20150830T123600Z'.",
        ),
        (
            "AKID/1/2/3/4",
            "Credential should be scoped to a valid region, not '2'. Credential should be scoped to correct service: 'sts'. Credential should be scoped with a valid terminator: 'aws4_request', not '4'. Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '1' != '20150830', from '20150830T123600Z'.",
        ),
    ] {
        check(
            &with_credential(credential),
            "SignatureDoesNotMatch",
            403,
            text,
        );
    }
}

#[test]
fn row_16_signature() {
    check(&signed(), "SignatureDoesNotMatch", 403, MISMATCH);
    check(&presigned(), "SignatureDoesNotMatch", 403, MISMATCH);
}

#[test]
fn texts_repeat_little_and_only_what_prints() {
    let long = with_credential(&"x".repeat(1_000_000));
    let text = long.parse_error(&sts()).to_string();
    assert!(text.contains(&"x".repeat(256)) && !text.contains(&"x".repeat(257)));
    let control = with_query(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=%00%0A%1B%C3%A9&X-Amz-Signature=0&X-Amz-SignedHeaders=host;x-amz-date&X-Amz-Date=20150830T123600Z",
    );
    let text = control.parse_error(&sts()).to_string();
    assert!(text.ends_with("got '????'"), "{text}");
}
