//! How long sessions and tokens may be, and what narrows a session.

use serde_json::json;

use super::{ACTIONS, GRANTS, Setup, WEB, now};
use crate::check::Outcome::{Refused, Success};
use crate::check::{EXPIRED, INVALID, outcome, refusal};
use crate::parameters::NO_DURATIONS;

const POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;

const CLIENTS: [(&str, &str); 3] = [
    ("app", ""),
    ("outliving", "outlive_token: true"),
    ("limited", "max_session_seconds: 1800"),
];

fn duration(seconds: Option<&'static str>) -> Vec<(&'static str, &'static str)> {
    let parameters = seconds.map(|text| ("DurationSeconds", text));
    parameters.into_iter().collect()
}

#[tokio::test]
async fn t21_the_session_ends_with_the_request_or_the_token() {
    let it = Setup::of(&CLIENTS).await;
    for (client, left, requested, life) in [
        ("app", 100_000, None, Some(3600)),
        ("app", 100_000, Some("0"), Some(3600)),
        ("app", 100_000, Some("900"), Some(900)),
        ("app", 100_000, Some("43200"), Some(43_200)),
        ("app", 600, None, None),
        ("app", 600, Some("0"), None),
        ("app", 600, Some("43200"), None),
        ("app", 120, Some("900"), None),
        ("outliving", 120, None, Some(3600)),
        ("outliving", 600, Some("43200"), Some(43_200)),
        ("limited", 100_000, None, Some(1800)),
        ("limited", 100_000, Some("0"), Some(1800)),
        ("limited", 100_000, Some("1800"), Some(1800)),
        ("limited", 600, Some("1800"), None),
    ] {
        for action in ACTIONS {
            let exp = now() + left;
            let token = it.token(&json!({"aud": client, "exp": exp}));
            let session = it.session(action, &token, &duration(requested)).await;
            let end = life.map_or(exp, |life| session.issued_at.plus(life).secs());
            assert_eq!(
                session.expires_at.secs(),
                end,
                "{client} {left} {requested:?}"
            );
        }
    }
}

#[tokio::test]
async fn t21_a_token_in_its_last_minute_opens_nothing() {
    let it = Setup::of(&CLIENTS).await;
    for client in ["app", "outliving", "limited"] {
        // The last two are within the leeway, and beyond it.
        for left in [59, 1, -30, -61] {
            let token = it.token(&json!({"aud": client, "exp": now() + left}));
            it.check((client, left), &token, EXPIRED).await;
        }
    }
}

#[tokio::test]
async fn t42_durations_are_plain_numbers_in_range() {
    let it = Setup::of(&CLIENTS).await;
    let numbers = NO_DURATIONS.into_iter().filter(|text| *text != "0");
    for text in numbers.chain(["43201", "604800", "31536000", "00"]) {
        for client in ["app", "outliving"] {
            let token = it.token(&json!({"aud": client}));
            let parameters = duration(Some(text));
            it.check_with((client, text), &token, &parameters, INVALID)
                .await;
        }
    }
    let token = it.token(&json!({"aud": "limited"}));
    for text in ["1801", "3600", "43200", "899"] {
        it.check_with(text, &token, &duration(Some(text)), INVALID)
            .await;
    }
}

#[tokio::test]
async fn t42_a_provider_may_take_what_is_too_long_as_its_limit() {
    let clients = [
        ("app", "long_durations: clamp"),
        ("outliving", "long_durations: clamp, outlive_token: true"),
        (
            "limited",
            "long_durations: clamp, max_session_seconds: 1800",
        ),
        ("strict", "long_durations: refuse"),
    ];
    let it = Setup::of(&clients).await;
    for (client, left, requested, life) in [
        ("app", 100_000, "900", Some(900)),
        ("app", 100_000, "43200", Some(43_200)),
        ("app", 100_000, "43201", Some(43_200)),
        ("app", 100_000, "604800", Some(43_200)),
        ("app", 100_000, "99999999999999999999", Some(43_200)),
        ("app", 600, "86400", None),
        ("outliving", 600, "86400", Some(43_200)),
        ("limited", 100_000, "1801", Some(1800)),
        ("limited", 100_000, "86400", Some(1800)),
    ] {
        for action in ACTIONS {
            let exp = now() + left;
            let token = it.token(&json!({"aud": client, "exp": exp}));
            let parameters = [("DurationSeconds", requested)];
            let session = it.session(action, &token, &parameters).await;
            let end = life.map_or(exp, |life| session.issued_at.plus(life).secs());
            assert_eq!(session.expires_at.secs(), end, "{client} {requested}");
        }
    }
    for client in ["app", "outliving", "limited"] {
        for text in [
            "899", "1", "00", "-86400", "", "1e9", "+86400", "86400 ", "86400.0", "0x15180",
        ] {
            let token = it.token(&json!({"aud": client}));
            let parameters = [("DurationSeconds", text)];
            it.check_with((client, text), &token, &parameters, INVALID)
                .await;
        }
    }
    let token = it.token(&json!({"aud": "strict"}));
    it.check_with("strict", &token, &[("DurationSeconds", "86400")], INVALID)
        .await;
}

