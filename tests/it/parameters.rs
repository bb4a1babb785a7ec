//! The parameters of `AssumeRole`: what is refused, and in which words.

use tests::client::Signer;
use tests::sts::TestSts;

use crate::check::Outcome::{self, Refused, Success};
use crate::check::{INVALID, outcome, refusal, success};

const MALFORMED: Outcome = Refused(400, "MalformedPolicyDocument");
/// A statement with a name, which only one of a policy may have.
const NAMED: &str = r#"{"Sid":"A","Effect":"Allow","Action":"s3:*","Resource":"*"}"#;
const ALLOW: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;

fn policy(statement: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#)
}

async fn check(sts: &TestSts, parameters: &[(&str, &str)], expected: Outcome) {
    let reply = sts.assume_role(parameters).await;
    outcome(parameters, &reply, expected);
}

/// What every action refuses as `DurationSeconds`.
pub(crate) const NO_DURATIONS: [&str; 16] = [
    "0",
    "-1",
    "899",
    "-100000",
    "31536001",
    "1e99",
    "1e3",
    "3600 ",
    " 3600",
    "+3600",
    "0x384",
    "",
    "3600.0",
    "4294968196",
    "99999999999999999999",
    "９００",
];

#[tokio::test]
async fn t42_durations_are_plain_numbers_in_range() {
    let sts = TestSts::start().await;
    for text in NO_DURATIONS.into_iter().chain(["43201", "31536000"]) {
        check(&sts, &[("DurationSeconds", text)], INVALID).await;
    }
    for (text, seconds) in [("900", 900), ("43200", 43_200)] {
        let reply = sts.assume_role(&[("DurationSeconds", text)]).await;
        let credentials = success(&reply);
        let stored = sts.stored(&credentials.access_key).await.unwrap();
        assert_eq!(stored.expires_at.since(stored.issued_at), seconds);
        assert_eq!(stored.expires_at, credentials.expiration);
    }
}

#[tokio::test]
async fn t42_the_smallest_maximum_limits_and_is_the_default_below_an_hour() {
    let config = "
settings: {max_session_seconds: 10800}
users:
  - {access_key: free, secret: secret-of-it}
  - {access_key: long, secret: secret-of-it, max_session_seconds: 7200}
  - {access_key: short, secret: secret-of-it, max_session_seconds: 1800}
";
    let sts = TestSts::builder().config(config).start().await;
    for (name, text, seconds) in [
        ("free", None, Some(3600)),
        ("free", Some("10800"), Some(10_800)),
        ("free", Some("10801"), None),
        ("long", Some("7200"), Some(7200)),
        ("long", Some("7201"), None),
        ("short", None, Some(1800)),
        ("short", Some("1800"), Some(1800)),
        ("short", Some("3600"), None),
    ] {
        let caller = Signer::new(name, "secret-of-it", None);
        let parameters: Vec<_> = (text.into_iter())
            .map(|text| ("DurationSeconds", text))
            .collect();
        let reply = sts.assume_role_as(&caller, &parameters).await;
        let Some(seconds) = seconds else {
            outcome((name, text), &reply, INVALID);
            continue;
        };
        let stored = sts.stored(&success(&reply).access_key).await.unwrap();
        let life = stored.expires_at.since(stored.issued_at);
        assert_eq!(life, seconds, "{name} {text:?}");
        assert_eq!(stored.parent.name(), name);
    }
}

