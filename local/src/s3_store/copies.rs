//! Objects and parts that are made of other objects.

use futures_util::TryStreamExt as _;
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopyPartResult, CopySource, ETag,
    MetadataDirective, Range, TaggingDirective, UploadPartCopyInput, UploadPartCopyOutput,
};
use s3s::{S3Error, S3Request, S3Result, s3_error};

use super::conditions::Conditions;
use super::content::{Content, Writer, read};
use super::digests::{Expected, set_checksums};
use super::record::{Description, Record, description_of};
use super::uploads::UploadName;
use super::{Store, require_no_version};

/// The conditions on the source of a copy.
macro_rules! conditions_of {
    ($input:expr) => {
        Conditions {
            matches: $input.copy_source_if_match.clone(),
            matches_none: $input.copy_source_if_none_match.clone(),
            modified_since: $input.copy_source_if_modified_since.clone(),
            unmodified_since: $input.copy_source_if_unmodified_since.clone(),
        }
    };
}

impl Store {
    pub(super) async fn copy_object(
        &self,
        request: S3Request<CopyObjectInput>,
    ) -> S3Result<CopyObjectOutput> {
        let input = request.input;
        let (source, file) = self
            .open_source(&input.copy_source, &conditions_of!(input))
            .await?;
        let description = described(&input, &source)?;
        let algorithm = input.checksum_algorithm.as_ref();
        let expected = Expected::new(None, source.checksums.clone(), algorithm, None);
        let content = self
            .copy(file, 0..source.size, &input.bucket, &expected)
            .await?;
        let record = self.record_of(input.key, description, &content);
        let mut result = CopyObjectResult {
            e_tag: Some(record.etag()),
            last_modified: Some(record.modified.clone()),
            ..CopyObjectResult::default()
        };
        set_checksums!(result, record.checksums);
        let unconditional = Conditions::default();
        self.blocking(move |disk| disk.put(&input.bucket, record, content.file, &unconditional))
            .await?;
        Ok(CopyObjectOutput {
            copy_object_result: Some(result),
            ..CopyObjectOutput::default()
        })
    }

    pub(super) async fn upload_part_copy(
        &self,
        request: S3Request<UploadPartCopyInput>,
    ) -> S3Result<UploadPartCopyOutput> {
        let input = request.input;
        let (source, file) = self
            .open_source(&input.copy_source, &conditions_of!(input))
            .await?;
        let span = match &input.copy_source_range {
            None => 0..source.size,
            Some(range) => span_of(range, source.size)?,
        };
        let upload = UploadName {
            bucket: input.bucket,
            key: input.key,
            id: input.upload_id,
        };
        let content = self
            .copy(file, span, &upload.bucket, &Expected::default())
            .await?;
        let part = self.keep_part(upload, input.part_number, content).await?;
        let result = CopyPartResult {
            e_tag: Some(ETag::Strong(part.md5)),
            last_modified: Some(part.modified),
            ..CopyPartResult::default()
        };
        Ok(UploadPartCopyOutput {
            copy_part_result: Some(result),
            ..UploadPartCopyOutput::default()
        })
    }

    async fn open_source(
        &self,
        source: &CopySource,
        conditions: &Conditions,
    ) -> S3Result<(Record, std::fs::File)> {
        let CopySource::Bucket {
            bucket,
            key,
            version_id,
        } = source
        else {
            return Err(s3_error!(
                NotImplemented,
                "The source has to be a bucket and a key."
            ));
        };
        require_no_version(version_id.as_deref())?;
        let (bucket, key) = (bucket.clone(), key.clone());
        let (record, file) = self
            .blocking(move |disk| disk.open_object(&bucket, &key))
            .await?;
        conditions.check_copy(&record)?;
        Ok((record, file))
    }

    async fn copy(
        &self,
        source: std::fs::File,
        span: std::ops::Range<u64>,
        bucket: &str,
        expected: &Expected,
    ) -> S3Result<Content> {
        let file = self.new_file(bucket).await?;
        let mut writer = Writer::new(file, expected)?;
        let bytes = read(source, span).map_err(S3Error::internal_error);
        writer.write(bytes).await?;
        writer.finish(expected).await
    }
}

/// What is said of a copy: what is said of the source, unless the request replaces it.
fn described(input: &CopyObjectInput, source: &Record) -> S3Result<Description> {
    let sent = description_of!(input);
    let metadata = input.metadata_directive.as_ref();
    let replaces = metadata.is_some_and(|it| it.as_str() == MetadataDirective::REPLACE);
    let tagging = input.tagging_directive.as_ref();
    let tags = if tagging.is_some_and(|it| it.as_str() == TaggingDirective::REPLACE) {
        sent.tags.clone()
    } else {
        source.description.tags.clone()
    };
    if is_itself(input) && !replaces && tags == source.description.tags {
        return Err(s3_error!(
            InvalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself \
             without changing the object's metadata or tags."
        ));
    }
    let description = if replaces {
        sent
    } else {
        source.description.clone()
    };
    Ok(Description {
        tags,
        ..description
    })
}

fn is_itself(input: &CopyObjectInput) -> bool {
    match &input.copy_source {
        CopySource::Bucket { bucket, key, .. } => **bucket == *input.bucket && **key == *input.key,
        _ => false,
    }
}

/// The range of a copied part, which has both ends and lies within the object.
fn span_of(range: &str, size: u64) -> S3Result<std::ops::Range<u64>> {
    match Range::parse(range) {
        Ok(Range::Int {
            first,
            last: Some(last),
        }) if last < size => Ok(first..last.saturating_add(1)),
        _ => Err(s3_error!(
            InvalidArgument,
            "Range specified is not valid for source object of size: {size}"
        )),
    }
}
