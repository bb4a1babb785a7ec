//! Uploads in parts.

use futures_util::TryStreamExt as _;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CompletedPart, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, ETag, ListMultipartUploadsInput, ListMultipartUploadsOutput,
    ListPartsInput, ListPartsOutput, MultipartUpload, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Error, S3Request, S3Result, dto, s3_error};

use super::Store;
use super::conditions::Conditions;
use super::content::{Content, Writer, read, receive};
use super::digests::{Expected, checksums_of, set_checksums};
use super::lists::MAX_ENTRIES;
use super::page::{Encoding, Page, Query};
use super::record::{Record, description_of, length};
use super::uploads::{Part, Upload, UploadName};

/// The numbers that parts have.
const NUMBERS: std::ops::RangeInclusive<i32> = 1..=10_000;

/// The smallest part, in bytes; the last may be smaller.
const MIN_PART: u64 = 5 * 1024 * 1024;

/// Which upload a request is about.
macro_rules! upload_of {
    ($input:expr) => {
        UploadName {
            bucket: $input.bucket.clone(),
            key: $input.key.clone(),
            id: $input.upload_id.clone(),
        }
    };
}

impl Store {
    pub(super) async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<CreateMultipartUploadOutput> {
        let input = request.input;
        let upload = Upload {
            key: input.key.clone(),
            initiated: self.now(),
            description: description_of!(input),
        };
        let bucket = input.bucket.clone();
        let id = self
            .blocking(move |disk| disk.create_upload(&bucket, &upload))
            .await?;
        Ok(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            checksum_algorithm: input.checksum_algorithm,
            checksum_type: input.checksum_type,
            key: Some(input.key),
            upload_id: Some(id),
            ..CreateMultipartUploadOutput::default()
        })
    }

    pub(super) async fn upload_part(
        &self,
        request: S3Request<UploadPartInput>,
    ) -> S3Result<UploadPartOutput> {
        let input = request.input;
        let upload = upload_of!(input);
        let expected = Expected::new(
            input.content_md5,
            checksums_of!(input),
            input.checksum_algorithm.as_ref(),
            request.trailing_headers,
        );
        let name = upload.clone();
        self.blocking(move |disk| disk.upload(&name)).await?;
        let file = self.new_file(&upload.bucket).await?;
        let content = receive(input.body, file, &expected).await?;
        let part = self.keep_part(upload, input.part_number, content).await?;
        let mut output = UploadPartOutput {
            e_tag: Some(ETag::Strong(part.md5)),
            ..UploadPartOutput::default()
        };
        set_checksums!(output, part.checksums);
        Ok(output)
    }

    pub(super) async fn keep_part(
        &self,
        upload: UploadName,
        number: i32,
        content: Content,
    ) -> S3Result<Part> {
        if !NUMBERS.contains(&number) {
            return Err(s3_error!(
                InvalidArgument,
                "Part number must be an integer between 1 and 10000, inclusive"
            ));
        }
        let part = Part {
            number,
            file: String::new(),
            size: content.size,
            md5: content.digests.md5,
            modified: self.now(),
            checksums: content.digests.checksums,
        };
        let kept = part.clone();
        self.blocking(move |disk| disk.put_part(&upload, kept, content.file))
            .await?;
        Ok(part)
    }

    pub(super) async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<CompleteMultipartUploadOutput> {
        let input = request.input;
        let name = upload_of!(input);
        let of = name.clone();
        let (upload, arrived) = self
            .blocking(move |disk| Ok((disk.upload(&of)?, disk.parts(&of)?)))
            .await?;
        let parts = chosen(&input, &arrived)?;
        let expected = Expected::new(None, full_checksums(&input), None, None);
        let content = self.join(&name, parts.clone(), &expected).await?;
        let record = Record {
            etag: etag_of(&parts),
            parts: parts.iter().map(|part| part.size).collect(),
            ..self.record_of(input.key.clone(), upload.description, &content)
        };
        let path = format!("/{}/{}", input.bucket, Encoding::Url.write(&input.key));
        let mut output = CompleteMultipartUploadOutput {
            location: Some(path),
            bucket: Some(input.bucket),
            e_tag: Some(record.etag()),
            key: Some(input.key),
            ..CompleteMultipartUploadOutput::default()
        };
        set_checksums!(output, record.checksums);
        let conditions = Conditions {
            matches: input.if_match,
            matches_none: input.if_none_match,
            ..Conditions::default()
        };
        self.blocking(move |disk| disk.complete_upload(&name, record, content.file, &conditions))
            .await?;
        Ok(output)
    }

    /// The bytes of all parts, one after the other.
    async fn join(
        &self,
        upload: &UploadName,
        parts: Vec<Part>,
        expected: &Expected,
    ) -> S3Result<Content> {
        let file = self.new_file(&upload.bucket).await?;
        let mut writer = Writer::new(file, expected)?;
        for part in parts {
            let (size, upload) = (part.size, upload.clone());
            let file = self
                .blocking(move |disk| disk.open_part(&upload, &part))
                .await?;
            let bytes = read(file, 0..size).map_err(S3Error::internal_error);
            writer.write(bytes).await?;
        }
        writer.finish(expected).await
    }

    pub(super) async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<AbortMultipartUploadOutput> {
        let upload = upload_of!(request.input);
        self.blocking(move |disk| disk.abort_upload(&upload))
            .await?;
        Ok(AbortMultipartUploadOutput::default())
    }

    pub(super) async fn list_parts(
        &self,
        request: S3Request<ListPartsInput>,
    ) -> S3Result<ListPartsOutput> {
        let input = request.input;
        let upload = upload_of!(input);
        let mut parts = self.blocking(move |disk| disk.parts(&upload)).await?;
        let after = input.part_number_marker.unwrap_or_default();
        parts.retain(|part| part.number > after);
        let query = Query::new(None, None, "", input.max_parts, MAX_ENTRIES)?;
        let page = Page::of(parts, |_| "", &query);
        let last = page.items.last().map(|part| part.number);
        Ok(ListPartsOutput {
            bucket: Some(input.bucket),
            is_truncated: Some(page.next.is_some()),
            key: Some(input.key),
            max_parts: Some(query.max()),
            next_part_number_marker: last.filter(|_| page.next.is_some()),
            part_number_marker: Some(after),
            parts: Some(page.items.into_iter().map(listed_part).collect()),
            upload_id: Some(input.upload_id),
            ..ListPartsOutput::default()
        })
    }

    pub(super) async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<ListMultipartUploadsOutput> {
        let input = request.input;
        let encoding = Encoding::of(input.encoding_type.as_ref())?;
        let bucket = input.bucket.clone();
        let mut uploads = self.blocking(move |disk| disk.uploads(&bucket)).await?;
        let after = input.key_marker.clone().unwrap_or_default();
        uploads.retain(|upload| follows(upload, &after, input.upload_id_marker.as_deref()));
        let (prefix, delimiter) = (input.prefix.as_deref(), input.delimiter.as_deref());
        let query = Query::new(prefix, delimiter, &after, input.max_uploads, MAX_ENTRIES)?;
        let page = Page::of(uploads, |(_, upload)| &upload.key, &query);
        let last = page.items.last();
        let last = last.filter(|(_, upload)| Some(&upload.key) == page.next.as_ref());
        let uploads = page.items.iter().map(|upload| listed(upload, encoding));
        let write = |name: &str| encoding.write(name);
        Ok(ListMultipartUploadsOutput {
            bucket: Some(input.bucket),
            common_prefixes: Some(encoding.common_prefixes(&page.prefixes)),
            delimiter: query.delimiter.map(write),
            encoding_type: input.encoding_type,
            is_truncated: Some(page.next.is_some()),
            key_marker: Some(write(&after)),
            max_uploads: Some(query.max()),
            next_key_marker: page.next.as_deref().map(write),
            next_upload_id_marker: last.map(|(id, _)| id.clone()),
            prefix: Some(write(query.prefix)),
            request_charged: None,
            upload_id_marker: input.upload_id_marker,
            uploads: Some(uploads.collect()),
        })
    }
}

