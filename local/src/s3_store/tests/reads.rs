//! Which bytes are read, and whether.

use s3s::dto::{ETagCondition, Range};

use super::*;

#[tokio::test]
async fn a_range_selects_the_bytes_that_there_are() {
    let store = TestStore::new();
    store.put("ten", "0123456789").await;
    store.put("none", "").await;
    let int = |first, last| Range::Int { first, last };
    let suffix = |length| Range::Suffix { length };
    for (key, range, expected) in [
        ("ten", int(0, Some(0)), Ok(("0", Some("bytes 0-0/10")))),
        ("ten", int(2, Some(4)), Ok(("234", Some("bytes 2-4/10")))),
        ("ten", int(7, None), Ok(("789", Some("bytes 7-9/10")))),
        ("ten", int(9, Some(99)), Ok(("9", Some("bytes 9-9/10")))),
        (
            "ten",
            int(0, Some(u64::MAX)),
            Ok(("0123456789", Some("bytes 0-9/10"))),
        ),
        ("ten", int(10, None), Err(S3ErrorCode::InvalidRange)),
        ("ten", int(10, Some(11)), Err(S3ErrorCode::InvalidRange)),
        ("ten", suffix(1), Ok(("9", Some("bytes 9-9/10")))),
        ("ten", suffix(10), Ok(("0123456789", Some("bytes 0-9/10")))),
        ("ten", suffix(11), Ok(("0123456789", Some("bytes 0-9/10")))),
        (
            "ten",
            suffix(u64::MAX),
            Ok(("0123456789", Some("bytes 0-9/10"))),
        ),
        ("ten", suffix(0), Err(S3ErrorCode::InvalidRange)),
        ("none", int(0, None), Err(S3ErrorCode::InvalidRange)),
        ("none", int(0, Some(0)), Err(S3ErrorCode::InvalidRange)),
        ("none", suffix(0), Err(S3ErrorCode::InvalidRange)),
        ("none", suffix(11), Ok(("", None))),
    ] {
        let get = GetObjectInput {
            range: Some(range),
            ..get_of(key)
        };
        let answer = match store.store.get_object(request(get)).await {
            Ok(output) => Ok((text(output.body.unwrap()).await, output.content_range)),
            Err(error) => Err(code(&error)),
        };
        let answer = answer
            .as_ref()
            .map(|(body, range)| (body.as_str(), range.as_deref()));
        assert_eq!(answer, expected.as_ref().copied(), "{key} {range:?}");
        let head = HeadObjectInput {
            bucket: "demo".to_owned(),
            key: key.to_owned(),
            range: Some(range),
            ..HeadObjectInput::default()
        };
        let length = store
            .store
            .head_object(request(head))
            .await
            .map_err(|error| code(&error));
        let length = length.map(|output| output.content_length.unwrap());
        let expected = expected.map(|(body, _)| i64::try_from(body.len()).unwrap());
        assert_eq!(length, expected, "{key} {range:?}");
    }
}

#[tokio::test]
async fn a_range_past_the_end_is_told_the_size() {
    let store = TestStore::new();
    store.put("ten", "0123456789").await;
    let get = GetObjectInput {
        range: Some(Range::Int {
            first: 10,
            last: None,
        }),
        ..get_of("ten")
    };
    let error = store.store.get_object(request(get)).await.unwrap_err();
    assert_eq!(error.headers().unwrap()["content-range"], "bytes */10");
}

#[tokio::test]
async fn conditions_decide_whether_an_object_is_read() {
    let store = TestStore::new();
    store.put("a", "a").await;
    let own = Some(etag("0cc175b9c0f1b6a831c399e269772661"));
    let other = Some(etag("other"));
    let any = || Some(ETagCondition::Any);
    let time = |seconds| Some(OffsetDateTime::from_unix_timestamp(seconds).unwrap().into());
    let failed = Some(S3ErrorCode::PreconditionFailed);
    let unchanged = Some(S3ErrorCode::NotModified);
    let none = || None;
    for (matches, matches_none, modified_since, unmodified_since, expected) in [
        (own.clone(), None, None, None, none()),
        (any(), None, None, None, none()),
        (other.clone(), None, None, None, failed.clone()),
        (own.clone(), None, None, time(1), none()),
        (None, None, None, time(1000), none()),
        (None, None, None, time(999), failed.clone()),
        (None, own.clone(), None, None, unchanged.clone()),
        (None, any(), None, None, unchanged.clone()),
        (None, other.clone(), None, None, none()),
        (None, other.clone(), time(2000), None, none()),
        (None, None, time(1000), None, unchanged.clone()),
        (None, None, time(999), None, none()),
        (other, own, None, None, failed),
    ] {
        let get = GetObjectInput {
            if_match: matches,
            if_none_match: matches_none,
            if_modified_since: modified_since,
            if_unmodified_since: unmodified_since,
            ..get_of("a")
        };
        let case = format!("{get:?}");
        let answer = store.store.get_object(request(get)).await;
        assert_eq!(refused(answer), expected, "{case}");
    }
}
