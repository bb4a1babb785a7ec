//! The condition keys of requests.

use super::*;

/// Every header and parameter that is a condition key of some action.
const EVERYTHING: [(&str, &str); 24] = [
    ("authorization", "x"),
    ("if-match", "e"),
    ("if-none-match", "*"),
    ("x-amz-acl", "private"),
    ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
    ("x-amz-copy-source", "s/a%20b?versionId=v"),
    ("x-amz-grant-full-control", "g"),
    ("x-amz-grant-read", "g"),
    ("x-amz-grant-read-acp", "g"),
    ("x-amz-grant-write", "g"),
    ("x-amz-grant-write-acp", "g"),
    ("x-amz-metadata-directive", "REPLACE"),
    ("x-amz-meta-note", "not a condition key"),
    ("x-amz-object-lock-legal-hold", "ON"),
    ("x-amz-object-lock-mode", "GOVERNANCE"),
    (
        "x-amz-object-lock-retain-until-date",
        "2015-09-09T00:00:00Z",
    ),
    ("x-amz-object-ownership", "ObjectWriter"),
    ("x-amz-server-side-encryption", "aws:kms"),
    ("x-amz-server-side-encryption-aws-kms-key-id", "k"),
    ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
    ("x-amz-storage-class", "GLACIER"),
    ("x-amz-tagging", "team=red&Cost%20center=7"),
    ("x-amz-tagging-directive", "REPLACE"),
    ("x-amz-website-redirect-location", "/x"),
];

#[test]
fn no_operation_has_a_key_that_its_actions_do_not_have() {
    for line in OPERATIONS.lines() {
        let mut words = line.split(' ');
        let (method, uri) = (words.next().unwrap(), words.next().unwrap());
        let more = "prefix=home%2Fme%2Fx&delimiter=%2F&max-keys=1";
        let separator = if uri.contains('?') { '&' } else { '?' };
        let uri = format!("{uri}{separator}{more}");
        let is_copied = |(name, _): &&(&str, &str)| !name.starts_with("if-");
        let copying: Vec<_> = EVERYTHING.iter().filter(is_copied).copied().collect();
        let is_source = |(name, _): &&(&str, &str)| *name == "x-amz-copy-source";
        let plain: Vec<_> = EVERYTHING
            .iter()
            .filter(|it| !is_source(it))
            .copied()
            .collect();
        for heads in [copying, plain] {
            let operation = with_headers(method, &uri, &heads).unwrap();
            for asked in asked(&operation) {
                let strange = asked.context.all().map(|(key, _)| key.to_owned());
                let of_action = keys::OfAction::new(asked.action);
                let mut strange = strange.filter(|key| !of_action.have(key));
                assert_eq!(strange.next(), None, "{line}: {}", asked.action);
            }
        }
    }
}

#[test]
fn a_prefix_belongs_to_listings_only() {
    for (request, prefix) in [
        ("GET /b/hidden/secret.txt?prefix=home%2Fme%2Fx", vec![]),
        ("PUT /b/hidden/secret.txt?prefix=home%2Fme%2Fx", vec![]),
        ("GET /b?prefix=home%2Fme%2F", vec!["home/me/"]),
        ("GET /b?versions&prefix=home%2Fme%2F", vec!["home/me/"]),
        ("GET /b?uploads&prefix=home%2Fme%2F", vec![]),
    ] {
        let (method, uri) = request.split_once(' ').unwrap();
        let context = condition_keys(&plain(method, uri).unwrap());
        assert_eq!(context.get("s3:prefix"), prefix, "{request}");
    }
}

