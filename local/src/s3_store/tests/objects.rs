//! Keys, and writing and deleting what they name.

use s3s::dto::{
    CopySource, Delete, ETagCondition, MetadataDirective, ObjectIdentifier, Tag, Tagging,
};

use super::*;

fn copy_of(source: &str, key: &str) -> CopyObjectInput {
    let mut copy = CopyObjectInput::builder();
    copy.set_bucket("demo".to_owned());
    copy.set_key(key.to_owned());
    copy.set_copy_source(CopySource::parse(&format!("demo/{source}")).unwrap());
    copy.build().unwrap()
}

#[tokio::test]
async fn every_key_names_an_object_of_its_own() {
    let store = TestStore::new();
    let longest = "k".repeat(1024);
    let deep = "a/".repeat(512);
    let keys = [
        "a",
        "/a",
        "a/",
        "a//b",
        "a/b",
        "//",
        " a ",
        "a b+%2F?c",
        "ü/日本/😀",
        "A",
        "a\u{301}",
        "á",
        "-",
        "a:*\\\"<>|",
        "\u{1}",
        "demo.json",
        &longest,
        &deep,
    ];
    for key in keys {
        store.put(key, key).await;
    }
    for key in keys {
        assert_eq!(store.get(key).await.as_deref(), Ok(key));
    }
    for key in keys {
        let delete = DeleteObjectInput {
            bucket: "demo".to_owned(),
            key: key.to_owned(),
            ..DeleteObjectInput::default()
        };
        store.store.delete_object(request(delete)).await.unwrap();
        assert_eq!(store.get(key).await, Err(S3ErrorCode::NoSuchKey), "{key}");
        let left = store.store.list_objects_v2(request(ListObjectsV2Input {
            bucket: "demo".to_owned(),
            ..ListObjectsV2Input::default()
        }));
        let deleted = keys.iter().position(|other| *other == key).unwrap() + 1;
        let count = i32::try_from(keys.len() - deleted).unwrap();
        assert_eq!(left.await.unwrap().key_count, Some(count), "{key}");
    }
    assert_eq!(store.files("demo/objects"), Vec::<String>::new());
}

#[tokio::test]
async fn a_common_prefix_is_no_object() {
    let store = TestStore::new();
    store.put("a/b/c", "1").await;
    for key in ["a", "a/", "a/b", "a/b/", "a/b/c/", "/a/b/c", "A/b/c"] {
        assert_eq!(store.get(key).await, Err(S3ErrorCode::NoSuchKey), "{key}");
    }
}

#[tokio::test]
async fn names_that_lead_out_of_the_directory_are_no_buckets() {
    let store = TestStore::new();
    for bucket in ["..", ".", ".writing", "demo/objects", "", "nobody", "/tmp"] {
        let tags = store
            .store
            .tags(bucket, "a")
            .await
            .map_err(|error| code(&error));
        assert_eq!(tags, Err(S3ErrorCode::NoSuchBucket), "{bucket}");
    }
}

#[tokio::test]
async fn of_many_that_create_an_object_one_does() {
    let store = TestStore::new();
    let create = |number: usize| {
        let put = PutObjectInput {
            if_none_match: Some(ETagCondition::Any),
            ..put_of("a", &number.to_string())
        };
        let store = store.store.clone();
        tokio::spawn(async move { store.put_object(request(put)).await.is_ok() })
    };
    let mut created = Vec::new();
    for creating in (0..8).map(create).collect::<Vec<_>>() {
        created.push(creating.await.unwrap());
    }
    let winner = created.iter().position(|&is_created| is_created).unwrap();
    assert_eq!(created.iter().filter(|&&is_created| is_created).count(), 1);
    assert_eq!(store.get("a").await, Ok(winner.to_string()));
}

