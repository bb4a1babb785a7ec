//! Requests that never reach the plugin.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{ACTION, ROLE, Setup, TOKEN, text};
use crate::check::Outcome::{self, Refused};
use crate::check::{INVALID, outcome, refusal, success};
use crate::parameters::NO_DURATIONS;

const MALFORMED: Outcome = Refused(400, "MalformedPolicyDocument");

/// Nothing was asked and nothing was written.
fn assert_untouched(it: &Setup) {
    assert_eq!(it.plugin.requests(), []);
    assert_eq!(it.sts.writes(), 0);
}

#[tokio::test]
async fn t35_roles_that_cannot_be_assumed_look_alike() {
    let it = Setup::start().await;
    let (disabled, openid) = (
        "arn:minio:iam:::role/disabled",
        "arn:minio:iam:::role/openid",
    );
    it.put_role(disabled, &[("status", text("disabled"))]).await;
    it.put_role(openid, &[("kind", text("openid"))]).await;
    let mut messages = Vec::new();
    for role in [
        disabled,
        openid,
        "arn:minio:iam:::role/unknown",
        "arn:minio:iam:::role/idmp-tes",
        "arn:minio:iam:::role/idmp-test/",
        "arn:minio:iam:::role/IDMP-TEST",
        "arn:aws:iam::123456789012:role/idmp-test",
    ] {
        let reply = it.exchange_for(role, &[]).await;
        messages.push(refusal(&reply, 403, "AccessDenied"));
    }
    messages.dedup();
    assert_eq!(
        messages,
        ["Not authorized to perform sts:AssumeRoleWithCustomToken"]
    );
    assert_untouched(&it);
}

#[tokio::test]
async fn tokens_and_roles_must_have_their_form() {
    let it = Setup::start().await;
    let long = "t".repeat(20_001);
    for (token, role) in [
        (None, Some(ROLE)),
        (Some(""), Some(ROLE)),
        (Some(&*long), Some(ROLE)),
        (Some(TOKEN), None),
        (Some(TOKEN), Some("")),
        (Some(TOKEN), Some("idmp-test")),
        (Some(TOKEN), Some("arn:minio:iam:::user/foobar")),
        (Some(TOKEN), Some("arn:minio:iam:::role/")),
        (Some(TOKEN), Some("arn:minio:s3:::role/idmp-test")),
        (Some(TOKEN), Some("arn:xxx:xxx:xxx:xxxx")),
    ] {
        let mut parameters: Vec<_> = token.map(|token| ("Token", token)).into_iter().collect();
        parameters.extend(role.map(|role| ("RoleArn", role)));
        let reply = it.sts.call(ACTION, &parameters).await;
        outcome(role, &reply, INVALID);
        assert!(!reply.text().contains(TOKEN), "{}", reply.text());
    }
    assert_untouched(&it);
}

#[tokio::test]
async fn t42_durations_are_plain_numbers_in_range() {
    let it = Setup::start().await;
    for text in NO_DURATIONS.into_iter().chain(["604801"]) {
        let reply = it.exchange(&[("DurationSeconds", text)]).await;
        outcome(text, &reply, INVALID);
    }
    assert_untouched(&it);
}

#[tokio::test]
async fn t42_a_roles_maximum_limits_even_below_the_minimum() {
    let it = Setup::start().await;
    for (seconds, requested, expected) in [
        (7200, Some("7200"), Some(3600)),
        (1800, Some("1800"), Some(1800)),
        (1800, Some("1801"), None),
        (1800, None, Some(1800)),
        (600, None, Some(600)),
        (600, Some("900"), None),
        (600, Some("600"), None),
    ] {
        let role = format!("arn:minio:iam:::role/{seconds}{requested:?}");
        let maximum = AttributeValue::N(seconds.to_string());
        it.put_role(&role, &[("max_session_seconds", maximum)])
            .await;
        let parameters: Vec<_> = (requested.into_iter())
            .map(|text| ("DurationSeconds", text))
            .collect();
        let reply = it.exchange_for(&role, &parameters).await;
        let Some(expected) = expected else {
            outcome(role, &reply, INVALID);
            continue;
        };
        let stored = it.sts.stored(&success(&reply).access_key).await.unwrap();
        let life = stored.expires_at.since(stored.issued_at);
        assert_eq!(life, expected, "{role}");
    }
    assert_eq!(it.sts.emulator.restarts(), 0);
}

