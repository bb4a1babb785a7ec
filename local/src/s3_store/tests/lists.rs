//! Lists of objects and buckets.

use s3s::dto::EncodingType;

use super::*;

const KEYS: [&str; 9] = [
    "a", "a/", "a/b", "a/b/c", "a//b", "aü1", "aü2", "b+c d", "z/1",
];

async fn filled() -> TestStore {
    let store = TestStore::new();
    for key in KEYS {
        store.put(key, key).await;
    }
    store
}

fn list_of(prefix: &str, delimiter: Option<&str>, max: i32) -> ListObjectsV2Input {
    ListObjectsV2Input {
        bucket: "demo".to_owned(),
        prefix: Some(prefix.to_owned()),
        delimiter: delimiter.map(str::to_owned),
        max_keys: Some(max),
        ..ListObjectsV2Input::default()
    }
}

/// Keys and common prefixes of a page.
fn names(output: &ListObjectsV2Output) -> (Vec<String>, Vec<String>) {
    let contents = output.contents.iter().flatten();
    let prefixes = output.common_prefixes.iter().flatten();
    (
        contents.filter_map(|object| object.key.clone()).collect(),
        prefixes
            .filter_map(|prefix| prefix.prefix.clone())
            .collect(),
    )
}

#[tokio::test]
async fn names_are_rolled_up_at_the_delimiter() {
    let store = filled().await;
    for (prefix, delimiter, keys, prefixes) in [
        (
            "",
            None,
            &[
                "a", "a/", "a//b", "a/b", "a/b/c", "aü1", "aü2", "b+c d", "z/1",
            ][..],
            &[][..],
        ),
        (
            "",
            Some(""),
            &[
                "a", "a/", "a//b", "a/b", "a/b/c", "aü1", "aü2", "b+c d", "z/1",
            ],
            &[],
        ),
        (
            "a",
            Some(""),
            &["a", "a/", "a//b", "a/b", "a/b/c", "aü1", "aü2"],
            &[],
        ),
        ("", Some("/"), &["a", "aü1", "aü2", "b+c d"], &["a/", "z/"]),
        ("a/", Some("/"), &["a/", "a/b"], &["a//", "a/b/"]),
        ("a/b", Some("/"), &["a/b"], &["a/b/"]),
        ("a", Some("/"), &["a", "aü1", "aü2"], &["a/"]),
        (
            "",
            Some("ü"),
            &["a", "a/", "a//b", "a/b", "a/b/c", "b+c d", "z/1"],
            &["aü"],
        ),
        (
            "a",
            Some("ü1"),
            &["a", "a/", "a//b", "a/b", "a/b/c", "aü2"],
            &["aü1"],
        ),
        (
            "",
            Some("/b"),
            &["a", "a/", "aü1", "aü2", "b+c d", "z/1"],
            &["a//b", "a/b"],
        ),
        ("z/1", Some("/"), &["z/1"], &[]),
        ("nothing", Some("/"), &[], &[]),
    ] {
        let list = list_of(prefix, delimiter, 1000);
        let output = store.store.list_objects_v2(request(list)).await.unwrap();
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let expected: (Vec<_>, Vec<_>) = (owned(keys), owned(prefixes));
        assert_eq!(names(&output), expected, "{prefix} {delimiter:?}");
        assert_eq!(output.is_truncated, Some(false));
    }
}

#[tokio::test]
async fn pages_of_any_size_make_the_whole_list() {
    let store = filled().await;
    for (prefix, delimiter) in [
        ("", None),
        ("", Some("/")),
        ("a/", Some("/")),
        ("", Some("ü")),
    ] {
        let whole = list_of(prefix, delimiter, 1000);
        let whole = names(&store.store.list_objects_v2(request(whole)).await.unwrap());
        for size in 1..=10 {
            let mut found = (Vec::new(), Vec::new());
            let mut token = None;
            loop {
                let list = ListObjectsV2Input {
                    continuation_token: token,
                    ..list_of(prefix, delimiter, size)
                };
                let output = store.store.list_objects_v2(request(list)).await.unwrap();
                let (keys, prefixes) = names(&output);
                assert!(output.key_count.unwrap() <= size);
                found.0.extend(keys);
                found.1.extend(prefixes);
                token = output.next_continuation_token;
                assert_eq!(output.is_truncated, Some(token.is_some()));
                if token.is_none() {
                    break;
                }
            }
            assert_eq!(found, whole, "{prefix} {delimiter:?} {size}");
        }
    }
}

