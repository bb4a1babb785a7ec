//! Attacks on signed requests.

use super::samples::{ACCESS_KEY, Signer, authorization, presigned, signed};
use super::*;

#[test]
fn t50_altered_requests_are_refused() {
    let attacks: &[Attack] = &[
        ("method", |m| m.method = "PUT".to_owned()),
        ("method in lower case", |m| m.method = "post".to_owned()),
        ("path", |m| m.path = "/AssumeRole".to_owned()),
        ("relative path", |m| m.path = "x".to_owned()),
        ("path above the root", |m| m.path = "/../".to_owned()),
        ("query", |m| m.query = "Action=AssumeRole".to_owned()),
        ("signature in the query", |m| {
            m.query = "X-Amz-Signature=1".to_owned();
        }),
        ("host", |m| m.set("host", "evil.example.com")),
        ("second host", |m| m.add("host", "sts.example.com")),
        ("no host", |m| m.remove("host")),
        ("content type", |m| m.set("content-type", "text/plain")),
        ("signed header removed", |m| m.remove("content-type")),
        ("date", |m| m.set("x-amz-date", "20150830T123601Z")),
        ("second date", |m| m.add("x-amz-date", DATE)),
        ("body", |m| m.body = b"Action=AssumeRole".to_vec()),
        ("no body", |m| m.body.clear()),
        ("session token", |m| m.set("x-amz-security-token", "token")),
    ];
    for (case, attack) in attacks {
        let mut message = signed();
        attack(&mut message);
        refused(&message, &sts(), case);
    }
}

#[test]
fn t50_altered_presigned_urls_are_refused() {
    let attacks: &[Attack] = &[
        ("method", |m| m.method = "POST".to_owned()),
        ("body", |m| m.body = b"Action=AssumeRole".to_vec()),
        ("parameter added", |m| {
            m.query.push_str("&DurationSeconds=1");
        }),
        ("second action", |m| {
            m.query.insert_str(0, "Action=AssumeRole&");
        }),
        ("second signature", |m| {
            m.query.push_str("&X-Amz-Signature=0");
        }),
        ("second expiry", |m| {
            m.query.push_str("&X-Amz-Expires=604800");
        }),
        ("token added", |m| {
            m.query.push_str("&X-Amz-Security-Token=t");
        }),
        ("longer life", |m| {
            m.query = m.query.replace("s=3600", "s=36000");
        }),
        ("no expiry", |m| {
            m.query = m.query.replace("X-Amz-Expires=3600&", "");
        }),
        ("token header", |m| m.set("x-amz-security-token", "token")),
        ("host", |m| m.set("host", "evil.example.com")),
        ("header form too", |m| {
            m.set("authorization", &authorization("a", "host", "0"));
        }),
    ];
    for (case, attack) in attacks {
        let mut message = presigned();
        attack(&mut message);
        refused(&message, &sts(), case);
    }
}

#[test]
fn t50_a_signature_for_another_scope_is_refused() {
    let one_region = Rules::sts(Regions::OneOf(vec!["eu-west-1".to_owned()]));
    let cases = [
        (
            sts(),
            Signer {
                service: "s3",
                ..Signer::default()
            },
        ),
        (one_region.clone(), Signer::default()),
        (
            one_region,
            Signer {
                region: String::new(),
                ..Signer::default()
            },
        ),
    ];
    for (rules, signer) in cases {
        let mut message = Message::sts("Action=GetCallerIdentity");
        signer.sign(&mut message);
        let error = refused(&message, &rules, &format!("{signer:?}"));
        assert!(matches!(error, Error::WrongScope(_)), "{error:?}");
    }
}

#[test]
fn t50_a_signature_is_good_for_15_minutes_both_ways() {
    let mut urls_without_expiry = presigned();
    urls_without_expiry.query = urls_without_expiry.query.replace("X-Amz-Expires=3600&", "");
    for message in [signed(), urls_without_expiry] {
        message.with(|request| {
            for (seconds, good) in [(-901, false), (-900, true), (900, true), (901, false)] {
                let parsed = parse(request, &sts(), NOW.plus(seconds));
                assert_eq!(parsed.is_ok(), good, "{seconds}");
            }
        });
    }
}

#[test]
fn t50_an_expiry_does_not_reach_into_the_future() {
    presigned().with(|request| {
        for (seconds, good) in [(-901, false), (-900, true), (3600, true), (3601, false)] {
            let parsed = parse(request, &sts(), NOW.plus(seconds));
            assert_eq!(parsed.is_ok(), good, "{seconds}");
        }
    });
}

