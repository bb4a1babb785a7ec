//! Writing, reading and deleting single objects.

use std::fs::File;
use std::ops::Range;

use s3s::dto::{
    ChecksumMode, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput,
    DeletedObject, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput,
    PutObjectInput, PutObjectOutput, StreamingBlob,
};
use s3s::{S3Request, S3Result, s3_error};

use super::conditions::Conditions;
use super::content::{Content, read, receive};
use super::digests::{Expected, checksums_of, set_checksums};
use super::record::{Description, Record, description_of, length, output_of};
use super::{Store, require_no_version, span};

/// How many objects one request deletes at most.
const MAX_DELETED: usize = 1000;

/// What a read asks for, with the bytes or without.
struct Read {
    bucket: String,
    key: String,
    conditions: Conditions,
    range: Option<s3s::dto::Range>,
    part: Option<i32>,
    wants_checksums: bool,
}

/// What a read answers.
struct Found {
    record: Record,
    file: File,
    /// The bytes that were asked for, if not all.
    span: Option<Range<u64>>,
    wants_checksums: bool,
}

/// What a request says that reads an object.
macro_rules! read_of {
    ($input:expr) => {{
        require_no_version($input.version_id.as_deref())?;
        Read {
            bucket: $input.bucket,
            key: $input.key,
            conditions: Conditions {
                matches: $input.if_match,
                matches_none: $input.if_none_match,
                modified_since: $input.if_modified_since,
                unmodified_since: $input.if_unmodified_since,
            },
            range: $input.range,
            part: $input.part_number,
            wants_checksums: is_enabled($input.checksum_mode.as_ref()),
        }
    }};
}

/// The answer to a read, but for the bytes.
macro_rules! answer_of {
    ($output:ident, $found:expr) => {{
        let record = &$found.record;
        let mut output = output_of!($output, record);
        output.content_length = Some(length($found.size()));
        output.content_range = $found.content_range();
        output.parts_count = $found.parts_count();
        if $found.wants_checksums && $found.span.is_none() {
            set_checksums!(output, record.checksums);
        }
        output
    }};
}

impl Store {
    pub(super) async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<PutObjectOutput> {
        let input = request.input;
        let description = description_of!(input);
        let expected = Expected::new(
            input.content_md5,
            checksums_of!(input),
            input.checksum_algorithm.as_ref(),
            request.trailing_headers,
        );
        let conditions = Conditions {
            matches: input.if_match,
            matches_none: input.if_none_match,
            ..Conditions::default()
        };
        let file = self.new_file(&input.bucket).await?;
        let content = receive(input.body, file, &expected).await?;
        let record = self.record_of(input.key, description, &content);
        let mut output = PutObjectOutput {
            e_tag: Some(record.etag()),
            ..PutObjectOutput::default()
        };
        set_checksums!(output, record.checksums);
        self.blocking(move |disk| disk.put(&input.bucket, record, content.file, &conditions))
            .await?;
        Ok(output)
    }

    /// The record of an object that arrived in one piece.
    pub(super) fn record_of(
        &self,
        key: String,
        description: Description,
        content: &Content,
    ) -> Record {
        Record {
            key,
            file: String::new(),
            size: content.size,
            etag: content.digests.md5.clone(),
            modified: self.now(),
            parts: Vec::new(),
            checksums: content.digests.checksums.clone(),
            description,
        }
    }

    pub(super) async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<GetObjectOutput> {
        let found = self.find(read_of!(request.input)).await?;
        let tags = i32::try_from(found.record.description.tags.len());
        let mut output = answer_of!(GetObjectOutput, found);
        output.tag_count = tags.ok().filter(|&count| count > 0);
        let span = found.span.unwrap_or(0..found.record.size);
        output.body = Some(StreamingBlob::wrap(read(found.file, span)));
        Ok(output)
    }

    pub(super) async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<HeadObjectOutput> {
        let found = self.find(read_of!(request.input)).await?;
        Ok(answer_of!(HeadObjectOutput, found))
    }

    async fn find(&self, wanted: Read) -> S3Result<Found> {
        let Read {
            bucket,
            key,
            conditions,
            range,
            part,
            wants_checksums,
        } = wanted;
        let (record, file) = self
            .blocking(move |disk| disk.open_object(&bucket, &key))
            .await?;
        conditions.check_read(&record)?;
        let span = span::select(&record, range, part)?;
        Ok(Found {
            record,
            file,
            span,
            wants_checksums,
        })
    }

    pub(super) async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<DeleteObjectOutput> {
        let input = request.input;
        require_no_version(input.version_id.as_deref())?;
        let conditions = Conditions {
            matches: input.if_match,
            ..Conditions::default()
        };
        self.blocking(move |disk| disk.delete(&input.bucket, &input.key, &conditions))
            .await?;
        Ok(DeleteObjectOutput::default())
    }

    /// Deletes several objects. What keeps one from being deleted stands in the answer.
    pub(super) async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<DeleteObjectsOutput> {
        let input = request.input;
        if input.delete.objects.len() > MAX_DELETED {
            return Err(s3_error!(
                MalformedXML,
                "More than {MAX_DELETED} objects are named."
            ));
        }
        let is_quiet = input.delete.quiet.unwrap_or_default();
        let (bucket, objects) = (input.bucket, input.delete.objects);
        let (deleted, errors) = self
            .blocking(move |disk| {
                disk.bucket(&bucket)?;
                let (mut deleted, mut errors) = (Vec::new(), Vec::new());
                for object in objects {
                    let outcome = require_no_version(object.version_id.as_deref())
                        .and_then(|()| disk.delete(&bucket, &object.key, &Conditions::default()));
                    match outcome {
                        Ok(()) => deleted.push(object),
                        Err(error) => errors.push(failure(object, &error)),
                    }
                }
                Ok((deleted, errors))
            })
            .await?;
        let done = |object: s3s::dto::ObjectIdentifier| DeletedObject {
            key: Some(object.key),
            version_id: object.version_id,
            ..DeletedObject::default()
        };
        Ok(DeleteObjectsOutput {
            deleted: (!is_quiet).then(|| deleted.into_iter().map(done).collect()),
            errors: Some(errors),
            ..DeleteObjectsOutput::default()
        })
    }
}

impl Found {
    fn size(&self) -> u64 {
        self.span
            .as_ref()
            .map_or(self.record.size, |span| span.end.saturating_sub(span.start))
    }

    fn content_range(&self) -> Option<String> {
        let span = self.span.as_ref()?;
        Some(span::content_range(span, self.record.size))
    }

    fn parts_count(&self) -> Option<i32> {
        i32::try_from(self.record.parts.len())
            .ok()
            .filter(|&count| count > 0)
    }
}

fn is_enabled(mode: Option<&ChecksumMode>) -> bool {
    mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED)
}

fn failure(object: s3s::dto::ObjectIdentifier, error: &s3s::S3Error) -> s3s::dto::Error {
    s3s::dto::Error {
        code: Some(error.code().as_str().to_owned()),
        key: Some(object.key),
        message: error.message().map(str::to_owned),
        version_id: object.version_id,
    }
}
