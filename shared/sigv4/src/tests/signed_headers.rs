//! What has to be signed, and how it is listed.

use super::samples::{Signer, presigned, sign_by_hand};
use super::*;
use crate::Echo;

#[test]
fn t50_host_and_date_must_be_signed() {
    for (unsigned, expected) in [
        (
            "host",
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        ),
        (
            "x-amz-date",
            "There were headers present in the request which were not signed: 'x-amz-date'.",
        ),
    ] {
        let mut message = Message::sts("Action=GetCallerIdentity");
        let unsigned: &'static [&'static str] = match unsigned {
            "host" => &["host"],
            _ => &["x-amz-date"],
        };
        Signer {
            unsigned,
            ..Signer::default()
        }
        .sign(&mut message);
        assert_eq!(message.parse_error(&sts()).to_string(), expected);
    }
}

/// An object store acts upon headers that this module does not know.
#[test]
fn t50_no_header_can_be_added_to_a_request_for_s3() {
    let s3 = Rules::s3(Regions::Any);
    let signer = Signer::s3(Some("UNSIGNED-PAYLOAD"));
    let mut header = Message::sts("");
    header.set("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    signer.sign(&mut header);
    let mut query = Message::sts("");
    signer.presign(&mut query, 60);
    for message in [header, query] {
        for name in [
            "x-amz-acl",
            "x-amz-cf-id-2",
            "x-amz-copy-source",
            "x-amz-meta-owner",
            "x-amz-tagging",
            "x-amz-target",
        ] {
            let mut message = message.clone();
            message.add("x-amz-cf-id", "added");
            let verified = message.verify_payload(SECRET, &s3, NOW, Payload::Declared);
            assert_eq!(verified, Ok(SignedPayload::Unsigned));
            message.add(name, "added");
            let expected = Error::UnsignedHeader(Echo::new(name));
            assert_eq!(message.parse_error(&s3), expected);
        }
    }
}

/// Each in place of the value that counts, or beside it: a URL has date and token in its query.
#[test]
fn t50_what_is_read_from_a_header_must_be_signed() {
    for name in ["x-amz-date", "x-amz-security-token"] {
        for mut message in [presigned(), signed_by_token_in_query()] {
            message.add(name, DATE);
            let expected = Error::UnsignedHeader(Echo::new(name));
            assert_eq!(message.parse_error(&sts()), expected);
        }
    }
}

fn signed_by_token_in_query() -> Message {
    let mut message = Message::sts("");
    let token = Some("token".to_owned());
    Signer {
        token,
        ..Signer::default()
    }
    .presign(&mut message, 60);
    message
}

#[test]
fn t50_a_date_header_in_place_of_x_amz_date_must_be_signed() {
    let mut message = Message::sts("");
    message.remove("x-amz-date");
    message.set("date", DATE);
    let lines = format!("date:{DATE}\nhost:sts.example.com");
    sign_by_hand(&mut message, "date;host", &lines);
    assert_eq!(message.verify(SECRET, &sts(), NOW), Ok(()));
    sign_by_hand(&mut message, "host", "host:sts.example.com");
    let error = refused(&message, &sts(), "unsigned date");
    assert!(matches!(error, Error::UnsignedHeader(_)), "{error:?}");
}

#[test]
fn t50_a_list_of_signed_headers_has_one_spelling() {
    let host = "host:sts.example.com";
    let date = format!("x-amz-date:{DATE}");
    for (list, lines) in [
        ("x-amz-date;host", format!("{date}\n{host}")),
        ("host;host;x-amz-date", format!("{host}\n{host}\n{date}")),
        (
            "Content-Type;host;x-amz-date",
            format!("Content-Type:x\n{host}\n{date}"),
        ),
        (
            "host;nothing;x-amz-date",
            format!("{host}\nnothing:\n{date}"),
        ),
        (";host;x-amz-date", format!(":\n{host}\n{date}")),
    ] {
        let mut message = Message::sts("");
        sign_by_hand(&mut message, list, &lines);
        assert_eq!(
            refused(&message, &sts(), list),
            Error::SignatureDoesNotMatch
        );
    }
}

#[test]
fn t08_a_session_token_must_be_signed() {
    let signer = Signer {
        token: Some("to/k+en==".to_owned()),
        ..Signer::default()
    };
    let mut message = Message::sts("Action=GetCallerIdentity");
    signer.sign(&mut message);
    assert_eq!(message.verify(SECRET, &sts(), NOW), Ok(()));
    let mut url = Message::sts("");
    signer.presign(&mut url, 60);
    for message in [&message, &url] {
        message.with(|request| {
            let signature = parse(request, &sts(), NOW).unwrap();
            assert_eq!(signature.unverified_session_token(), Some("to/k+en=="));
        });
    }
    url.query = url.query.replace("to%2Fk", "other");
    refused(&url, &sts(), "other token in the query");
    let mut without = message.clone();
    without.remove("x-amz-security-token");
    refused(&without, &sts(), "token removed");
    message.set("x-amz-security-token", "other");
    refused(&message, &sts(), "other token");
    let mut message = Message::sts("");
    Signer {
        unsigned: &["x-amz-security-token"],
        ..signer
    }
    .sign(&mut message);
    let error = refused(&message, &sts(), "unsigned token");
    assert!(matches!(error, Error::UnsignedHeader(_)), "{error:?}");
}
