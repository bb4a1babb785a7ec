//! Uploads in parts.

use s3s::dto::{CompletedMultipartUpload, CompletedPart, CopySource, ETag};

use super::*;

/// The smallest size of a part that is not the last.
const PART: usize = 5 * 1024 * 1024;

impl TestStore {
    async fn create_upload(&self, key: &str) -> String {
        let create = CreateMultipartUploadInput {
            bucket: "demo".to_owned(),
            key: key.to_owned(),
            tagging: Some("t=1".to_owned()),
            ..CreateMultipartUploadInput::default()
        };
        let output = self.store.create_multipart_upload(request(create)).await;
        output.unwrap().upload_id.unwrap()
    }

    async fn upload_part(&self, id: &str, part_number: i32, body: &str) -> S3Result<CompletedPart> {
        let part = UploadPartInput {
            bucket: "demo".to_owned(),
            key: "a".to_owned(),
            upload_id: id.to_owned(),
            part_number,
            body: Some(blob(body)),
            ..UploadPartInput::default()
        };
        let output = self.store.upload_part(request(part)).await?;
        Ok(CompletedPart {
            e_tag: output.e_tag,
            part_number: Some(part_number),
            ..CompletedPart::default()
        })
    }

    async fn complete(
        &self,
        id: &str,
        parts: &[CompletedPart],
    ) -> S3Result<CompleteMultipartUploadOutput> {
        let complete = CompleteMultipartUploadInput {
            bucket: "demo".to_owned(),
            key: "a".to_owned(),
            upload_id: id.to_owned(),
            multipart_upload: Some(CompletedMultipartUpload {
                parts: Some(parts.to_vec()),
            }),
            ..CompleteMultipartUploadInput::default()
        };
        self.store
            .complete_multipart_upload(request(complete))
            .await
    }
}

#[tokio::test]
async fn parts_become_one_object_with_the_digest_of_their_digests() {
    let store = TestStore::new();
    let id = store.create_upload("a").await;
    let long = "x".repeat(PART);
    let last = store.upload_part(&id, 9, "end").await.unwrap();
    store.upload_part(&id, 2, "replaced").await.unwrap();
    let first = store.upload_part(&id, 2, &long).await.unwrap();
    assert_eq!(store.get("a").await, Err(S3ErrorCode::NoSuchKey));
    let output = store.complete(&id, &[first, last]).await.unwrap();
    // The MD5 of both parts' MD5s, by another implementation.
    let etag = ETag::Strong("6d7c5fbffce55b2eb513ca823d7235b2-2".to_owned());
    assert_eq!(output.e_tag, Some(etag));
    assert_eq!(store.get("a").await, Ok(format!("{long}end")));
    assert_eq!(store.store.tags("demo", "a").await.unwrap().len(), 1);
    for (part_number, body) in [(1, long.as_str()), (2, "end")] {
        let get = GetObjectInput {
            part_number: Some(part_number),
            ..get_of("a")
        };
        let output = store.store.get_object(request(get)).await.unwrap();
        assert_eq!(output.parts_count, Some(2));
        assert_eq!(text(output.body.unwrap()).await, body);
    }
    assert_eq!(store.files("demo/uploads"), Vec::<String>::new());
    let again = refused(store.complete(&id, &[]).await);
    assert_eq!(again, Some(S3ErrorCode::NoSuchUpload));
}

#[tokio::test]
async fn parts_that_do_not_fit_are_refused_and_the_upload_goes_on() {
    let store = TestStore::new();
    let id = store.create_upload("a").await;
    let one = store.upload_part(&id, 1, "one").await.unwrap();
    let two = store.upload_part(&id, 2, "two").await.unwrap();
    let other = CompletedPart {
        e_tag: two.e_tag.clone(),
        ..one.clone()
    };
    let missing = CompletedPart {
        part_number: Some(3),
        ..two.clone()
    };
    let nameless = CompletedPart {
        e_tag: None,
        ..one.clone()
    };
    for (parts, expected) in [
        (vec![], S3ErrorCode::MalformedXML),
        (
            vec![two.clone(), one.clone()],
            S3ErrorCode::InvalidPartOrder,
        ),
        (
            vec![one.clone(), one.clone()],
            S3ErrorCode::InvalidPartOrder,
        ),
        (vec![other], S3ErrorCode::InvalidPart),
        (vec![missing], S3ErrorCode::InvalidPart),
        (vec![nameless], S3ErrorCode::InvalidPart),
        (vec![one.clone(), two], S3ErrorCode::EntityTooSmall),
    ] {
        let answer = store.complete(&id, &parts).await;
        assert_eq!(refused(answer), Some(expected), "{parts:?}");
    }
    for number in [0, -1, 10_001] {
        let answer = store.upload_part(&id, number, "").await;
        assert_eq!(refused(answer), Some(S3ErrorCode::InvalidArgument));
    }
    store.complete(&id, &[one]).await.unwrap();
    assert_eq!(store.get("a").await.as_deref(), Ok("one"));
}