#[tokio::test]
async fn t42_the_settings_maximum_limits_as_well() {
    let clients = [("app", ""), ("clamped", "long_durations: clamp")];
    let it = Setup::of(&clients).await;
    it.sts
        .table
        .apply("settings: {max_session_seconds: 1200}")
        .await;
    for (requested, expected) in [("1200", Success), ("1201", INVALID)] {
        let parameters = [("DurationSeconds", requested)];
        it.check_with(requested, &it.token(&json!({})), &parameters, expected)
            .await;
    }
    let token = it.token(&json!({"aud": "clamped"}));
    let session = it.session(&WEB, &token, &duration(Some("1201"))).await;
    assert_eq!(session.expires_at.since(session.issued_at), 1200);
}

#[tokio::test]
async fn tokens_have_the_length_that_the_provider_allows() {
    let clients = [
        ("app", ""),
        ("long", "max_token_length: 4096"),
        ("short", "max_token_length: 600"),
    ];
    let it = Setup::of(&clients).await;
    let token = |client: &str, length: usize| {
        let fill = |filler: usize| it.token(&json!({"aud": client, "fill": "x".repeat(filler)}));
        let shortest = fill(0).len();
        let mut filler = (length - shortest) * 3 / 4;
        while fill(filler + 1).len() <= length {
            filler += 1;
        }
        fill(filler)
    };
    for (client, length, action, expected) in [
        ("app", 2048, &GRANTS, Success),
        ("app", 2052, &GRANTS, INVALID),
        ("app", 2052, &WEB, Success),
        ("app", 20_000, &WEB, Success),
        ("app", 20_004, &WEB, INVALID),
        ("app", 20_004, &GRANTS, INVALID),
        ("long", 4096, &GRANTS, Success),
        ("long", 4096, &WEB, Success),
        ("long", 4100, &GRANTS, INVALID),
        ("long", 4100, &WEB, INVALID),
        ("short", 600, &WEB, Success),
        ("short", 604, &WEB, INVALID),
    ] {
        let token = token(client, length);
        assert!(
            (length - 3..=length).contains(&token.len()),
            "{}",
            token.len()
        );
        let reply = it.call(action, &token, &[]).await;
        outcome((client, length, action.name), &reply, expected);
    }
    for token in ["", "abc"] {
        it.check(token, token, INVALID).await;
    }
    for action in ACTIONS {
        outcome("none", &it.sts.call(action.name, &[]).await, INVALID);
    }
}

/// In the words of the action that was called.
#[tokio::test]
async fn messages_about_the_token_have_the_name_of_its_parameter() {
    let clients = [("app", "max_token_length: 600")];
    let it = Setup::of(&clients).await;
    let [long, longer] = [600, 20_000].map(|fill| it.token(&json!({"fill": "x".repeat(fill)})));
    for (action, name) in [(&GRANTS, "Token"), (&WEB, "webIdentityToken")] {
        let mut replies = vec![it.sts.call(action.name, &[]).await];
        for token in ["", "abc", &long, &longer] {
            replies.push(it.call(action, token, &[]).await);
        }
        for reply in replies {
            let message = refusal(&reply, 400, "ValidationError");
            assert!(message.contains(&format!(" at '{name}' ")), "{message}");
        }
    }
}

#[tokio::test]
async fn an_empty_value_is_not_one_that_was_left_out() {
    let it = Setup::start().await;
    for name in ["DurationSeconds", "Policy", "RoleArn", "TokenRevokeType"] {
        it.check_with(name, &it.token(&json!({})), &[(name, "")], INVALID)
            .await;
    }
}

#[tokio::test]
async fn t37_what_narrows_the_session_is_kept_with_it() {
    let it = Setup::start().await;
    let parameters = [
        ("Policy", POLICY),
        (
            "PolicyArns.member.1.arn",
            "arn:aws:iam::aws:policy/readonly",
        ),
        ("TokenRevokeType", "app-a"),
    ];
    for action in ACTIONS {
        let token = it.token(&json!({"policy": "readwrite"}));
        let asked = it.session(action, &token, &parameters).await.asked;
        assert_eq!(asked.session_policy.as_deref(), Some(POLICY));
        assert_eq!(asked.policy_arns[0].as_str(), "readonly");
        assert_eq!(asked.revoke_type.unwrap().as_str(), "app-a");
    }
}

#[tokio::test]
async fn t37_what_is_not_supported_is_refused_and_never_dropped() {
    let it = Setup::start().await;
    for (name, value, expected) in [
        ("Policy", "", INVALID),
        ("Policy", "{}", Refused(400, "MalformedPolicyDocument")),
        ("PolicyArns.member.1.arn", "nothing", INVALID),
        ("Tags.member.1.Key", "k", INVALID),
        ("ExternalId", "ext", INVALID),
        ("SourceIdentity", "alice", INVALID),
        ("SerialNumber", "arn:aws:iam::1:mfa/x", INVALID),
        ("TokenCode", "123456", INVALID),
        ("ProviderId", "www.amazon.com", INVALID),
        ("TokenRevokeType", "a b", INVALID),
        ("RoleSessionName", "a\tb", INVALID),
        ("RoleArn", "short", INVALID),
        ("RoleArn", "", INVALID),
        ("token", "x", INVALID),
    ] {
        it.check_with(
            (name, value),
            &it.token(&json!({})),
            &[(name, value)],
            expected,
        )
        .await;
    }
    assert_eq!(it.sts.writes(), 1, "the copy of the provider's keys");
}