#[tokio::test]
async fn t37_what_is_not_supported_is_refused_and_never_dropped() {
    let it = Setup::start().await;
    for (name, value, expected) in [
        ("Policy", "", INVALID),
        ("Policy", "{}", MALFORMED),
        ("Tags.member.1.Key", "k", INVALID),
        ("ExternalId", "ext", INVALID),
        ("SourceIdentity", "alice", INVALID),
        ("SerialNumber", "arn:aws:iam::1:mfa/x", INVALID),
        ("TokenCode", "123456", INVALID),
        ("RoleSessionName", "name", INVALID),
        ("TokenRevokeType", "a b", INVALID),
        ("token", TOKEN, INVALID),
    ] {
        let reply = it.exchange(&[(name, value)]).await;
        outcome(name, &reply, expected);
    }
    let twice = it.exchange(&[("Token", TOKEN)]).await;
    outcome("twice", &twice, Refused(400, "InvalidParameterCombination"));
    assert_untouched(&it);
    let missing = [("PolicyArns.member.1.arn", "nothing")];
    outcome("missing", &it.exchange(&missing).await, INVALID);
    assert_eq!(it.sts.writes(), 0);
}

/// Signatures do not matter here, not even wrong ones.
#[tokio::test]
async fn a_signature_makes_no_difference() {
    let it = Setup::start().await;
    let parameters = tests::sts::action(ACTION, &[("Token", TOKEN), ("RoleArn", ROLE)]);
    let signer = tests::client::Signer::new("nobody", "any-secret", None);
    let request = signer.sign(it.sts.client.form("/", &parameters));
    success(&it.sts.client.send(request).await);
}

#[tokio::test]
async fn where_plugins_may_be_is_limited() {
    let it = Setup::start().await;
    for (name, url, allow_http) in [
        ("metadata", "http://169.254.169.254/latest", true),
        ("mapped", "https://[::ffff:169.254.169.254]/", true),
        ("link-local", "https://[fe80::1]/", true),
        ("plain", "http://192.0.2.1/", false),
        ("scheme", "ftp://localhost/", true),
        ("none", "not a URL", true),
    ] {
        let role = format!("arn:minio:iam:::role/{name}");
        let allow_http = AttributeValue::Bool(allow_http);
        it.put_role(&role, &[("url", text(url)), ("allow_http", allow_http)])
            .await;
        let reply = it.exchange_for(&role, &[]).await;
        outcome(url, &reply, Refused(400, "IDPCommunicationError"));
        assert!(!reply.text().contains(url));
    }
    assert_untouched(&it);
}

/// As the token stands in the URL; a form holds any that a request may have.
#[tokio::test]
async fn a_token_that_is_sent_in_a_url_has_4096_characters_at_most() {
    let it = Setup::start().await;
    let (form, unknown) = ("arn:minio:iam:::role/form", "arn:minio:iam:::role/unknown");
    it.put_role(form, &[("token_in", text("form"))]).await;
    let show = async |token: &str, role| it.sts.show(token, role, &[]).await;
    let fitting = ["t".repeat(4096), "+".repeat(1365), "\u{e9}".repeat(682)];
    let long = [
        "t".repeat(4097),
        "+".repeat(1366),
        "\u{e9}".repeat(683),
        "t".repeat(20_000),
    ];
    for token in &fitting {
        success(&show(token, ROLE).await);
    }
    for token in &long {
        let asked = it.plugin.requests().len();
        let message = refusal(&show(token, ROLE).await, 400, "ValidationError");
        assert!(
            message.contains("'token'") && message.contains("4096"),
            "{message}"
        );
        assert_eq!(it.plugin.requests().len(), asked);
        success(&show(token, form).await);
        // Nobody's role has no length, and no way in which a token is sent.
        let message = refusal(&show(token, unknown).await, 403, "AccessDenied");
        assert_eq!(
            message,
            "Not authorized to perform sts:AssumeRoleWithCustomToken"
        );
    }
    success(&show("t", ROLE).await);
}
