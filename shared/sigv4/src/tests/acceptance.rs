//! What is accepted although it differs from the plain case.

use super::samples::{ACCESS_KEY, Signer, presigned, signed};
use super::*;

#[test]
fn samples_verify() {
    assert_eq!(signed().verify(SECRET, &sts(), NOW), Ok(()));
    assert_eq!(presigned().verify(SECRET, &sts(), NOW), Ok(()));
}

#[test]
fn the_claims_of_a_signature_can_be_read() {
    presigned().with(|request| {
        let signature = parse(request, &sts(), NOW).unwrap();
        assert_eq!(signature.unverified_access_key(), ACCESS_KEY);
        assert_eq!(signature.unverified_session_token(), None);
        assert_eq!(
            signature.scope().parts(),
            ["20150830", "us-east-1", "sts", "aws4_request"]
        );
        assert_eq!(signature.form(), Form::Query);
        assert_eq!(signature.signed_at(), NOW);
        assert_eq!(signature.expires_at(), NOW.plus(3600));
        assert_eq!(signature.signed_headers().collect::<Vec<_>>(), ["host"]);
    });
}

#[test]
fn x_amz_date_counts_more_than_date() {
    let mut message = Message::sts("");
    message.set("date", "Sat, 01 Jan 2000 00:00:00 GMT");
    Signer::default().sign(&mut message);
    assert_eq!(message.verify(SECRET, &sts(), NOW), Ok(()));
}

#[test]
fn a_presigned_url_may_carry_its_token_in_a_signed_header() {
    let mut message = Message::sts("");
    message.set("x-amz-security-token", "token");
    Signer::default().presign(&mut message, 60);
    assert_eq!(message.verify(SECRET, &sts(), NOW), Ok(()));
    message.with(|request| {
        let signature = parse(request, &sts(), NOW).unwrap();
        assert_eq!(signature.unverified_session_token(), Some("token"));
    });
}

#[test]
fn headers_that_gateways_drop_are_restored() {
    let mut message = Message::sts("Action=GetCallerIdentity");
    message.set("content-length", "24");
    message.set("expect", "100-continue");
    Signer::default().sign(&mut message);
    assert_eq!(message.verify(SECRET, &sts(), NOW), Ok(()));
    message.remove("content-length");
    message.remove("expect");
    assert_eq!(message.verify(SECRET, &sts(), NOW), Ok(()));
    let hash = Payload::Bytes(&message.body).sha256().unwrap();
    let by_hash = message.verify_payload(SECRET, &sts(), NOW, Payload::Sha256(hash));
    assert_eq!(
        by_hash,
        Err(Error::SignatureDoesNotMatch),
        "the length is not known"
    );
    message.set("content-length", "25");
    assert!(message.verify(SECRET, &sts(), NOW).is_err());

    let mut chunked = Message::sts("Action=GetCallerIdentity");
    chunked.set("transfer-encoding", "chunked");
    Signer::default().sign(&mut chunked);
    chunked.remove("transfer-encoding");
    assert!(chunked.verify(SECRET, &sts(), NOW).is_err());
}

#[test]
fn a_plus_in_the_query_is_not_a_space() {
    let mut message = Message::sts("");
    message.query = "a=x%2By".to_owned();
    Signer::default().sign(&mut message);
    for (query, good) in [
        ("a=x%2by", true),
        ("a=x+y", true),
        ("a=x%20y", false),
        ("&a=x+y&", true),
    ] {
        message.query = query.to_owned();
        assert_eq!(message.verify(SECRET, &sts(), NOW).is_ok(), good, "{query}");
    }
}

