//! Whatever the AWS SDK's signer signs verifies, and nothing that was changed does.

use proptest::collection::vec;
use proptest::prelude::*;

use super::samples::{Signer, escape};
use super::*;

/// A header that is not one of those that the verifier knows.
const HEADER_NAME: &str = "h-[a-z0-9-]{0,8}";
const HEADER_VALUE: &str = "[!-~]?[ -~]{0,20}";

fn message() -> impl Strategy<Value = Message> {
    let pairs = vec((any::<String>(), any::<String>()), 0..5);
    let headers = vec((HEADER_NAME, HEADER_VALUE), 0..5);
    (method(), path(), pairs, headers, vec(any::<u8>(), 0..200)).prop_map(
        |(method, path, pairs, headers, body)| {
            let pair =
                |(name, value): &(String, String)| format!("{}={}", escape(name), escape(value));
            let mut message = Message::sts("");
            message.method = method;
            message.path = path;
            message.query = pairs.iter().map(pair).collect::<Vec<_>>().join("&");
            message.headers.extend(headers);
            message.body = body;
            message
        },
    )
}

fn method() -> impl Strategy<Value = String> {
    prop_oneof!["GET", "POST", "PUT", "DELETE"]
}

/// Anything that a URI allows, with dot segments that stay below the root.
fn path() -> impl Strategy<Value = String> {
    let segment = prop_oneof![
        "[A-Za-z0-9._~!$&'()*+,;=:@-]{1,8}".prop_map(|s| s.replace("..", "x")),
        any::<String>().prop_map(|s| escape(&s)),
        Just("a/..".to_owned()),
        Just(".".to_owned()),
        Just(String::new()),
    ];
    vec(segment, 0..6).prop_map(|segments| format!("/{}", segments.join("/")))
}

/// The path as S3's signers take it: encoded once, nothing more.
fn key_path() -> impl Strategy<Value = String> {
    let segment = any::<String>().prop_map(|s| escape(&s));
    vec(segment, 1..4).prop_map(|segments| format!("/{}", segments.join("/")))
}

fn signer() -> impl Strategy<Value = Signer> {
    let token = proptest::option::of("[A-Za-z0-9+/=]{1,40}");
    let time = 1_000_000_000_i64..4_000_000_000;
    ("[!-~]{8,60}", token, "[a-z0-9-]{0,12}", time).prop_map(|(secret, token, region, time)| {
        Signer {
            secret,
            token,
            region,
            time: UnixTime::from_secs(time),
            ..Signer::default()
        }
    })
}

/// Every way to change one part of a signed request.
fn mutations(message: &Message) -> Vec<Message> {
    let mut mutations = Vec::new();
    let mut mutate = |change: &dyn Fn(&mut Message)| {
        let mut mutated = message.clone();
        change(&mut mutated);
        mutations.push(mutated);
    };
    mutate(&|m| m.method.push('X'));
    mutate(&|m| m.path.push('x'));
    mutate(&|m| m.query.push_str("&x"));
    mutate(&|m| m.query.insert_str(0, "X-Amz-Expires=604800&"));
    mutate(&|m| m.body.push(0));
    mutate(&|m| {
        // Of the same length where it has any, and never the same.
        let last = m.body.pop();
        m.body.insert(0, last.map_or(b' ', |byte| byte ^ 1));
    });
    mutate(&|m| m.add("x-amz-security-token", "v"));
    let parameters: Vec<_> = message.query.split('&').filter(|p| !p.is_empty()).collect();
    for i in 0..parameters.len() {
        let mut others = parameters.clone();
        let removed = others.remove(i);
        mutate(&|m| m.query = others.join("&"));
        mutate(&|m| m.query = format!("{}&{removed}x", others.join("&")));
    }
    for i in 0..message.headers.len() {
        mutate(&|m| {
            m.headers.remove(i);
        });
        mutate(&|m| m.headers[i].1.push('x'));
        mutate(&|m| m.headers[i].1.insert(0, 'x'));
    }
    mutations
}

/// Changes in the text of the signature itself: date, scope and one digit.
fn forgeries(message: &Message, signer: &Signer, digit: usize) -> Vec<Message> {
    let date = signer.time.amz_date();
    let later = signer.time.plus(1).amz_date();
    let region = &signer.region;
    let digits = message.with(|request| {
        let signature = parse(request, &sts(), signer.time).unwrap();
        signature.signature.into_owned()
    });
    let mut changed = digits.clone().into_bytes();
    changed[digit] = if changed[digit] == b'0' { b'1' } else { b'0' };
    let changed = String::from_utf8(changed).unwrap();
    let replacements = [
        (date, later),
        (format!("/{region}/sts/"), format!("/{region}x/sts/")),
        (
            format!("%2F{region}%2Fsts%2F"),
            format!("%2F{region}x%2Fsts%2F"),
        ),
        (digits, changed),
    ];
    let forge = |(from, to): &(String, String)| {
        let mut forged = message.clone();
        forged.query = forged.query.replace(from, to);
        for (_, value) in &mut forged.headers {
            *value = value.replace(from, to);
        }
        forged
    };
    replacements
        .iter()
        .map(forge)
        .filter(|forged| forged != message)
        .collect()
}

fn check(message: &Message, signer: &Signer, digit: usize) {
    let verify = |message: &Message, secret: &str| message.verify(secret, &sts(), signer.time);
    assert_eq!(verify(message, &signer.secret), Ok(()));
    assert_eq!(
        verify(message, &format!("{}x", signer.secret)),
        Err(Error::SignatureDoesNotMatch)
    );
    let forgeries = forgeries(message, signer, digit);
    assert_eq!(forgeries.len(), 3);
    for mutated in mutations(message).iter().chain(&forgeries) {
        assert!(
            verify(mutated, &signer.secret).is_err(),
            "accepted: {mutated:?}"
        );
    }
    let other_service = Rules {
        service: "s3".into(),
        ..sts()
    };
    let mut moved = message.clone();
    moved.query = moved.query.replace("%2Fsts%2Faws4", "%2Fs3%2Faws4");
    for (_, value) in &mut moved.headers {
        *value = value.replace("/sts/aws4", "/s3/aws4");
    }
    for message in [message, &moved] {
        assert!(
            message
                .verify(&signer.secret, &other_service, signer.time)
                .is_err()
        );
    }
}

proptest! {
    #[test]
    fn t50_only_what_was_signed_in_the_header_verifies(
        mut message in message(),
        signer in signer(),
        digit in 0_usize..64,
    ) {
        message.remove("x-amz-date");
        signer.sign(&mut message);
        check(&message, &signer, digit);
    }

    #[test]
    fn t50_only_what_was_signed_in_the_query_verifies(
        mut message in message(),
        signer in signer(),
        digit in 0_usize..64,
        expires in 1_u64..=604_800,
    ) {
        signer.presign(&mut message, expires);
        check(&message, &signer, digit);
    }

    #[test]
    fn object_paths_verify_as_they_are(mut message in message(), path in key_path()) {
        message.path = path;
        Signer::s3(None).sign(&mut message);
        let s3 = Rules::s3(Regions::Any);
        prop_assert_eq!(message.verify(SECRET, &s3, NOW), Ok(()));
        message.path.push('/');
        prop_assert_eq!(message.verify(SECRET, &s3, NOW), Err(Error::SignatureDoesNotMatch));
    }
}