#[tokio::test]
async fn t38_session_policies_are_checked_before_anything_is_issued() {
    let sts = TestSts::start().await;
    let good = policy(ALLOW);
    let padded = |length: usize| format!("{good}{}", " ".repeat(length - good.len()));
    let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
    let deeper = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    for (text, expected) in [
        (good.clone(), Success),
        (policy(&format!("[{ALLOW},{ALLOW}]")), Success),
        (policy(&ALLOW.replace("Action", "NotAction")), Success),
        (policy(&ALLOW.replace("Resource", "NotResource")), Success),
        (padded(2048), Success),
        (padded(2049), INVALID),
        (String::new(), INVALID),
        ("{}".to_owned(), MALFORMED),
        ("null".to_owned(), MALFORMED),
        ("not json".to_owned(), MALFORMED),
        (good.replace("2012", "2008"), MALFORMED),
        (format!(r#"{{"Statement":{ALLOW}}}"#), MALFORMED),
        (policy("[]"), MALFORMED),
        (policy(&format!("[{NAMED},{NAMED}]")), MALFORMED),
        (good.replace("Statement", "Statements"), MALFORMED),
        (good.replace("Effect", "effect"), MALFORMED),
        (good.replace("Allow", "allow"), MALFORMED),
        (good.replace("\"s3:*\"", "[]"), MALFORMED),
        (good.replace("s3:*", "s3"), MALFORMED),
        (good.replace("Resource", "Principal"), MALFORMED),
        (
            good.replace("\"Effect\"", "\"NotPrincipal\":\"*\",\"Effect\""),
            MALFORMED,
        ),
        (
            good.replace("\"Effect\"", "\"Effect\":\"Deny\",\"Effect\""),
            MALFORMED,
        ),
        (
            good.replace(
                "\"Effect\"",
                "\"Condition\":{\"Is\":{\"a:b\":\"c\"}},\"Effect\"",
            ),
            MALFORMED,
        ),
        (good.replace("Allow", "All\u{202e}ow"), MALFORMED),
        (format!("\u{feff}{good}"), MALFORMED),
        (format!("{good} {good}"), MALFORMED),
        (deep, MALFORMED),
        (deeper, INVALID),
    ] {
        check(&sts, &[("Policy", &text)], expected).await;
    }
    let reply = sts
        .assume_role(&[("Policy", &good.replace("Allow", "Maybe"))])
        .await;
    let message = refusal(&reply, 400, "MalformedPolicyDocument");
    assert!(message.starts_with("Statement"), "{message}");
    let writes = sts
        .take_operations()
        .into_iter()
        .filter(|name| name == "PutItem");
    assert_eq!(writes.count(), 5, "only the good ones");
}

#[tokio::test]
async fn policies_are_named_by_arn_or_name_and_must_exist() {
    let sts = TestSts::start().await;
    let first = "PolicyArns.member.1.arn";
    let eleven: Vec<_> = (1..=11)
        .map(|n| format!("PolicyArns.member.{n}.arn"))
        .collect();
    let names: Vec<_> = (1..=11).map(|n| format!("p{n}")).collect();
    let many: Vec<_> = eleven
        .iter()
        .zip(&names)
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    for (parameters, expected) in [
        (&[(first, "readonly")][..], Success),
        (&[(first, "arn:aws:iam::aws:policy/readonly")], Success),
        (
            &[(first, "readonly"), ("PolicyArns.member.2.arn", "readonly")],
            Success,
        ),
        (&[("PolicyArns", "")], Success),
        (&[(first, "nothing")], INVALID),
        (
            &[(first, "readonly"), ("PolicyArns.member.2.arn", "nothing")],
            INVALID,
        ),
        (&[(first, "")], INVALID),
        (&[(first, "read only")], INVALID),
        (&[(first, "readonly,readwrite")], INVALID),
        (&[("PolicyArns.member.2.arn", "readonly")], INVALID),
        (&[("PolicyArns.member.1", "readonly")], INVALID),
        (&[("PolicyArns.member.1.Arn", "readonly")], INVALID),
        (&many, INVALID),
    ] {
        check(&sts, parameters, expected).await;
    }
    let reply = sts.assume_role(&[(first, "nothing")]).await;
    let message = refusal(&reply, 400, "ValidationError");
    assert_eq!(
        message,
        "The policy 'nothing' named in PolicyArns does not exist."
    );
}

#[tokio::test]
async fn t59_values_outside_of_their_constraints_are_refused() {
    let sts = TestSts::start().await;
    for (name, good, bad) in [
        (
            "RoleArn",
            "arn:xxx:xxx:xxx:xxxx",
            &[
                "",
                "arn:aws:iam::1:role",
                "arn:aws:iam::1:role/\u{0}xxx",
                "arn:aws:iam::1:role/x\nforged: line",
                "arn:aws:iam::1:role/x\u{202e}txt",
                "arn:aws:iam::1:role/with blanks",
            ][..],
        ),
        (
            "RoleSessionName",
            "2026-11-25T13:00:00.000Z",
            &[
                "",
                "a\nb",
                "a\u{7}b",
                "a\u{202e}b",
                "a\u{2066}b",
                "a\u{200b}b",
            ],
        ),
        ("ExternalId", "a:b/c", &["", "a", "a b", "a<b>"]),
        (
            "SourceIdentity",
            "alice",
            &["", "a", "aws:alice", "AWS:alice", "a/b"],
        ),
        ("TokenRevokeType", "app-a", &["", "a b", "\u{e4}"]),
    ] {
        check(&sts, &[(name, good)], Success).await;
        for bad in bad {
            check(&sts, &[(name, bad)], INVALID).await;
        }
    }
    for (name, longest) in [
        ("RoleArn", 2048),
        ("RoleSessionName", 2048),
        ("ExternalId", 1224),
        ("SourceIdentity", 64),
        ("TokenRevokeType", 128),
    ] {
        check(&sts, &[(name, &"x".repeat(longest))], Success).await;
        check(&sts, &[(name, &"x".repeat(longest + 1))], INVALID).await;
    }
}

#[tokio::test]
async fn tags_are_keys_with_values() {
    let sts = TestSts::start().await;
    let (key, value) = ("Tags.member.1.Key", "Tags.member.1.Value");
    for (parameters, expected) in [
        (&[(key, "k"), (value, "v")][..], Success),
        (&[(key, "k"), (value, "")], Success),
        (&[("Tags", ""), ("TransitiveTagKeys", "")], Success),
        (&[(key, "k")], INVALID),
        (&[(value, "v")], INVALID),
        (&[(key, ""), (value, "v")], INVALID),
        (&[(key, "aws:k"), (value, "v")], INVALID),
        (&[(key, "k"), (value, "*")], INVALID),
        (
            &[(key, "k"), (value, "v"), ("Tags.member.1.X", "v")],
            INVALID,
        ),
        (
            &[
                (key, "k"),
                (value, "v"),
                ("Tags.member.2.Key", "K"),
                ("Tags.member.2.Value", "v"),
            ],
            INVALID,
        ),
        (&[("TransitiveTagKeys.member.1", "k")], INVALID),
        (
            &[
                (key, "k"),
                (value, "v"),
                ("TransitiveTagKeys.member.1", "k"),
            ],
            Success,
        ),
    ] {
        check(&sts, parameters, expected).await;
    }
}

#[tokio::test]
async fn t37_what_is_not_supported_is_refused_and_never_dropped() {
    let sts = TestSts::start().await;
    for (name, value, expected) in [
        (
            "SerialNumber",
            "arn:aws:iam::1:mfa/x",
            Refused(400, "InvalidParameterValue"),
        ),
        ("TokenCode", "123456", Refused(400, "InvalidParameterValue")),
        ("ProvidedContexts.member.1.ProviderArn", "arn", INVALID),
        ("polciy", "{}", INVALID),
        ("policy", "{}", INVALID),
        ("Token", "aaa", INVALID),
        ("", "x", INVALID),
    ] {
        check(&sts, &[(name, value)], expected).await;
    }
}

#[tokio::test]
async fn all_problems_are_told_at_once_in_the_words_of_aws() {
    let sts = TestSts::start().await;
    let reply = sts
        .assume_role(&[("DurationSeconds", "1"), ("SourceIdentity", "a b")])
        .await;
    assert_eq!(
        refusal(&reply, 400, "ValidationError"),
        "2 validation errors detected: \
         Value '1' at 'durationSeconds' failed to satisfy constraint: \
         Member must have value greater than or equal to 900; \
         Value 'a b' at 'sourceIdentity' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: [\\w+=,.@-]*"
    );
}

#[tokio::test]
async fn a_token_that_would_be_too_long_is_refused() {
    let sts = TestSts::start().await;
    // Two bytes each, in base64 within base64.
    let value = "\u{e4}".repeat(1890);
    let condition = format!(r#""Condition":{{"StringEquals":{{"a:b":"{value}"}}}},"Effect""#);
    let text = policy(&ALLOW.replace("\"Effect\"", &condition));
    assert!(text.chars().count() <= 2048);
    let expected = Refused(400, "PackedPolicyTooLarge");
    check(&sts, &[("Policy", &text)], expected).await;
}
