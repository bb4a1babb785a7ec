//! What is visible of credentials gives nothing away.

use std::collections::HashSet;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::{digest, hmac};
use tests::sts::{Credentials, TestSts, USER, user};

use crate::check::success;

const SESSIONS: usize = 1000;
const CLIENTS: usize = 4;
/// What a careless service might key its derivation with.
const LABELS: [&str; 6] = ["", USER, "sts", "AWS4", "lambda-sts", "minio"];

/// Credentials of many sessions, made side by side.
async fn issue() -> Vec<Credentials> {
    let sts = TestSts::builder().processes(CLIENTS).start().await;
    let client = async || {
        let mut issued = Vec::new();
        for _ in 0..SESSIONS / CLIENTS {
            let signer = user();
            issued.push(success(&sts.assume_role_as(&signer, &[]).await));
        }
        issued
    };
    let (a, b, c, d) = tokio::join!(client(), client(), client(), client());
    [a, b, c, d].concat()
}

/// The ways in which bytes are usually written.
fn spellings(secret: &[u8]) -> Vec<Vec<u8>> {
    vec![
        secret.to_vec(),
        hex::encode(secret).into_bytes(),
        hex::encode_upper(secret).into_bytes(),
        BASE64_STANDARD.encode(secret).into_bytes(),
        BASE64_URL_SAFE_NO_PAD.encode(secret).into_bytes(),
        secret.iter().rev().copied().collect(),
    ]
}

/// Bytes as text, so that the standard library searches them.
fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// Everything that can be read out of visible texts without a key.
fn readable(credentials: &Credentials) -> Vec<Vec<u8>> {
    let mut texts = vec![credentials.token.clone().into_bytes()];
    for part in credentials.token.split('.') {
        texts.push(BASE64_URL_SAFE_NO_PAD.decode(part).unwrap());
    }
    texts
}

/// What an unkeyed function could have made of a text, in the form of a secret access key.
fn derivations(text: &[u8]) -> Vec<String> {
    let digests = [
        &digest::SHA256,
        &digest::SHA512,
        &digest::SHA1_FOR_LEGACY_USE_ONLY,
    ];
    let hash = |algorithm| digest::digest(algorithm, text).as_ref().to_vec();
    let mut hashes: Vec<_> = digests.into_iter().map(hash).collect();
    for label in LABELS {
        for algorithm in [hmac::HMAC_SHA256, hmac::HMAC_SHA512] {
            let key = hmac::Key::new(algorithm, label.as_bytes());
            hashes.push(hmac::sign(&key, text).as_ref().to_vec());
        }
    }
    let spell = |hash: Vec<u8>| {
        let base64 = BASE64_STANDARD.encode(&hash);
        [hex::encode(&hash), base64.replace('/', "+"), base64]
    };
    hashes.into_iter().flat_map(spell).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t01_t02_a_thousand_sessions_give_no_secret_away() {
    let issued = issue().await;
    assert_eq!(issued.len(), SESSIONS);
    for part in [
        |it: &Credentials| it.access_key.clone(),
        |it: &Credentials| it.secret.clone(),
        |it: &Credentials| it.token.clone(),
    ] {
        let distinct: HashSet<_> = issued.iter().map(part).collect();
        assert_eq!(distinct.len(), SESSIONS);
    }
    for credentials in &issued {
        let secret = credentials.secret.as_bytes();
        let raw = BASE64_STANDARD.decode(secret).unwrap();
        for text in readable(credentials) {
            let text = latin_1(&text);
            for spelling in spellings(secret).into_iter().chain(spellings(&raw)) {
                assert!(!text.contains(&latin_1(&spelling)), "{text}");
            }
        }
        let both = credentials.access_key.clone() + &credentials.token;
        let mut visible: Vec<&str> = credentials.token.split('.').collect();
        visible.extend([&*credentials.access_key, &credentials.token, &both]);
        for text in visible {
            for derived in derivations(text.as_bytes()) {
                assert!(!derived.starts_with(&credentials.secret));
            }
        }
    }
}
