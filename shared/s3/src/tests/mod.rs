//! Tests of the mapping from requests to actions.

mod bodies;
mod conditions;

use clock::UnixTime;

use super::*;

/// One operation a line: method, URI, name, and `action=resource` for each check.
const OPERATIONS: &str = include_str!("../../testdata/s3-operations.txt");

fn with_headers(
    method: &str,
    uri: &str,
    headers: &[(&str, &str)],
) -> Result<Operation, OperationError> {
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    operation(method, path, query, |name| {
        let header = headers.iter().find(|(n, _)| *n == name)?;
        Some(header.1)
    })
}

fn plain(method: &str, uri: &str) -> Result<Operation, OperationError> {
    with_headers(method, uri, &[("authorization", "AWS4-HMAC-SHA256 ...")])
}

/// The checks as `action=resource`, without the ARN's beginning.
fn checks(operation: &Operation) -> Vec<String> {
    let short = |check: &Check| {
        let resource = check.resource.strip_prefix("arn:aws:s3:::").unwrap();
        format!("{}={resource}", check.action)
    };
    operation.checks.iter().map(short).collect()
}

/// A context in which all keys of S3 are known to be absent unless they are set.
fn empty() -> Context {
    Context::supplied_by(KEYS)
}

/// What is asked about, ten seconds after the signature.
fn asked(operation: &Operation) -> Vec<Asked<'_>> {
    let moments = Moments {
        signed_at: UnixTime::from_secs(1_440_938_160),
        now: UnixTime::from_secs(1_440_938_170),
    };
    operation.asked(&empty(), moments)
}

/// What is known of a key: its values, or whether it can be said to have none.
fn known(context: &Context, key: &str) -> Option<Vec<String>> {
    context.is_known(key).then(|| context.get(key).to_vec())
}

/// The condition keys of the last check.
fn condition_keys(operation: &Operation) -> Context {
    asked(operation).pop().unwrap().context
}

#[test]
fn every_operation_has_its_actions() {
    assert_eq!(OPERATIONS.lines().count(), 109);
    for line in OPERATIONS.lines() {
        let mut words = line.split(' ');
        let (method, uri) = (words.next().unwrap(), words.next().unwrap());
        let operation = plain(method, uri).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(Some(operation.name), words.next(), "{line}");
        assert_eq!(checks(&operation), words.collect::<Vec<_>>(), "{line}");
    }
}

#[test]
fn modifiers_change_nothing() {
    for (method, uri, name) in [
        ("GET", "/?x-id=ListBuckets&max-buckets=9", "ListBuckets"),
        (
            "GET",
            "/b/?prefix=a%2F&delimiter=%2F&max-keys=2",
            "ListObjects",
        ),
        (
            "GET",
            "/b?list-type=2&start-after=a&fetch-owner=true",
            "ListObjectsV2",
        ),
        (
            "GET",
            "/b/k?response-content-type=text%2Fplain",
            "GetObject",
        ),
        (
            "GET",
            "/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0",
            "GetObject",
        ),
        (
            "PUT",
            "/b/k?x-amz-checksum-crc32=AA&X-Amz-Meta-A=b&x-id=PutObject",
            "PutObject",
        ),
        (
            "GET",
            "/b/k?uploadId=u&part-number-marker=1&max-parts=9",
            "ListParts",
        ),
    ] {
        assert_eq!(plain(method, uri).unwrap().name, name, "{method} {uri}");
    }
}

#[test]
fn what_is_not_known_is_refused() {
    for (method, uri) in [
        ("POST", "/"),
        ("HEAD", "/"),
        ("PATCH", "/b/k"),
        ("get", "/b/k"),
        ("OPTIONS", "/b/k"),
        ("POST", "/b"),
        ("POST", "/b/k"),
        ("GET", "/b?session"),
        ("GET", "/b?events=s3:ObjectCreated:*"),
        ("GET", "/b?list-type=1"),
        ("GET", "/b?list-type"),
        ("GET", "/b/k?select&select-type=2"),
        ("POST", "/b/k?select"),
        ("GET", "/b/k?new-subresource"),
        ("GET", "/b/k?acl&tagging"),
        ("HEAD", "/b/k?acl"),
        ("GET", "/b/k?delete"),
        ("PUT", "/b/k?uploadId=u"),
        ("PUT", "/b/k?partNumber=1"),
        ("PUT", "/b/k?versionId=v"),
        ("POST", "/b?delete&versionId=v"),
        ("GET", "/b?versionId=v"),
        ("PUT", "/b?analytics"),
        ("DELETE", "/b?versioning"),
        // Signers that move headers into the query must not move one that decides.
        ("PUT", "/b/k?x-amz-acl=public-read"),
        ("PUT", "/b/k?X-Amz-Copy-Source=b%2Fsecret"),
        ("PUT", "/b/k?x-amz-server-side-encryption=AES256"),
        // Signature Version 2.
        ("GET", "/b/k?AWSAccessKeyId=a&Expires=1&Signature=s"),
    ] {
        assert_eq!(
            plain(method, uri),
            Err(OperationError::Unknown),
            "{method} {uri}"
        );
    }
    let form = [("content-type", " Multipart/Form-Data; boundary=x")];
    for uri in ["/b?delete", "/b/k?uploads"] {
        assert_eq!(
            with_headers("POST", uri, &form),
            Err(OperationError::Unknown),
            "{uri}"
        );
    }
}