#[test]
fn an_upload_has_the_keys_of_its_head() {
    let is_plain = |(name, _): &&(&str, &str)| *name != "x-amz-copy-source";
    let heads: Vec<_> = EVERYTHING.iter().filter(is_plain).copied().collect();
    let operation = with_headers("PUT", "/b/k", &heads).unwrap();
    let asked = asked(&operation);
    let put = asked.iter().find(|asked| asked.action == "s3:PutObject");
    let context = &put.unwrap().context;
    for (key, value) in [
        ("s3:authType", "REST-HEADER"),
        ("s3:if-none-match", "*"),
        ("s3:ObjectCreationOperation", "true"),
        ("s3:object-lock-legal-hold", "ON"),
        ("s3:object-lock-mode", "GOVERNANCE"),
        ("s3:object-lock-remaining-retention-days", "10"),
        ("s3:object-lock-retain-until-date", "2015-09-09T00:00:00Z"),
        ("s3:RequestObjectTag/team", "red"),
        ("s3:RequestObjectTag/Cost center", "7"),
        ("s3:signatureAge", "10000"),
        ("s3:signatureversion", "AWS4-HMAC-SHA256"),
        ("s3:x-amz-acl", "private"),
        ("s3:x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("s3:x-amz-server-side-encryption", "aws:kms"),
        ("s3:x-amz-storage-class", "GLACIER"),
    ] {
        assert_eq!(context.get(key), [value], "{key}");
    }
    assert_eq!(
        context.get("s3:RequestObjectTagKeys"),
        ["team", "Cost center"]
    );
    assert!(context.get("s3:x-amz-meta-note").is_empty());
    assert_eq!(known(context, "s3:RequestObjectTag/other"), Some(vec![]));
    assert_eq!(known(context, "s3:VersionId"), Some(vec![]));
    let hold = asked.last().unwrap();
    assert_eq!(hold.action, "s3:PutObjectLegalHold");
    assert_eq!(hold.context.get("s3:object-lock-legal-hold"), ["ON"]);
}

#[test]
fn a_copy_source_has_its_own_version() {
    let headers = [("x-amz-copy-source", "/s/a?versionId=v1")];
    for uri in ["/b/k", "/b/k?partNumber=1&uploadId=u"] {
        let copy = with_headers("PUT", uri, &headers).unwrap();
        let [source, target] = &asked(&copy)[..] else {
            panic!("two checks");
        };
        assert_eq!(source.action, "s3:GetObjectVersion");
        assert_eq!(source.context.get("s3:VersionId"), ["v1"]);
        assert!(source.context.get("s3:x-amz-copy-source").is_empty());
        assert!(target.context.get("s3:VersionId").is_empty());
        assert_eq!(target.context.get("s3:x-amz-copy-source"), ["s/a"]);
        let is_creation = (uri == "/b/k").to_string();
        let creation = target.context.get("s3:ObjectCreationOperation");
        assert_eq!(creation, [is_creation]);
    }
    let version = plain("GET", "/b/k?versionId=v2").unwrap();
    assert_eq!(condition_keys(&version).get("s3:VersionId"), ["v2"]);
}

#[test]
fn numbers_are_plain_digits() {
    for number in ["0", "1", "1000", "007", "999999999"] {
        let context = condition_keys(&plain("GET", &format!("/b?max-keys={number}")).unwrap());
        assert_eq!(context.get("s3:max-keys"), [number]);
    }
    for number in [
        "%2B5",
        "-1",
        "5%20",
        "%205",
        "5.0",
        "1e3",
        "0x5",
        "",
        "%D9%A5",
        "9999999999",
        "5%00",
    ] {
        let refused = plain("GET", &format!("/b?max-keys={number}"));
        assert_eq!(refused, Err(OperationError::Argument), "{number}");
    }
}

#[test]
fn an_empty_delimiter_is_none() {
    let delimiter = |uri| {
        let context = condition_keys(&plain("GET", uri).unwrap());
        context.get("s3:delimiter").to_vec()
    };
    assert_eq!(delimiter("/b?delimiter=%2F"), ["/"]);
    assert_eq!(delimiter("/b?delimiter=%C3%BC"), ["ü"]);
    assert!(delimiter("/b?delimiter=&prefix=").is_empty());
    let context = condition_keys(&plain("GET", "/b?prefix=").unwrap());
    assert_eq!(context.get("s3:prefix"), [""]);
}

#[test]
fn what_reads_in_two_ways_cannot_be_known() {
    for (header, value, key) in [
        ("x-amz-tagging", "team=a+b", "s3:RequestObjectTag/team"),
        ("x-amz-tagging", "team=a&team=b", "s3:RequestObjectTag/team"),
        ("x-amz-tagging", "team=a&Team=b", "s3:RequestObjectTagKeys"),
        ("x-amz-tagging", "team=%zz", "s3:RequestObjectTag/other"),
        (
            "x-amz-object-lock-retain-until-date",
            "Wed, 09 Sep 2015 00:00:00 GMT",
            "s3:object-lock-retain-until-date",
        ),
        (
            "x-amz-object-lock-retain-until-date",
            "2015-09-09",
            "s3:object-lock-remaining-retention-days",
        ),
    ] {
        let operation = with_headers("PUT", "/b/k", &[(header, value)]).unwrap();
        let asked = asked(&operation);
        assert_eq!(known(&asked[0].context, key), None, "{header}: {value}");
    }
}

#[test]
fn whoever_has_not_seen_the_request_knows_nothing_of_the_actions_keys() {
    for action in ["s3:ListBucket", "s3:listbucket", "S3:LISTBUCKET"] {
        let mut context = empty();
        context.set("s3:max-keys", "5").set("s3:VersionId", "v");
        fit_to_action(&mut context, action);
        assert_eq!(known(&context, "s3:prefix"), None, "{action}");
        assert_eq!(known(&context, "s3:signatureAge"), None, "{action}");
        assert_eq!(context.get("s3:max-keys"), ["5"], "{action}");
        // No request for this action has it.
        assert_eq!(known(&context, "s3:VersionId"), Some(vec![]), "{action}");
    }
    let mut context = empty();
    context.set("s3:x-amz-storage-class", "GLACIER");
    fit_to_action(&mut context, "s3:ReplicateObject");
    assert_eq!(context.get("s3:x-amz-storage-class"), ["GLACIER"]);
    assert_eq!(known(&context, "s3:x-amz-server-side-encryption"), None);
    let mut context = empty();
    context.set("s3:prefix", "a/");
    fit_to_action(&mut context, "execute-api:Invoke");
    assert_eq!(context.get("s3:prefix"), ["a/"]);
}

/// What an operation does not read says nothing of it, though its action has the key.
#[test]
fn headers_and_parameters_count_where_they_are_read() {
    let heads = [
        ("authorization", "x"),
        ("if-match", "e"),
        ("x-amz-acl", "private"),
        ("x-amz-tagging", "class=public"),
        ("x-amz-object-lock-mode", "GOVERNANCE"),
        ("x-amz-storage-class", "GLACIER"),
        ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
    ];
    for (request, expected) in [
        ("PUT /b/k", "if-match x-amz-acl tags lock class customer"),
        ("POST /b/k?uploads", "x-amz-acl tags lock class customer"),
        ("PUT /b/k?partNumber=1&uploadId=u", "customer"),
        ("POST /b/k?uploadId=u", "if-match customer"),
        ("GET /b/k", "if-match"),
        ("PUT /b/k?acl", "x-amz-acl"),
        ("POST /b/k?select&select-type=2", ""),
    ] {
        let (method, uri) = request.split_once(' ').unwrap();
        let operation = with_headers(method, uri, &heads).unwrap();
        let context = &asked(&operation)[0].context;
        let found = [
            ("if-match", "s3:if-match"),
            ("x-amz-acl", "s3:x-amz-acl"),
            ("tags", "s3:RequestObjectTag/class"),
            ("lock", "s3:object-lock-mode"),
            ("class", "s3:x-amz-storage-class"),
            (
                "customer",
                "s3:x-amz-server-side-encryption-customer-algorithm",
            ),
        ];
        let found = found.iter().filter(|(_, key)| !context.get(key).is_empty());
        let found: Vec<&str> = found.map(|(name, _)| *name).collect();
        assert_eq!(found.join(" "), expected, "{request}");
    }
    for (method, uri) in [("HEAD", "/b?prefix=a"), ("GET", "/b?location&prefix=a")] {
        let context = condition_keys(&plain(method, uri).unwrap());
        assert!(context.get("s3:prefix").is_empty(), "{method} {uri}");
    }
}

#[test]
fn a_copy_has_the_tags_of_its_source_unless_they_are_replaced() {
    let key = "s3:RequestObjectTag/class";
    let set = Some(vec!["public".to_owned()]);
    for (directive, expected, copies) in [
        (None, None, true),
        (Some("COPY"), None, true),
        (Some("replace"), None, false),
        (Some(""), None, false),
        (Some("REPLACE"), set, false),
    ] {
        let mut headers = vec![
            ("x-amz-copy-source", "s/a"),
            ("x-amz-tagging", "class=public"),
        ];
        headers.extend(directive.map(|directive| ("x-amz-tagging-directive", directive)));
        let mut copy = with_headers("PUT", "/b/k", &headers).unwrap();
        assert_eq!(copy.copies_tags, copies, "{directive:?}");
        let of_target = |copy: &Operation| known(&asked(copy)[1].context, key);
        assert_eq!(of_target(&copy), expected, "{directive:?}");
        copy.set_tags(vec![("class".to_owned(), "secret".to_owned())]);
        assert_eq!(of_target(&copy), Some(vec!["secret".to_owned()]));
    }
}

#[test]
fn a_copy_with_a_precondition_is_refused() {
    for name in ["if-match", "if-none-match"] {
        let headers = [("x-amz-copy-source", "s/a"), (name, "*")];
        for uri in ["/b/k", "/b/k?partNumber=1&uploadId=u"] {
            let copy = with_headers("PUT", uri, &headers);
            assert_eq!(copy, Err(OperationError::Unknown), "{name} {uri}");
        }
    }
}

#[test]
fn values_of_few_are_spelled_as_documented() {
    for (header, value, other) in [
        ("x-amz-acl", "public-read", "PUBLIC-READ"),
        ("x-amz-acl", "public-read", "\"public-read\""),
        ("x-amz-acl", "private", "public-read,private"),
        ("x-amz-object-lock-legal-hold", "ON", "on"),
        ("x-amz-object-lock-mode", "COMPLIANCE", "compliance"),
        ("x-amz-server-side-encryption", "aws:kms", "AWS:KMS"),
    ] {
        let of = |value: &str| {
            let put = with_headers("PUT", "/b/k", &[(header, value)]).unwrap();
            let name = header.replace("x-amz-object-", "object-");
            known(&asked(&put)[0].context, &format!("s3:{name}"))
        };
        assert_eq!(of(value), Some(vec![value.to_owned()]));
        assert_eq!(of(&format!(" {value} ")), Some(vec![value.to_owned()]));
        assert_eq!(of(other), None, "{header}: {other}");
    }
    let mut retention = plain("PUT", "/b/k?retention").unwrap();
    retention.set_retention(Some("governance"), None);
    let context = &asked(&retention)[0].context;
    assert_eq!(known(context, keys::LOCK_MODE), None);
    assert_eq!(known(context, keys::LOCK_DAYS), Some(vec![]));
}

/// Some stores take an empty value for none.
#[test]
fn an_empty_header_is_neither_absent_nor_there() {
    let locks = [
        "x-amz-object-lock-legal-hold",
        "x-amz-object-lock-mode",
        "x-amz-object-lock-retain-until-date",
    ];
    for (name, request) in [
        ("CompleteMultipartUpload", "POST /b/k?uploadId=u"),
        ("CopyObject", "PUT /b/k"),
        ("CreateBucket", "PUT /b"),
        ("CreateMultipartUpload", "POST /b/k?uploads"),
        ("GetObject", "GET /b/k"),
        ("PutBucketAcl", "PUT /b?acl"),
        ("PutObject", "PUT /b/k"),
        ("PutObjectAcl", "PUT /b/k?acl"),
    ] {
        let (method, uri) = request.split_once(' ').unwrap();
        let of_locks = locks.iter().filter(|_| headers::WRITING.contains(&name));
        for header in headers::read_by(name).chain(of_locks.copied()) {
            for empty in ["", " "] {
                let source = ("x-amz-copy-source", "s/a");
                let given = [(header, empty), source];
                let given = &given[..if name == "CopyObject" { 2 } else { 1 }];
                let operation = with_headers(method, uri, given).unwrap();
                assert_eq!(operation.name, name);
                let key = format!("s3:{}", header.replace("x-amz-object-lock", "object-lock"));
                let asked = asked(&operation);
                let mut of_key = asked
                    .iter()
                    .filter(|asked| asked.action != "s3:GetObject" || name == "GetObject");
                let unknown = of_key.any(|asked| known(&asked.context, &key).is_none());
                assert!(unknown, "{name} {header}");
            }
        }
    }
}

#[test]
fn a_presigned_request_says_nothing_of_its_body() {
    let uri = "/b?list-type=2&prefix=a%2Fb%2B&delimiter=%2F&max-keys=5";
    let context = condition_keys(&with_headers("GET", uri, &[]).unwrap());
    for (key, value) in [
        ("s3:authType", "REST-QUERY-STRING"),
        ("s3:x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("s3:prefix", "a/b+"),
        ("s3:delimiter", "/"),
        ("s3:max-keys", "5"),
    ] {
        assert_eq!(context.get(key), [value], "{key}");
    }
}
