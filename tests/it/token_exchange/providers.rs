//! Providers that misbehave, and places where keys are not fetched from.

use std::time::Duration;

use serde_json::{Value, json};
use tests::provider::{Answer, DISCOVERY, JWKS, Provider, SigningKey, key_set};
use tests::sts::TestSts;

use super::{ACTIONS, claims, config, entry};
use crate::check::Outcome::{self, Success};
use crate::check::{UNREACHABLE, outcome};

/// The most requests that one look for keys may cost: a document and its redirects.
const MAX_REQUESTS: usize = 5;

/// A provider that would be believed, but for how it answers.
struct Case {
    name: String,
    idp: Provider,
    expected: Outcome,
}

/// Makes cases of one key.
struct Cases {
    key: SigningKey,
    all: Vec<Case>,
}

impl Cases {
    fn new() -> Self {
        Self {
            key: SigningKey::new("ES256", "k1"),
            all: Vec::new(),
        }
    }

    /// A provider whose answer at one path is this one.
    async fn add(&mut self, name: &str, path: &str, answer: Answer, expected: Outcome) {
        let idp = Provider::start(&[&self.key]).await;
        idp.answer(path, answer);
        self.all.push(Case {
            name: name.to_owned(),
            idp,
            expected,
        });
    }

    /// A provider whose discovery document is this one, made of the provider's URL.
    async fn discover(
        &mut self,
        name: &str,
        document: impl FnOnce(&str) -> Value,
        expected: Outcome,
    ) {
        let idp = Provider::start(&[&self.key]).await;
        idp.answer(DISCOVERY, Answer::json(200, &document(&idp.issuer)));
        self.all.push(Case {
            name: name.to_owned(),
            idp,
            expected,
        });
    }

    /// Shows every provider's token twice to each action, all providers at once.
    async fn check(&self, more: &str) {
        // An issuer that is given is taken, whatever the discovery document says.
        let entries = self.all.iter().map(|it| {
            let given = format!("issuer: '{}', {more}", it.idp.issuer);
            entry(&it.idp, &it.name, &given)
        });
        let builder = TestSts::builder().config(&config(entries)).processes(4);
        let sts = builder.start().await;
        self.all.iter().for_each(|it| it.idp.forget());
        let exchanges = self.all.iter().map(|case| async {
            let changes = json!({"aud": case.name});
            let token = self.key.token(&claims(&case.idp.issuer, &changes));
            for action in ACTIONS {
                let reply = sts.call(action.name, &[(action.token, &token)]).await;
                outcome((&case.name, action.name), &reply, case.expected);
            }
            let requests = case.idp.requests();
            // Four processes, each of which may look once.
            assert!(
                requests.len() <= 4 * MAX_REQUESTS,
                "{}: {requests:?}",
                case.name
            );
        });
        futures_util::future::join_all(exchanges).await;
        assert_eq!(sts.emulator.restarts(), 0);
    }
}

/// A gzip member that holds `text` as it is (RFC 1952, RFC 1951 section 3.2.4).
fn gzip(text: &[u8]) -> Vec<u8> {
    let mut crc = u32::MAX;
    for byte in text {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 * (crc & 1));
        }
    }
    let length = u16::try_from(text.len()).unwrap();
    [
        &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1][..],
        &length.to_le_bytes(),
        &(!length).to_le_bytes(),
        text,
        &(!crc).to_le_bytes(),
        &u32::from(length).to_le_bytes(),
    ]
    .concat()
}

#[tokio::test]
async fn t24_large_and_broken_documents_are_refused() {
    let mut cases = Cases::new();
    let good = key_set(&[&cases.key]);
    let many = |count: usize| {
        let mut set = good.clone();
        let others = (1..count).map(|n| json!({"kty": "new", "kid": n.to_string()}));
        set["keys"].as_array_mut().unwrap().extend(others);
        Answer::json(200, &set)
    };
    let padded = |size: usize| {
        let mut set = good.clone();
        set["padding"] = " ".repeat(size).into();
        Answer::json(200, &set)
    };
    let zipped = Answer::reply(
        200,
        &["content-encoding: gzip"],
        &gzip(good.to_string().as_bytes()),
    );
    let endless = Answer::bytes(
        "HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\n".to_owned()
            + &format!("10000\r\n{}\r\n", " ".repeat(0x10000)).repeat(32),
    );
    let mib = 1024 * 1024;
    for (name, path, answer, expected) in [
        ("keys-100", JWKS, many(100), Success),
        ("keys-101", JWKS, many(101), UNREACHABLE),
        ("keys-10000", JWKS, many(10_000), UNREACHABLE),
        ("large-1", JWKS, padded(mib - 1024), Success),
        ("large-2", JWKS, padded(mib), UNREACHABLE),
        ("large-3", DISCOVERY, padded(16 * mib), UNREACHABLE),
        ("chunked", JWKS, endless, UNREACHABLE),
        ("zipped", JWKS, zipped, UNREACHABLE),
        ("empty", JWKS, Answer::text(200, ""), UNREACHABLE),
        ("no-json", JWKS, Answer::text(200, "<keys/>"), UNREACHABLE),
        (
            "no-utf8",
            JWKS,
            Answer::reply(200, &[], b"{\"keys\":[],\"\xff\":1}"),
            UNREACHABLE,
        ),
        ("no-keys", JWKS, Answer::text(200, "{}"), UNREACHABLE),
        ("no-http", JWKS, Answer::bytes("SSH-2.0-x\r\n"), UNREACHABLE),
        ("closed", JWKS, Answer::bytes(""), UNREACHABLE),
        ("status-201", JWKS, Answer::json(201, &good), UNREACHABLE),
        ("status-404", JWKS, Answer::json(404, &good), UNREACHABLE),
        ("status-500", JWKS, Answer::json(500, &good), UNREACHABLE),
        (
            "discovery-503",
            DISCOVERY,
            Answer::text(503, ""),
            UNREACHABLE,
        ),
    ] {
        cases.add(name, path, answer, expected).await;
    }
    let wrong = |issuer: &str, jwks: Value| json!({"issuer": issuer, "jwks_uri": jwks});
    let jwks = |issuer: &str| json!(format!("{issuer}{JWKS}"));
    cases
        .discover("own", |own| wrong(own, jwks(own)), Success)
        .await;
    cases
        .discover(
            "issuer",
            |own| wrong(&format!("{own}/"), jwks(own)),
            UNREACHABLE,
        )
        .await;
    cases
        .discover("no-uri", |own| wrong(own, json!("nowhere")), UNREACHABLE)
        .await;
    cases
        .discover("null-uri", |own| wrong(own, json!(null)), UNREACHABLE)
        .await;
    cases
        .discover(
            "scheme",
            |own| wrong(own, json!("file:///etc/passwd")),
            UNREACHABLE,
        )
        .await;
    cases.check("").await;
}