#[test]
fn t50_expiries_are_whole_seconds_up_to_a_week() {
    for (text, good) in [
        ("1", true),
        ("604800", true),
        ("604801", false),
        ("0", false),
        ("-1", false),
        ("%2B60", false),
        ("", false),
        ("6e1", false),
        ("3600.0", false),
        ("99999999999999999999", false),
    ] {
        let mut message = presigned();
        message.query = message.query.replace("s=3600", &format!("s={text}"));
        let error = refused(&message, &sts(), text);
        assert_eq!(
            error == Error::SignatureDoesNotMatch,
            good,
            "{text}: {error:?}"
        );
    }
}

#[test]
fn t50_duplicate_authentication_is_refused() {
    let mut both = presigned();
    both.set("authorization", signed().header("authorization").unwrap());
    let mut bearer = presigned();
    bearer.set("authorization", "Bearer token");
    let mut other_algorithm = signed();
    other_algorithm.query = "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256".to_owned();
    let mut twice = signed();
    twice.add("authorization", signed().header("authorization").unwrap());
    for message in [both, bearer, other_algorithm, twice] {
        let error = message.parse_error(&sts());
        assert_eq!(error, Error::AmbiguousAuthentication);
    }
}

#[test]
fn t50_of_duplicate_parts_the_header_takes_the_last_and_the_query_the_first() {
    let with_prefix = |parts: &str| {
        let mut message = signed();
        let value = message.header("authorization").unwrap();
        let value = value.replace("AWS4-HMAC-SHA256 ", &format!("AWS4-HMAC-SHA256 {parts},"));
        message.set("authorization", &value);
        message
    };
    let first_is_bad = with_prefix("Credential=x,Signature=0,SignedHeaders=host");
    assert_eq!(first_is_bad.verify(SECRET, &sts(), NOW), Ok(()));
    let mut last_is_bad = signed();
    let value = format!("{}, Signature=0", signed().header("authorization").unwrap());
    last_is_bad.set("authorization", &value);
    refused(&last_is_bad, &sts(), "last signature counts");

    let mut message = presigned();
    message.query.push_str("&X-Amz-Credential=other");
    message.with(|request| {
        let signature = parse(request, &sts(), NOW).unwrap();
        assert_eq!(signature.unverified_access_key(), ACCESS_KEY);
        let canonical = canonical_request(&signature, Payload::Bytes(b""));
        assert!(
            canonical.contains("&X-Amz-Credential=other&"),
            "{canonical}"
        );
    });
    refused(&message, &sts(), "the duplicate is part of what is signed");
}

#[test]
fn t50_payload_modes_of_s3_are_refused_by_sts() {
    for mode in [
        "UNSIGNED-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ] {
        let mut message = Message::sts("Action=GetCallerIdentity");
        message.set("x-amz-content-sha256", mode);
        let payload = Some(mode.to_owned());
        Signer {
            payload,
            ..Signer::default()
        }
        .sign(&mut message);
        let error = refused(&message, &sts(), mode);
        assert_eq!(error, Error::SignatureDoesNotMatch);
        let declared = message.verify_payload(SECRET, &sts(), NOW, Payload::Declared);
        assert_eq!(declared, Err(Error::SignatureDoesNotMatch), "{mode}");
    }
    let declared = signed().verify_payload(SECRET, &sts(), NOW, Payload::Declared);
    assert_eq!(declared, Err(Error::SignatureDoesNotMatch));
}

#[test]
fn t50_an_unsigned_content_hash_is_compared_with_the_body() {
    let mut message = signed();
    message.set("x-amz-content-sha256", &"0".repeat(64));
    refused(&message, &sts(), "wrong hash");
    let hash = hex::encode(Payload::Bytes(&message.body).sha256().unwrap());
    message.set("x-amz-content-sha256", &hash.to_uppercase());
    refused(&message, &sts(), "upper-case hash");
    message.set("x-amz-content-sha256", &hash);
    assert_eq!(message.verify(SECRET, &sts(), NOW), Ok(()));
}

#[test]
fn t50_signatures_have_one_spelling() {
    let good = signed();
    let value = good.header("authorization").unwrap();
    let (rest, signature) = value.rsplit_once('=').unwrap();
    let upper = signature.to_uppercase();
    assert_ne!(upper, signature);
    let shorter = signature.get(..63).unwrap();
    let longer = format!("{signature}0");
    for other in [upper.as_str(), shorter, "", &longer, &"0".repeat(64)] {
        let mut message = good.clone();
        message.set("authorization", &format!("{rest}={other}"));
        assert_eq!(
            refused(&message, &sts(), other),
            Error::SignatureDoesNotMatch
        );
    }
}