#[tokio::test]
async fn the_first_version_of_the_list_goes_on_from_a_marker() {
    let store = filled().await;
    for delimiter in [None, Some("/"), Some("")] {
        let mut found = Vec::new();
        let mut marker = None;
        loop {
            let list = ListObjectsInput {
                bucket: "demo".to_owned(),
                delimiter: delimiter.map(str::to_owned),
                marker,
                max_keys: Some(2),
                ..ListObjectsInput::default()
            };
            let output = store.store.list_objects(request(list)).await.unwrap();
            assert_eq!(
                output.next_marker.is_some(),
                output.is_truncated == Some(true) && delimiter == Some("/")
            );
            let keys = output.contents.into_iter().flatten();
            let keys: Vec<_> = keys.filter_map(|object| object.key).collect();
            marker = output.next_marker.or_else(|| keys.last().cloned());
            found.extend(keys);
            let prefixes = output.common_prefixes.into_iter().flatten();
            found.extend(prefixes.filter_map(|prefix| prefix.prefix));
            if output.is_truncated == Some(false) {
                break;
            }
        }
        let expected = if delimiter == Some("/") {
            6
        } else {
            KEYS.len()
        };
        assert_eq!(found.len(), expected, "{delimiter:?} {found:?}");
    }
}

#[tokio::test]
async fn a_list_starts_after_a_name_and_can_be_encoded() {
    let store = filled().await;
    let list = ListObjectsV2Input {
        start_after: Some("aü1".to_owned()),
        encoding_type: Some(EncodingType::from_static(EncodingType::URL)),
        ..list_of("", Some("ü"), 1000)
    };
    let output = store.store.list_objects_v2(request(list)).await.unwrap();
    let expected = (
        ["b%2Bc%20d", "z/1"].map(str::to_owned).into(),
        vec!["a%C3%BC".to_owned()],
    );
    assert_eq!(names(&output), expected);
    assert_eq!(output.delimiter.as_deref(), Some("%C3%BC"));
    assert_eq!(output.start_after.as_deref(), Some("a%C3%BC1"));
}

#[tokio::test]
async fn limits_and_tokens_are_those_of_the_store() {
    let store = filled().await;
    let none = store
        .store
        .list_objects_v2(request(list_of("", None, 0)))
        .await
        .unwrap();
    assert_eq!((none.key_count, none.is_truncated), (Some(0), Some(false)));
    let token = |token: &str| ListObjectsV2Input {
        continuation_token: Some(token.to_owned()),
        ..list_of("", None, 1)
    };
    for list in [list_of("", None, -1), token("?"), token("_w")] {
        let case = format!("{list:?}");
        let answer = store.store.list_objects_v2(request(list)).await;
        let expected = Some(S3ErrorCode::InvalidArgument);
        assert_eq!(refused(answer), expected, "{case}");
    }
}

#[tokio::test]
async fn a_bucket_goes_when_it_is_empty() {
    let store = TestStore::new();
    let create = |name: &str| {
        let bucket = name.to_owned();
        let create = CreateBucketInput {
            bucket,
            ..CreateBucketInput::default()
        };
        store.store.create_bucket(request(create))
    };
    let delete = || {
        let bucket = "other".to_owned();
        let delete = DeleteBucketInput {
            bucket,
            expected_bucket_owner: None,
        };
        store.store.delete_bucket(request(delete))
    };
    let missing = refused(delete().await);
    assert_eq!(missing, Some(S3ErrorCode::NoSuchBucket));
    create("other").await.unwrap();
    let again = refused(create("other").await);
    assert_eq!(again, Some(S3ErrorCode::BucketAlreadyOwnedByYou));
    let buckets = store
        .store
        .list_buckets(request(ListBucketsInput::default()))
        .await
        .unwrap();
    let buckets = buckets
        .buckets
        .into_iter()
        .flatten()
        .filter_map(|bucket| bucket.name);
    assert_eq!(buckets.collect::<Vec<_>>(), ["demo", "other"]);

    let put = PutObjectInput {
        bucket: "other".to_owned(),
        ..put_of("a", "a")
    };
    store.store.put_object(request(put)).await.unwrap();
    let full = refused(delete().await);
    assert_eq!(full, Some(S3ErrorCode::BucketNotEmpty));
    let object = DeleteObjectInput {
        bucket: "other".to_owned(),
        key: "a".to_owned(),
        ..DeleteObjectInput::default()
    };
    store.store.delete_object(request(object)).await.unwrap();
    delete().await.unwrap();
    assert!(!store.root.path().join("other").exists());
}