#[tokio::test]
async fn an_upload_is_known_by_its_id_and_key() {
    let store = TestStore::new();
    let id = store.create_upload("another key").await;
    let escape = format!("../../demo/uploads/{id}");
    let longer = format!("{id}0");
    for id in [id.as_str(), "", "..", &escape, &longer] {
        let answer = store.upload_part(id, 1, "x").await;
        assert_eq!(refused(answer), Some(S3ErrorCode::NoSuchUpload), "{id}");
        let abort = AbortMultipartUploadInput {
            bucket: "demo".to_owned(),
            key: "a".to_owned(),
            upload_id: id.to_owned(),
            ..AbortMultipartUploadInput::default()
        };
        let answer = store.store.abort_multipart_upload(request(abort)).await;
        assert_eq!(refused(answer), Some(S3ErrorCode::NoSuchUpload), "{id}");
    }
    assert_eq!(store.files("demo/uploads"), [id]);
}

#[tokio::test]
async fn uploads_are_listed_page_by_page() {
    let store = TestStore::new();
    let mut ids = [
        store.create_upload("a").await,
        store.create_upload("a").await,
    ];
    ids.sort_unstable();
    store.create_upload("b/c").await;
    let list = |key: Option<&str>, id: Option<&str>| ListMultipartUploadsInput {
        bucket: "demo".to_owned(),
        delimiter: Some("/".to_owned()),
        key_marker: key.map(str::to_owned),
        upload_id_marker: id.map(str::to_owned),
        max_uploads: Some(1),
        ..ListMultipartUploadsInput::default()
    };
    let page = async |key: Option<&str>, id: Option<&str>| {
        let output = store
            .store
            .list_multipart_uploads(request(list(key, id)))
            .await
            .unwrap();
        let uploads = output.uploads.into_iter().flatten();
        let ids: Vec<_> = uploads.filter_map(|upload| upload.upload_id).collect();
        let prefixes = output.common_prefixes.unwrap().len();
        (
            ids,
            prefixes,
            output.next_key_marker,
            output.next_upload_id_marker,
        )
    };
    let [one, two] = &ids;
    let next = |id: &String| (Some("a".to_owned()), Some(id.clone()));
    let (key, id) = next(one);
    assert_eq!(page(None, None).await, (vec![one.clone()], 0, key, id));
    let (key, id) = next(two);
    assert_eq!(
        page(Some("a"), Some(one)).await,
        (vec![two.clone()], 0, key, id)
    );
    assert_eq!(page(Some("a"), Some(two)).await, (vec![], 1, None, None));
    assert_eq!(page(Some("a"), None).await, (vec![], 1, None, None));
    assert_eq!(page(Some("a"), Some("")).await, (vec![], 1, None, None));
}

#[tokio::test]
async fn parts_are_listed_page_by_page() {
    let store = TestStore::new();
    let id = store.create_upload("a").await;
    for number in [3, 1, 2] {
        store
            .upload_part(&id, number, &number.to_string())
            .await
            .unwrap();
    }
    let parts = async |marker: Option<i32>| {
        let list = ListPartsInput {
            bucket: "demo".to_owned(),
            key: "a".to_owned(),
            upload_id: id.clone(),
            max_parts: Some(2),
            part_number_marker: marker,
            ..ListPartsInput::default()
        };
        let output = store.store.list_parts(request(list)).await.unwrap();
        let numbers = output.parts.into_iter().flatten();
        let numbers: Vec<_> = numbers.filter_map(|part| part.part_number).collect();
        (numbers, output.next_part_number_marker)
    };
    assert_eq!(parts(None).await, (vec![1, 2], Some(2)));
    assert_eq!(parts(Some(2)).await, (vec![3], None));
}

#[tokio::test]
async fn a_part_is_copied_from_within_its_source() {
    let store = TestStore::new();
    store.put("source/", "0123456789").await;
    let copy = async |id: &str, range: Option<&str>| {
        let mut copy = UploadPartCopyInput::builder();
        copy.set_bucket("demo".to_owned());
        copy.set_key("a".to_owned());
        copy.set_upload_id(id.to_owned());
        copy.set_part_number(1);
        copy.set_copy_source(CopySource::parse("demo/source/").unwrap());
        copy.set_copy_source_range(range.map(str::to_owned));
        let copy = store.store.upload_part_copy(request(copy.build().unwrap()));
        copy.await.map_err(|error| code(&error))
    };
    for (range, expected) in [
        (Some("bytes=2-4"), Ok("234")),
        (Some("bytes=9-9"), Ok("9")),
        (None, Ok("0123456789")),
        (Some("bytes=5-10"), Err(S3ErrorCode::InvalidArgument)),
        (Some("bytes=5-"), Err(S3ErrorCode::InvalidArgument)),
        (Some("bytes=-5"), Err(S3ErrorCode::InvalidArgument)),
        (Some("bytes=6-5"), Err(S3ErrorCode::InvalidArgument)),
        (Some("5-6"), Err(S3ErrorCode::InvalidArgument)),
    ] {
        let id = store.create_upload("a").await;
        let copied = copy(&id, range).await;
        let Ok(expected) = expected else {
            assert_eq!(copied.err(), expected.err(), "{range:?}");
            continue;
        };
        let part = CompletedPart {
            e_tag: copied.unwrap().copy_part_result.unwrap().e_tag,
            part_number: Some(1),
            ..CompletedPart::default()
        };
        store.complete(&id, &[part]).await.unwrap();
        assert_eq!(store.get("a").await.as_deref(), Ok(expected));
    }
}