#[test]
fn what_reads_in_two_ways_is_refused() {
    for uri in [
        "/b?prefix=a+b",
        "/b/k?versionId=a&versionId=b",
        "/b/k?acl&acl",
        "/b?prefix=a&%70refix=b",
    ] {
        assert_eq!(plain("GET", uri), Err(OperationError::Ambiguous), "{uri}");
    }
    for uri in [
        "b/k",
        "//",
        "//k",
        "/b%2Fk",
        "/%62/k",
        "/b*/k",
        "/./k",
        "/../k",
        "/b:c/k",
        "/b/%",
        "/b/%4",
        "/b/%zz",
        "/b/%+1",
        "/b/%ff",
        "/b/..",
        "/b/a/../../c/k",
        "/b/a%2F..%2Fk",
        "/b/%2e%2e/k",
        "/b/./k",
        "/b/k?versionId=",
        "/b/k?versionId=%",
    ] {
        assert_eq!(plain("GET", uri), Err(OperationError::Malformed), "{uri}");
    }
    let long = format!("/b/{}", "k".repeat(1025));
    assert_eq!(plain("GET", &long), Err(OperationError::Malformed));
}

#[test]
fn keys_are_decoded_once() {
    for (path, key) in [
        ("/b/a/b", "a/b"),
        ("/b/a%2Fb", "a/b"),
        ("/b/a+b", "a+b"),
        ("/b/a%2Bb%20c", "a+b c"),
        ("/b/%2541", "%41"),
        ("/b/%C3%A9", "é"),
        ("/b//a", "/a"),
        ("/b/a/", "a/"),
        ("/b/*%3F", "*?"),
        ("/b/...", "..."),
        ("/b/${aws:username}", "${aws:username}"),
    ] {
        let operation = plain("GET", path).unwrap();
        assert_eq!(operation.key.as_deref(), Some(key), "{path}");
        assert_eq!(operation.bucket.as_deref(), Some("b"), "{path}");
        assert_eq!(checks(&operation), [format!("s3:GetObject=b/{key}")]);
    }
    for path in ["/b", "/b/"] {
        assert_eq!(checks(&plain("GET", path).unwrap()), ["s3:ListBucket=b"]);
    }
    assert_eq!(plain("GET", "").unwrap().name, "ListBuckets");
}

#[test]
fn a_copy_reads_its_source() {
    for (source, expected) in [
        ("s/a", "s3:GetObject=s/a"),
        ("/s/a", "s3:GetObject=s/a"),
        ("s/a%2Fb%20c%2B", "s3:GetObject=s/a/b c+"),
        ("s/a?versionId=v1", "s3:GetObjectVersion=s/a"),
        ("s/a%3FversionId=v1", "s3:GetObject=s/a?versionId=v1"),
    ] {
        let headers = [("x-amz-copy-source", source)];
        let copy = with_headers("PUT", "/b/k", &headers).unwrap();
        assert_eq!(copy.name, "CopyObject");
        assert_eq!(checks(&copy), [expected, "s3:PutObject=b/k"], "{source}");
        let part = with_headers("PUT", "/b/k?partNumber=1&uploadId=u", &headers).unwrap();
        assert_eq!(part.name, "UploadPartCopy");
        assert_eq!(checks(&part), [expected, "s3:PutObject=b/k"], "{source}");
    }
    let headers = [
        ("x-amz-copy-source", "s/a?versionId=v%2B"),
        ("x-amz-copy-source-version-id", "v+"),
    ];
    let copy = with_headers("PUT", "/b/k", &headers).unwrap();
    assert_eq!(checks(&copy)[0], "s3:GetObjectVersion=s/a");
}