/// The parts that a client names, which have to be in order and as they arrived.
fn chosen(input: &CompleteMultipartUploadInput, arrived: &[Part]) -> S3Result<Vec<Part>> {
    let named = input.multipart_upload.as_ref();
    let named = named.and_then(|upload| upload.parts.as_deref());
    let named = named.unwrap_or_default();
    if named.is_empty() {
        return Err(s3_error!(
            MalformedXML,
            "You must specify at least one part"
        ));
    }
    if !named.is_sorted_by(|a, b| a.part_number < b.part_number) {
        return Err(s3_error!(
            InvalidPartOrder,
            "The list of parts was not in ascending order."
        ));
    }
    let find = |named: &CompletedPart| {
        let part = arrived
            .iter()
            .find(|part| Some(part.number) == named.part_number);
        let etag = named.e_tag.as_ref().map(ETag::value);
        part.filter(|part| etag == Some(&part.md5))
            .cloned()
            .ok_or_else(|| {
                s3_error!(
                    InvalidPart,
                    "One or more of the specified parts could not be found."
                )
            })
    };
    let parts = named.iter().map(find).collect::<S3Result<Vec<_>>>()?;
    let mut all_but_last = parts.iter().rev().skip(1);
    if all_but_last.any(|part| part.size < MIN_PART) {
        return Err(s3_error!(
            EntityTooSmall,
            "Your proposed upload is smaller than the minimum allowed size"
        ));
    }
    Ok(parts)
}

/// The checksums of the whole object. One that ends in a number of parts is of the parts'
/// checksums, and not kept.
fn full_checksums(input: &CompleteMultipartUploadInput) -> super::digests::Checksums {
    let mut checksums = checksums_of!(input);
    checksums.retain(|_, value| !value.contains('-'));
    checksums
}

/// The digest of the parts' digests, and how many there are.
fn etag_of(parts: &[Part]) -> String {
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(&hex::decode(&part.md5).unwrap_or_default());
    }
    format!("{}-{}", hex::encode(md5.finalize()), parts.len())
}

fn listed_part(part: Part) -> dto::Part {
    let mut listed = dto::Part {
        e_tag: Some(ETag::Strong(part.md5)),
        last_modified: Some(part.modified),
        part_number: Some(part.number),
        size: Some(length(part.size)),
        ..dto::Part::default()
    };
    set_checksums!(listed, part.checksums);
    listed
}

/// Whether an upload comes after the one of a key and an id, or after all of the key.
fn follows((id, upload): &(String, Upload), key: &str, after: Option<&str>) -> bool {
    match after.filter(|after| !after.is_empty()) {
        None => *upload.key > *key,
        Some(after) => (upload.key.as_str(), id.as_str()) > (key, after),
    }
}

fn listed((id, upload): &(String, Upload), encoding: Encoding) -> MultipartUpload {
    MultipartUpload {
        initiated: Some(upload.initiated.clone()),
        key: Some(encoding.write(&upload.key)),
        upload_id: Some(id.clone()),
        ..MultipartUpload::default()
    }
}
