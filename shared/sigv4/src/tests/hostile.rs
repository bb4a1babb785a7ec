//! Requests that no signer would make.

use proptest::collection::vec;
use proptest::prelude::*;

use super::samples::{Signer, authorization, signed};
use super::*;
use crate::MustSign;

/// Each would take minutes if its cost grew with the square of its size.
#[test]
fn t50_huge_requests_are_refused_in_linear_time() {
    let attacks: &[Attack] = &[
        ("parameters", |m| m.query = "a=%41&".repeat(300_000)),
        ("distinct parameters", |m| {
            let names: Vec<_> = (0..100_000).map(|i| format!("p{i}=v")).collect();
            m.query = names.join("&");
        }),
        ("one parameter", |m| m.query = "%25".repeat(2_000_000)),
        ("path", |m| m.path = "/a/b/..".repeat(300_000)),
        ("header value", |m| {
            m.set("content-type", &" a".repeat(3_000_000));
        }),
        ("amz headers", |m| {
            for i in 0..100_000 {
                m.add(&format!("x-amz-{i}"), "v");
            }
        }),
        ("authorization", |m| {
            m.set("authorization", &"AWS4-HMAC-SHA256 a=b,".repeat(200_000));
        }),
        ("signed headers", |m| {
            let names: Vec<_> = (0..200_000).map(|i| format!("h{i:06}")).collect();
            let value = m.header("authorization").unwrap();
            let value = value.replace("=content-type", &format!("={}", names.join(";")));
            m.set("authorization", &value);
        }),
        ("both lists of headers", |m| {
            let names: Vec<_> = (0..100_000).map(|i| format!("x-amz-h{i:06}")).collect();
            for name in &names {
                m.add(name, "v");
            }
            let value = m.header("authorization").unwrap();
            let list = format!("x-amz-date;{}", names.join(";"));
            let value = value.replace("x-amz-date", &list);
            m.set("authorization", &value);
        }),
        ("credential", |m| {
            let signed_headers = "content-type;host;x-amz-date";
            let value = authorization(&"/".repeat(6_000_000), signed_headers, "");
            m.set("authorization", &value);
        }),
    ];
    let rules = Rules {
        must_sign: MustSign::All,
        ..sts()
    };
    for (case, attack) in attacks {
        let mut message = signed();
        attack(&mut message);
        refused(&message, &rules, case);
    }
}

#[test]
fn t53_nothing_shows_tokens_or_signatures() {
    let mut message = Message::sts("");
    let token = Some("SECRETTOKEN".to_owned());
    Signer {
        token,
        ..Signer::default()
    }
    .sign(&mut message);
    let value = message.header("authorization").unwrap().to_owned();
    let (_, hex) = value.rsplit_once('=').unwrap();
    message.with(|request| {
        let signature = parse(request, &sts(), NOW).unwrap();
        let key = SigningKey::derive(SECRET, &signature.scope());
        let shown = format!(
            "{request:?} {signature:?} {key:?} {:?}",
            Payload::Bytes(b"body")
        );
        for hidden in [
            "SECRETTOKEN",
            hex,
            &hex::encode(key.expose()),
            SECRET,
            "body",
        ] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    });
    for broken in [
        format!("AWS4-HMAC-SHA256 Signature {hex}"),
        format!("AWS4-HMAC-SHA256 {hex}"),
    ] {
        message.set("authorization", &broken);
        let text = message.parse_error(&sts()).to_string();
        assert!(!text.contains(hex.get(..8).unwrap()), "{text}");
    }
}

/// Parses and verifies; only that it returns matters.
fn run(request: &Request<'_>, now: i64) {
    for rules in [sts(), Rules::s3(Regions::OneOf(Vec::new()))] {
        let Ok(signature) = parse(request, &rules, UnixTime::from_secs(now)) else {
            continue;
        };
        let key = SigningKey::derive(SECRET, &signature.scope());
        for payload in [
            Payload::Bytes(b"x"),
            Payload::Sha256([0; 32]),
            Payload::Declared,
        ] {
            assert!(signature.verify(&key, payload).is_err());
        }
    }
}

fn header_name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("authorization".to_owned()),
        Just("host".to_owned()),
        Just("x-amz-date".to_owned()),
        Just("x-amz-security-token".to_owned()),
        Just("x-amz-content-sha256".to_owned()),
        any::<String>(),
    ]
}

/// Text made of what the grammar of signatures is made of.
fn fragments() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        Just("AWS4-HMAC-SHA256 ".to_owned()),
        Just("Credential=a/20150830/us-east-1/sts/aws4_request".to_owned()),
        Just("SignedHeaders=host".to_owned()),
        Just("Signature=0".to_owned()),
        Just("X-Amz-Algorithm=AWS4-HMAC-SHA256&".to_owned()),
        Just("X-Amz-Credential=a/20150830//sts/aws4_request&".to_owned()),
        Just("X-Amz-SignedHeaders=host;expect&".to_owned()),
        Just("X-Amz-Date=20150830T123600Z&X-Amz-Signature=0&".to_owned()),
        "[,;/=&%.]",
        any::<String>(),
    ];
    vec(fragment, 0..8).prop_map(|fragments| fragments.concat())
}

proptest! {
    #[test]
    fn t50_arbitrary_requests_do_not_panic(
        method in any::<String>(),
        path in fragments(),
        query in fragments(),
        headers in vec((header_name(), vec(any::<u8>(), 0..40)), 0..8),
        now in any::<i64>(),
    ) {
        let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v.as_slice())).collect();
        run(&Request { method: &method, path: &path, query: &query, headers: &headers }, now);
    }

    #[test]
    fn t50_almost_signed_requests_do_not_panic(
        path in fragments(),
        query in fragments(),
        authorization in fragments(),
        name in header_name(),
        value in any::<String>(),
        seconds in -1000_i64..1000,
    ) {
        let mut message = signed();
        message.path.push_str(&path);
        message.query = query;
        message.headers.push((name, value));
        let header = message.headers.iter_mut().find(|(n, _)| n == "authorization").unwrap();
        header.1.push_str(&authorization);
        message.with(|request| run(request, NOW.plus(seconds).secs()));
    }
}