#[test]
fn a_copy_source_that_is_not_plain_is_refused() {
    use OperationError::{Ambiguous, Malformed};
    for (source, error) in [
        ("", Malformed),
        ("s", Malformed),
        ("s/", Malformed),
        ("s/a?x=1", Malformed),
        ("s/a?versionId=", Malformed),
        ("s/../t/a", Malformed),
        ("s%2Fa", Malformed),
        ("//s/a", Malformed),
        (
            "arn:aws:s3:us-east-1:111122223333:accesspoint/p/object/a",
            Malformed,
        ),
        ("s/a+b", Ambiguous),
        ("s/a#b", Ambiguous),
        ("#s/a", Ambiguous),
        ("s/a?versionId=v#b", Ambiguous),
        ("s/a?versionId=v&versionId=w", Ambiguous),
        ("s/a?versionId=v?versionId=w", Ambiguous),
        ("s/a?versionId=v w", Ambiguous),
        ("s/a?versionId=%zz", Malformed),
    ] {
        let copy = with_headers("PUT", "/b/k", &[("x-amz-copy-source", source)]);
        assert_eq!(copy, Err(error), "{source}");
    }
    for source in ["s/a", "s/a?versionId=v"] {
        let two_versions = [
            ("x-amz-copy-source", source),
            ("x-amz-copy-source-version-id", "w"),
        ];
        assert_eq!(with_headers("PUT", "/b/k", &two_versions), Err(Ambiguous));
    }
}

#[test]
fn headers_that_do_more_need_more() {
    let lock = "x-amz-bucket-object-lock-enabled";
    let bypass = "x-amz-bypass-governance-retention";
    for (request, header, expected) in [
        ("PUT /b/k", ("x-amz-acl", "private"), "s3:PutObjectAcl=b/k"),
        ("PUT /b/k", ("x-amz-grant-read", "x"), "s3:PutObjectAcl=b/k"),
        (
            "PUT /b/k",
            ("x-amz-tagging", "a=b"),
            "s3:PutObjectTagging=b/k",
        ),
        (
            "POST /b/k?uploads",
            ("x-amz-tagging", "a=b"),
            "s3:PutObjectTagging=b/k",
        ),
        (
            "PUT /b/k",
            ("x-amz-object-lock-mode", "GOVERNANCE"),
            "s3:PutObjectRetention=b/k",
        ),
        (
            "PUT /b/k",
            ("x-amz-object-lock-legal-hold", "ON"),
            "s3:PutObjectLegalHold=b/k",
        ),
        ("PUT /b", ("x-amz-acl", "private"), "s3:PutBucketAcl=b"),
        (
            "PUT /b",
            (lock, "true"),
            "s3:PutBucketObjectLockConfiguration=b s3:PutBucketVersioning=b",
        ),
        (
            "PUT /b",
            ("x-amz-object-ownership", "x"),
            "s3:PutBucketOwnershipControls=b",
        ),
        (
            "DELETE /b/k",
            (bypass, "True"),
            "s3:BypassGovernanceRetention=b/k",
        ),
        (
            "PUT /b/k?retention",
            (bypass, "true"),
            "s3:BypassGovernanceRetention=b/k",
        ),
        ("DELETE /b/k", (bypass, "false"), ""),
        ("GET /b/k", ("x-amz-acl", "private"), ""),
    ] {
        let (method, uri) = request.split_once(' ').unwrap();
        let found = checks(&with_headers(method, uri, &[header]).unwrap());
        assert_eq!(found[1..].join(" "), expected, "{request} {header:?}");
    }
}

#[test]
fn a_deletion_of_many_is_decided_key_by_key() {
    let headers = [
        ("authorization", "x"),
        ("x-amz-bypass-governance-retention", "true"),
    ];
    let many = with_headers("POST", "/b?delete", &headers).unwrap();
    assert!(asked(&many).is_empty());
    let one = many.delete_of("a/b", None).unwrap();
    assert_eq!(
        checks(&one),
        [
            "s3:DeleteObject=b/a/b",
            "s3:BypassGovernanceRetention=b/a/b"
        ]
    );
    let version = many.delete_of("a", Some("v1")).unwrap();
    assert_eq!(checks(&version)[0], "s3:DeleteObjectVersion=b/a");
    assert_eq!(asked(&version)[0].context.get("s3:VersionId"), ["v1"]);
    assert!(asked(&one)[0].context.get("s3:VersionId").is_empty());
    assert_eq!(condition_keys(&one).get("s3:authType"), ["REST-HEADER"]);
    for (key, version) in [("", None), ("../c/a", None), ("a", Some(""))] {
        assert_eq!(many.delete_of(key, version), Err(OperationError::Malformed));
    }
}
