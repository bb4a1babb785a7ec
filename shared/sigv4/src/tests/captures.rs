//! Requests of unmodified clients, recorded as they arrived.

use std::fs;
use std::path::Path;

use super::*;

const SIGNED_FOR_ANOTHER_METHOD: &str = "boto3-presigned__GetCallerIdentity.txt";

struct Capture {
    name: String,
    message: Message,
    rules: Rules,
    signed_at: UnixTime,
    /// How long the signature is good, in seconds.
    lifetime: i64,
}

impl Capture {
    fn read(path: &Path) -> Self {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(path).unwrap();
        let (_, request) = text.split_once('\n').unwrap();
        let mut message = Message::from_http(request);
        let length = message
            .header("content-length")
            .map_or(0, |l| l.parse().unwrap());
        message.body.truncate(length);
        let presigned = parameter(&message.query, "X-Amz-Date");
        let date = presigned.or(message.header("x-amz-date")).unwrap();
        Self {
            signed_at: UnixTime::parse_amz_date(date).unwrap(),
            lifetime: parameter(&message.query, "X-Amz-Expires")
                .map_or(900, |e| e.parse().unwrap()),
            rules: if name.ends_with("__s3-GET.txt") {
                Rules::s3(Regions::Any)
            } else {
                sts()
            },
            message,
            name,
        }
    }

    fn verify_at(&self, seconds_after_signing: i64) -> Result<(), Error> {
        let now = self.signed_at.plus(seconds_after_signing);
        self.message.verify(SECRET, &self.rules, now)
    }
}

fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

fn captures() -> Vec<Capture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/captures");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "txt"))
        .collect();
    paths.sort();
    assert_eq!(paths.len(), 27);
    let captures = paths.iter().map(|path| Capture::read(path));
    captures
        .filter(|c| c.name != SIGNED_FOR_ANOTHER_METHOD)
        .collect()
}

#[test]
fn every_signed_capture_verifies() {
    for capture in captures() {
        assert_eq!(capture.verify_at(0), Ok(()), "{}", capture.name);
    }
}

#[test]
fn t50_a_capture_with_another_body_is_refused() {
    for mut capture in captures() {
        capture.message.body.push(b' ');
        assert_eq!(
            capture.verify_at(0),
            Err(Error::SignatureDoesNotMatch),
            "{}",
            capture.name
        );
    }
}

#[test]
fn t50_a_capture_is_refused_outside_of_its_time() {
    for capture in captures() {
        let name = &capture.name;
        assert_eq!(capture.verify_at(capture.lifetime), Ok(()), "{name}");
        assert_eq!(capture.verify_at(-900), Ok(()), "{name}");
        let late = capture.verify_at(capture.lifetime + 1).unwrap_err();
        assert!(matches!(late, Error::Expired { .. }), "{name}");
        let early = capture.verify_at(-901).unwrap_err();
        assert!(matches!(early, Error::NotYetCurrent { .. }), "{name}");
    }
}

#[test]
fn a_presigned_url_for_post_does_not_work_with_get() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/captures");
    let mut capture = Capture::read(&folder.join(SIGNED_FOR_ANOTHER_METHOD));
    assert_eq!(capture.verify_at(0), Err(Error::SignatureDoesNotMatch));
    capture.message.method = "POST".to_owned();
    assert_eq!(capture.verify_at(0), Ok(()));
}

#[test]
fn captures_carry_the_token_that_was_signed() {
    let with_token = captures().into_iter().filter_map(|capture| {
        capture.message.with(|request| {
            let signature = parse(request, &capture.rules, capture.signed_at).unwrap();
            signature.unverified_session_token().map(str::to_owned)
        })
    });
    let mut tokens: Vec<_> = with_token.collect();
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens, ["SESSIONTOKEN/abc+def==", "TOK/+=en"]);
}

/// minio-py's signer, with the region that its users rarely set and with an ordinary one.
#[test]
fn an_empty_region_verifies() {
    let body = "Action=AssumeRole&Version=2011-06-15&DurationSeconds=3600";
    for (region, signature) in [
        (
            "",
            "c4173c2a9dec313e9092a7bc83c498670ae2bf5d0d0927ca0d4e330dfe221702",
        ),
        (
            "us-east-1",
            "d9619e08de5773552c1b687a0641997cb214c2fce5a7ba9b082ecc6648963b12",
        ),
    ] {
        let mut message = Message::sts(body);
        message.set("x-amz-date", "20250102T030405Z");
        message.set(
            "authorization",
            &format!(
                "AWS4-HMAC-SHA256 Credential=user1/20250102/{region}/sts/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature={signature}"
            ),
        );
        let now = UnixTime::parse_amz_date("20250102T030405Z").unwrap();
        assert_eq!(
            message.verify("secretkey1", &sts(), now),
            Ok(()),
            "{region:?}"
        );
        let one_of = Rules::sts(Regions::OneOf(vec![region.to_owned()]));
        assert_eq!(
            message.verify("secretkey1", &one_of, now),
            Ok(()),
            "{region:?}"
        );
    }
}
