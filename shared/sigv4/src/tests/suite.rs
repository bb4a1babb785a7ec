//! AWS's own signing test suite, which the package `aws-sigv4` ships.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::*;
use crate::MustSign;

/// The two cases of the package's maintainers have neither a context nor a query form.
const CASES_WITH_CONTEXT: usize = 38;

/// Appends the token after signing, which STS does not allow.
const TOKEN_NOT_SIGNED: &str = "post-sts-header-after";

fn suite() -> PathBuf {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--offline"])
        .args(["--filter-platform", "host-tuple"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{metadata:?}");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|p| p["name"] == "aws-sigv4").unwrap();
    Path::new(package["manifest_path"].as_str().unwrap())
        .with_file_name("aws-signing-test-suite")
        .join("v4")
}

fn cases() -> Vec<PathBuf> {
    let entries = fs::read_dir(suite()).unwrap();
    let mut cases: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// What a case says of its signer.
struct Context {
    secret: String,
    rules: Rules,
    now: UnixTime,
}

impl Context {
    fn read(case: &Path) -> Option<Self> {
        let json: Value = serde_json::from_str(&read(case, "context.json")?).unwrap();
        assert_eq!(json["service"], "service");
        let paths = if json["normalize"].as_bool().unwrap() {
            PathStyle::Normalized
        } else {
            PathStyle::AsIs
        };
        Some(Self {
            secret: json["credentials"]["secret_access_key"]
                .as_str()
                .unwrap()
                .to_owned(),
            rules: rules("service", json["region"].as_str().unwrap(), paths),
            now: UnixTime::parse_iso8601(json["timestamp"].as_str().unwrap()).unwrap(),
        })
    }
}

fn rules(service: &'static str, region: &str, paths: PathStyle) -> Rules {
    Rules {
        service: service.into(),
        regions: Regions::OneOf(vec![region.to_owned()]),
        paths,
        must_sign: MustSign::All,
        max_skew_seconds: Rules::MAX_SKEW_SECONDS,
    }
}

fn read(case: &Path, file: &str) -> Option<String> {
    fs::read_to_string(case.join(file)).ok()
}

fn name(case: &Path) -> &str {
    case.file_name().unwrap().to_str().unwrap()
}

/// Compares every artefact of one form of a case.
fn check_artefacts(case: &Path, form: &str, context: &Context) {
    let expected = |file: &str| read(case, &format!("{form}-{file}.txt")).unwrap();
    let message = Message::from_http(&expected("signed-request"));
    message.with(|request| {
        let signature = parse(request, &context.rules, context.now).unwrap();
        let payload = Payload::Bytes(&message.body);
        let canonical = canonical_request(&signature, payload);
        assert_eq!(canonical, expected("canonical-request"), "{case:?}");
        let string_to_sign = signature.string_to_sign(canonical.as_bytes());
        assert_eq!(string_to_sign, expected("string-to-sign"), "{case:?}");
        let key = SigningKey::derive(&context.secret, &signature.scope());
        let computed = key.sign(&string_to_sign);
        assert_eq!(computed, expected("signature"), "{case:?}");
        signature.verify(&key, payload).unwrap();
    });
}

#[test]
fn every_case_of_the_suite_verifies_in_both_forms() {
    let cases = cases();
    assert_eq!(cases.len(), 40);
    let mut checked = 0;
    for case in cases.iter().filter(|case| name(case) != TOKEN_NOT_SIGNED) {
        let Some(context) = Context::read(case) else {
            continue;
        };
        check_artefacts(case, "header", &context);
        check_artefacts(case, "query", &context);
        checked += 1;
    }
    assert_eq!(checked, CASES_WITH_CONTEXT - 1);
}

#[test]
fn a_token_that_was_added_after_signing_is_refused() {
    let case = suite().join(TOKEN_NOT_SIGNED);
    let context = Context::read(&case).unwrap();
    let verify = |file| {
        Message::from_http(&read(&case, file).unwrap()).verify(
            &context.secret,
            &context.rules,
            context.now,
        )
    };
    assert_eq!(
        verify("header-signed-request.txt").unwrap_err().to_string(),
        "There were headers present in the request which were not signed: 'x-amz-security-token'."
    );
    assert_eq!(
        verify("query-signed-request.txt"),
        Err(Error::SignatureDoesNotMatch)
    );
}

/// The canonical request was recorded at another time than the signed request.
#[test]
fn a_path_is_encoded_twice() {
    let case = suite().join("double-encode-path");
    let rules = rules("service", "us-east-1", PathStyle::Normalized);
    let message = Message::from_http(&read(&case, "header-signed-request.txt").unwrap());
    message.with(|request| {
        let signature = parse(request, &rules, NOW).unwrap();
        let recorded = read(&case, "header-canonical-request.txt").unwrap();
        assert_eq!(
            canonical_request(&signature, Payload::Bytes(b"")),
            recorded.replace("20210511T154045Z", DATE)
        );
    });
    message
        .verify("notrealrnrELgWzOk3IfjzDKtFBhDby", &rules, NOW)
        .unwrap();
}

#[test]
fn an_escape_in_a_path_is_encoded_again() {
    let case = suite().join("double-url-encode");
    let rules = rules("lambda", "us-east-2", PathStyle::Normalized);
    let now = UnixTime::parse_amz_date("20210511T154045Z").unwrap();
    let message = Message::from_http(&read(&case, "header-signed-request.txt").unwrap());
    message.with(|request| {
        let signature = parse(request, &rules, now).unwrap();
        let canonical = canonical_request(&signature, Payload::Bytes(b""));
        assert_eq!(
            canonical,
            read(&case, "header-canonical-request.txt").unwrap()
        );
        assert_eq!(
            signature.string_to_sign(canonical.as_bytes()),
            read(&case, "header-string-to-sign.txt").unwrap().trim_end()
        );
    });
    message
        .verify("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", &rules, now)
        .unwrap();
}
