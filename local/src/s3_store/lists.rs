//! Lists of objects.

use s3s::dto::{
    ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, Object,
    ObjectStorageClass,
};
use s3s::{S3Request, S3Result};

use super::Store;
use super::page::{Encoding, Page, Query, token, untoken};
use super::record::{Record, length};

/// How many entries a list has at most.
pub(super) const MAX_ENTRIES: i32 = 1000;

impl Store {
    pub(super) async fn list_objects(
        &self,
        request: S3Request<ListObjectsInput>,
    ) -> S3Result<ListObjectsOutput> {
        let input = request.input;
        let encoding = Encoding::of(input.encoding_type.as_ref())?;
        let after = input.marker.clone().unwrap_or_default();
        let (prefix, delimiter) = (input.prefix.as_deref(), input.delimiter.as_deref());
        let query = Query::new(prefix, delimiter, &after, input.max_keys, MAX_ENTRIES)?;
        let page = self.page(input.bucket.clone(), &query).await?;
        let write = |name: &str| encoding.write(name);
        Ok(ListObjectsOutput {
            common_prefixes: Some(encoding.common_prefixes(&page.prefixes)),
            contents: Some(contents(&page.items, encoding)),
            delimiter: query.delimiter.map(write),
            encoding_type: input.encoding_type,
            is_truncated: Some(page.next.is_some()),
            marker: Some(write(&after)),
            max_keys: Some(query.max()),
            name: Some(input.bucket),
            // Without a delimiter, clients go on from the last key.
            next_marker: page
                .next
                .as_deref()
                .filter(|_| query.delimiter.is_some())
                .map(write),
            prefix: Some(write(query.prefix)),
            request_charged: None,
        })
    }

    pub(super) async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<ListObjectsV2Output> {
        let input = request.input;
        let encoding = Encoding::of(input.encoding_type.as_ref())?;
        let after = match &input.continuation_token {
            Some(token) => untoken(token)?,
            None => input.start_after.clone().unwrap_or_default(),
        };
        let (prefix, delimiter) = (input.prefix.as_deref(), input.delimiter.as_deref());
        let query = Query::new(prefix, delimiter, &after, input.max_keys, MAX_ENTRIES)?;
        let page = self.page(input.bucket.clone(), &query).await?;
        let write = |name: &str| encoding.write(name);
        Ok(ListObjectsV2Output {
            common_prefixes: Some(encoding.common_prefixes(&page.prefixes)),
            contents: Some(contents(&page.items, encoding)),
            continuation_token: input.continuation_token,
            delimiter: query.delimiter.map(write),
            encoding_type: input.encoding_type,
            is_truncated: Some(page.next.is_some()),
            key_count: Some(page.count()),
            max_keys: Some(query.max()),
            name: Some(input.bucket),
            next_continuation_token: page.next.as_deref().map(token),
            prefix: Some(write(query.prefix)),
            request_charged: None,
            start_after: input.start_after.as_deref().map(write),
        })
    }

    async fn page(&self, bucket: String, query: &Query<'_>) -> S3Result<Page<Record>> {
        let records = self.blocking(move |disk| disk.records(&bucket)).await?;
        let later = records
            .into_iter()
            .filter(|record| *record.key > *query.after);
        Ok(Page::of(later, |record| &record.key, query))
    }
}

fn contents(records: &[Record], encoding: Encoding) -> Vec<Object> {
    let object = |record: &Record| Object {
        e_tag: Some(record.etag()),
        key: Some(encoding.write(&record.key)),
        last_modified: Some(record.modified.clone()),
        size: Some(length(record.size)),
        storage_class: Some(ObjectStorageClass::from_static(
            ObjectStorageClass::STANDARD,
        )),
        ..Object::default()
    };
    records.iter().map(object).collect()
}