/// What a CDN adds on the way, once or more, in header and query form. An object store reads
/// more: see the signed headers.
#[test]
fn headers_that_nobody_reads_need_not_be_signed() {
    let execute_api = Rules::of_service("execute-api".to_owned(), Regions::Any);
    for (service, rules) in [("sts", sts()), ("execute-api", execute_api)] {
        let signer = Signer {
            service,
            ..Signer::default()
        };
        let mut header = Message::sts("");
        signer.sign(&mut header);
        let mut query = Message::sts("");
        signer.presign(&mut query, 60);
        for mut message in [header, query] {
            for name in ["x-amz-cf-id", "x-amz-meta-a", "x-amz-target"] {
                message.add(name, "first");
                message.add(name, "second");
            }
            assert_eq!(message.verify(SECRET, &rules, NOW), Ok(()), "{service}");
        }
    }
}

#[test]
fn s3_hands_on_what_was_declared() {
    let s3 = Rules::s3(Regions::Any);
    let hash = Payload::Bytes(b"").sha256().unwrap();
    let chunked = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    for (declared, expected) in [
        ("UNSIGNED-PAYLOAD", Some(SignedPayload::Unsigned)),
        (chunked, Some(SignedPayload::Streaming(chunked.into()))),
        (&hex::encode(hash), Some(SignedPayload::Sha256(hash))),
        (&hex::encode_upper(hash), None),
        ("unsigned", None),
    ] {
        let mut message = Message::sts("");
        message.set("x-amz-content-sha256", declared);
        Signer::s3(Some(declared)).sign(&mut message);
        let verified = message.verify_payload(SECRET, &s3, NOW, Payload::Declared);
        assert_eq!(verified.ok(), expected, "{declared}");
    }
    let mut undeclared = Message::sts("");
    Signer::s3(None).sign(&mut undeclared);
    let verified = undeclared.verify_payload(SECRET, &s3, NOW, Payload::Declared);
    assert_eq!(verified, Err(Error::SignatureDoesNotMatch));
}

/// Presigned URLs of an object store do not cover the body, unless the header is sent.
#[test]
fn s3_presigned_urls_leave_the_body_open() {
    let s3 = Rules::s3(Regions::Any);
    let signer = Signer::s3(Some("UNSIGNED-PAYLOAD"));
    let mut message = Message::sts("any body");
    signer.presign(&mut message, 60);
    for payload in [Payload::Declared, Payload::Bytes(b"another body")] {
        let verified = message.verify_payload(SECRET, &s3, NOW, payload);
        assert_eq!(verified, Ok(SignedPayload::Unsigned));
    }
    let hash = Payload::Bytes(b"any body").sha256().unwrap();
    message.set("x-amz-content-sha256", &hex::encode(hash));
    let verified = message.verify_payload(SECRET, &s3, NOW, Payload::Declared);
    assert_eq!(verified, Err(Error::SignatureDoesNotMatch));
}

#[test]
fn paths_have_the_form_that_their_service_signs() {
    for (raw, normalized, as_is) in [
        ("", Some("/"), Some("/")),
        ("/", Some("/"), Some("/")),
        ("//", Some("/"), Some("//")),
        ("/sts/", Some("/sts/"), Some("/sts/")),
        ("/a//b/./c/../d", Some("/a/b/d"), Some("/a//b/./c/../d")),
        ("/a/..", Some("/"), Some("/a/..")),
        ("/a/b/..", Some("/a/"), Some("/a/b/..")),
        ("/a%2Fb", Some("/a%252Fb"), Some("/a%2Fb")),
        ("/a%2fb", Some("/a%252fb"), Some("/a%2Fb")),
        (
            "/%41 +~é",
            Some("/%2541%20%2B~%C3%A9"),
            Some("/A%20%2B~%C3%A9"),
        ),
        ("/..", None, Some("/..")),
        ("/a/../../b", None, Some("/a/../../b")),
        ("/%", Some("/%25"), None),
        ("/%zz", Some("/%25zz"), None),
        ("a", None, None),
        ("*", None, None),
        ("http://host/", None, None),
    ] {
        assert_eq!(
            PathStyle::Normalized.canonical(raw).as_deref(),
            normalized,
            "{raw}"
        );
        assert_eq!(PathStyle::AsIs.canonical(raw).as_deref(), as_is, "{raw}");
    }
}