#[tokio::test]
async fn an_object_is_replaced_only_as_its_reader_knows_it() {
    let store = TestStore::new();
    for (if_match, expected) in [
        (Some(etag("other")), Some(S3ErrorCode::NoSuchKey)),
        (None, None),
        (Some(etag("other")), Some(S3ErrorCode::PreconditionFailed)),
        (Some(etag("0cc175b9c0f1b6a831c399e269772661")), None),
    ] {
        let put = PutObjectInput {
            if_match,
            ..put_of("a", "a")
        };
        let answer = store.store.put_object(request(put)).await;
        assert_eq!(refused(answer), expected);
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_changes_nothing() {
    let store = TestStore::new();
    store.put("a", "old").await;
    let broken = [Ok(Bytes::from("ne")), Err(std::io::Error::other("broken"))];
    let put = PutObjectInput {
        body: Some(StreamingBlob::wrap(stream::iter(broken))),
        ..put_of("a", "")
    };
    let refused = store.store.put_object(request(put)).await.unwrap_err();
    assert_eq!(code(&refused), S3ErrorCode::IncompleteBody);
    assert_eq!(store.get("a").await.as_deref(), Ok("old"));
    assert_eq!(store.files(".writing"), Vec::<String>::new());
    assert_eq!(store.files("demo/objects").len(), 2);
}

#[tokio::test]
async fn a_body_is_what_its_sender_says() {
    let store = TestStore::new();
    let (md5, sha256) = (
        "DMF1ucDxtqgxw5niaXcmYQ==",
        "ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=",
    );
    let text = |text: &str| Some(text.to_owned());
    for (content_md5, checksum_crc32, checksum_sha256, expected) in [
        (text(md5), text("6Le+Qw=="), text(sha256), None),
        (
            text("DMF1ucDxtqgxw5niaXcmYg=="),
            None,
            None,
            Some(S3ErrorCode::BadDigest),
        ),
        (text("DMF1"), None, None, Some(S3ErrorCode::InvalidDigest)),
        (text("?"), None, None, Some(S3ErrorCode::InvalidDigest)),
        (None, text("AAAAAA=="), None, Some(S3ErrorCode::BadDigest)),
        (
            text(md5),
            text("6Le+Qw=="),
            text(md5),
            Some(S3ErrorCode::BadDigest),
        ),
    ] {
        let put = PutObjectInput {
            content_md5,
            checksum_crc32,
            checksum_sha256,
            ..put_of("a", "a")
        };
        let case = format!("{put:?}");
        let answer = store.store.put_object(request(put)).await;
        assert_eq!(refused(answer), expected, "{case}");
    }
}

#[tokio::test]
async fn a_copy_takes_what_is_said_of_its_source_or_replaces_it() {
    let store = TestStore::new();
    let put = PutObjectInput {
        content_type: Some("text/plain".to_owned()),
        content_encoding: Some("aws-chunked, gzip".to_owned()),
        metadata: Some([("m".to_owned(), "1".to_owned())].into()),
        tagging: Some("t=1".to_owned()),
        ..put_of("a", "a")
    };
    store.store.put_object(request(put)).await.unwrap();
    let said = async |key: &str| {
        let output = store.store.get_object(request(get_of(key))).await.unwrap();
        let tags = store.store.tags("demo", key).await.unwrap();
        let metadata = output.metadata.unwrap_or_default();
        (
            output.content_type.unwrap(),
            output.content_encoding,
            metadata.len(),
            tags.len(),
        )
    };
    let kept = ("text/plain".to_owned(), Some("gzip".to_owned()), 1, 1);
    assert_eq!(said("a").await, kept);

    store
        .store
        .copy_object(request(copy_of("a", "b")))
        .await
        .unwrap();
    assert_eq!(said("b").await, kept);
    assert_eq!(store.get("b").await.as_deref(), Ok("a"));
    let replacing = CopyObjectInput {
        metadata_directive: Some(MetadataDirective::from_static(MetadataDirective::REPLACE)),
        ..copy_of("a", "a")
    };
    store.store.copy_object(request(replacing)).await.unwrap();
    let default = "binary/octet-stream".to_owned();
    assert_eq!(said("a").await, (default, None, 0, 1));
    let unchanged = store.store.copy_object(request(copy_of("a", "a"))).await;
    assert_eq!(code(&unchanged.unwrap_err()), S3ErrorCode::InvalidRequest);
}

#[tokio::test]
async fn tags_are_replaced_as_a_whole() {
    let store = TestStore::new();
    store.put("a", "a").await;
    let tag = |key: &str| Tag {
        key: Some(key.to_owned()),
        value: Some("v".to_owned()),
    };
    let put = |keys: &[&str]| PutObjectTaggingInput {
        bucket: "demo".to_owned(),
        key: "a".to_owned(),
        tagging: Tagging {
            tag_set: keys.iter().map(|key| tag(key)).collect(),
        },
        checksum_algorithm: None,
        content_md5: None,
        expected_bucket_owner: None,
        request_payer: None,
        version_id: None,
    };
    for keys in [&["x", "y"][..], &["z"]] {
        store
            .store
            .put_object_tagging(request(put(keys)))
            .await
            .unwrap();
        let tags = store.store.tags("demo", "a").await.unwrap();
        assert!(tags.iter().map(|(key, _)| key).eq(keys), "{tags:?}");
    }
    let long = "k".repeat(129);
    let eleven = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"];
    for keys in [&["x", "x"][..], &[""], &[&long], &eleven] {
        let answer = store.store.put_object_tagging(request(put(keys))).await;
        assert_eq!(refused(answer), Some(S3ErrorCode::InvalidTag), "{keys:?}");
    }
    let missing = store
        .store
        .tags("demo", "b")
        .await
        .map_err(|error| code(&error));
    assert_eq!(missing, Err(S3ErrorCode::NoSuchKey));
    assert_eq!(store.get("a").await.as_deref(), Ok("a"));
}

#[tokio::test]
async fn there_are_no_versions() {
    let store = TestStore::new();
    store.put("a", "a").await;
    let version = |id: &str| GetObjectInput {
        version_id: Some(id.to_owned()),
        ..get_of("a")
    };
    assert!(
        store
            .store
            .get_object(request(version("null")))
            .await
            .is_ok()
    );
    let refused = store.store.get_object(request(version("v1"))).await;
    assert_eq!(code(&refused.unwrap_err()), S3ErrorCode::NoSuchVersion);
    let objects = [("a", Some("v1")), ("missing", None)].map(|(key, version)| ObjectIdentifier {
        key: key.to_owned(),
        version_id: version.map(str::to_owned),
        ..ObjectIdentifier::default()
    });
    let mut delete = DeleteObjectsInput::builder();
    delete.set_bucket("demo".to_owned());
    delete.set_delete(Delete {
        objects: objects.into(),
        quiet: None,
    });
    let output = store
        .store
        .delete_objects(request(delete.build().unwrap()))
        .await
        .unwrap();
    assert_eq!(output.errors.unwrap()[0].key.as_deref(), Some("a"));
    assert_eq!(output.deleted.unwrap()[0].key.as_deref(), Some("missing"));
    assert_eq!(store.get("a").await.as_deref(), Ok("a"));
}

#[tokio::test]
async fn objects_outlive_the_process_and_what_was_half_written_does_not() {
    let store = TestStore::new();
    store.put("a/", "1").await;
    std::fs::write(store.root.path().join(".writing/half"), "x").unwrap();
    let reopened = TestStore {
        store: Store::open(store.root.path(), Arc::new(NOW)).unwrap(),
        ..store
    };
    assert_eq!(reopened.get("a/").await.as_deref(), Ok("1"));
    assert_eq!(reopened.files(".writing"), Vec::<String>::new());
}