#[tokio::test]
async fn t24_slow_providers_are_given_up() {
    let mut cases = Cases::new();
    let good = Answer::json(200, &key_set(&[&cases.key]));
    let never = Duration::from_hours(1);
    let pace = Duration::from_millis(200);
    for (name, path, answer) in [
        ("keys-never", JWKS, good.clone().after(never)),
        ("keys-drip", JWKS, good.clone().dripping(pace)),
        ("discovery-never", DISCOVERY, good.clone().after(never)),
    ] {
        cases.add(name, path, answer, UNREACHABLE).await;
    }
    // Each redirect is quick enough alone.
    let to = |path| Answer::redirect(302, path).after(Duration::from_secs(2));
    cases.add("redirects", JWKS, to("/a"), UNREACHABLE).await;
    let redirecting = &cases.all.last().unwrap().idp;
    redirecting.answer("/a", to("/b"));
    redirecting.answer("/b", to("/c"));
    redirecting.answer("/c", good);
    cases.check("").await;
}

#[tokio::test]
async fn t24_redirects_stay_where_they_are_and_end() {
    let mut cases = Cases::new();
    let elsewhere = Provider::start(&[&cases.key]).await;
    let other_host = elsewhere.issuer.replace("127.0.0.1", "localhost");
    for (name, location) in [
        ("other-port", elsewhere.url(JWKS)),
        ("other-host", format!("{other_host}{JWKS}")),
        (
            "no-scheme",
            format!("//{}{JWKS}", other_host.trim_start_matches("http://")),
        ),
        ("no-place", String::new()),
        ("endless", JWKS.to_owned()),
    ] {
        for status in [301, 302, 303, 307, 308] {
            if status == 302 || name == "other-port" {
                let name = format!("{name}-{status}");
                let answer = Answer::redirect(status, &location);
                cases.add(&name, JWKS, answer, UNREACHABLE).await;
            }
        }
    }
    cases
        .add("within", JWKS, Answer::redirect(302, "/moved"), Success)
        .await;
    let moved = &cases.all.last().unwrap().idp;
    moved.answer("/moved", Answer::redirect(307, "/again"));
    moved.answer("/again", Answer::json(200, &key_set(&[&cases.key])));
    cases.check("").await;
    assert_eq!(elsewhere.connections(), 0);
}

/// A host that only a provider's document names must be public.
#[tokio::test]
async fn t25_documents_lead_to_no_internal_address() {
    let mut cases = Cases::new();
    let inside = Provider::start(&[&cases.key]).await;
    let port = inside.issuer.rsplit(':').next().unwrap();
    let learned = [
        ("name", format!("http://localhost:{port}/jwks")),
        ("loopback", format!("http://127.0.0.2:{port}/jwks")),
        ("loopback-6", format!("http://[::1]:{port}/jwks")),
        ("mapped", format!("http://[::ffff:127.0.0.1]:{port}/jwks")),
        ("unspecified", format!("http://0.0.0.0:{port}/jwks")),
        (
            "metadata",
            "http://169.254.169.254/latest/meta-data".to_owned(),
        ),
        ("metadata-6", "http://[fd00:ec2::254]/latest".to_owned()),
        ("link-local", "http://[fe80::1]/jwks".to_owned()),
        ("private", "https://10.0.0.1/jwks".to_owned()),
        ("unique-local", "https://[fd12::1]/jwks".to_owned()),
        ("shared", "https://100.64.0.1/jwks".to_owned()),
    ];
    for (name, url) in learned {
        let document = |own: &str| json!({"issuer": own, "jwks_uri": url});
        cases.discover(name, document, UNREACHABLE).await;
    }
    // The host that the configuration names may be internal.
    let document = |own: &str| json!({"issuer": own, "jwks_uri": inside.url(JWKS)});
    cases.discover("configured", document, Success).await;
    cases.check("allow_http: true").await;
    assert!((1..=4).contains(&inside.connections()));
}

/// Plain HTTP to another machine needs the operator's word; `sts-admin` asks for it.
#[tokio::test]
async fn documents_lead_to_no_plain_http() {
    let mut cases = Cases::new();
    let document = |own: &str| json!({"issuer": own, "jwks_uri": "http://192.0.2.1/jwks"});
    cases.discover("plain", document, UNREACHABLE).await;
    cases.check("").await;
}
