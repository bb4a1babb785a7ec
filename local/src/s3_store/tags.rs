//! Tags of objects.

use model::is_hidden;
use s3s::dto::{
    DeleteObjectTaggingInput, DeleteObjectTaggingOutput, GetObjectTaggingInput,
    GetObjectTaggingOutput, PutObjectTaggingInput, PutObjectTaggingOutput, Tag,
};
use s3s::{S3Request, S3Result, s3_error};

use super::{Store, require_no_version};

/// How many tags an object may have, and how long they may be, in characters.
const MAX_TAGS: usize = 10;
const MAX_KEY: usize = 128;
const MAX_VALUE: usize = 256;

impl Store {
    pub(super) async fn get_object_tagging(
        &self,
        request: S3Request<GetObjectTaggingInput>,
    ) -> S3Result<GetObjectTaggingOutput> {
        let input = request.input;
        require_no_version(input.version_id.as_deref())?;
        let tags = self.tags(&input.bucket, &input.key).await?;
        let tag = |(key, value)| Tag {
            key: Some(key),
            value: Some(value),
        };
        Ok(GetObjectTaggingOutput {
            tag_set: tags.into_iter().map(tag).collect(),
            version_id: None,
        })
    }

    pub(super) async fn put_object_tagging(
        &self,
        request: S3Request<PutObjectTaggingInput>,
    ) -> S3Result<PutObjectTaggingOutput> {
        let input = request.input;
        require_no_version(input.version_id.as_deref())?;
        let tags = input.tagging.tag_set.into_iter();
        let tags = tags.map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default()));
        let tags = checked(tags.collect())?;
        self.replace_tags(input.bucket, input.key, tags).await?;
        Ok(PutObjectTaggingOutput::default())
    }

    pub(super) async fn delete_object_tagging(
        &self,
        request: S3Request<DeleteObjectTaggingInput>,
    ) -> S3Result<DeleteObjectTaggingOutput> {
        let input = request.input;
        require_no_version(input.version_id.as_deref())?;
        self.replace_tags(input.bucket, input.key, Vec::new())
            .await?;
        Ok(DeleteObjectTaggingOutput::default())
    }

    async fn replace_tags(
        &self,
        bucket: String,
        key: String,
        tags: Vec<(String, String)>,
    ) -> S3Result<()> {
        self.blocking(move |disk| disk.replace_tags(&bucket, &key, tags))
            .await
    }
}

/// Reads `x-amz-tagging`, which is encoded like a query.
pub(super) fn parse(header: &str) -> S3Result<Vec<(String, String)>> {
    checked(
        form_urlencoded::parse(header.as_bytes())
            .into_owned()
            .collect(),
    )
}

fn checked(tags: Vec<(String, String)>) -> S3Result<Vec<(String, String)>> {
    let is_valid = |(key, value): &(String, String)| {
        let is_short = (1..=MAX_KEY).contains(&key.chars().count());
        let texts = key.chars().chain(value.chars());
        is_short && value.chars().count() <= MAX_VALUE && !texts.into_iter().any(is_hidden)
    };
    let mut keys: Vec<_> = tags.iter().map(|(key, _)| key).collect();
    keys.sort_unstable();
    keys.dedup();
    if tags.len() > MAX_TAGS || keys.len() < tags.len() || !tags.iter().all(is_valid) {
        return Err(s3_error!(
            InvalidTag,
            "An object has up to {MAX_TAGS} tags of different keys, each of up to {MAX_KEY} \
             characters, with values of up to {MAX_VALUE}."
        ));
    }
    Ok(tags)
}
