//! The object store behind the S3 gateway, for trying and testing.
//!
//! Keys are names in a flat space, as in Amazon S3: `a`, `/a`, `a/` and `a//b` are four objects
//! that know nothing of each other. The bytes of an object are in a file that is named after a
//! digest of its key, and what else is known of it is in a JSON file beside them. That file
//! names the one with the bytes and is replaced as a whole, so that readers see an object as it
//! was or as it is, and never something in between.
//!
//! The store keeps no versions, access lists, locks or encryption. Operations about them are
//! not implemented, and headers that ask for them have no effect.

mod buckets;
mod conditions;
mod content;
mod copies;
mod digests;
mod disk;
mod lists;
mod multipart;
mod objects;
mod page;
mod record;
mod span;
mod tags;
#[cfg(test)]
mod tests;
mod uploads;

use std::path::Path;
use std::sync::Arc;

use clock::Clock;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput, CreateBucketInput,
    CreateBucketOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteBucketInput,
    DeleteBucketOutput, DeleteObjectInput, DeleteObjectOutput, DeleteObjectTaggingInput,
    DeleteObjectTaggingOutput, DeleteObjectsInput, DeleteObjectsOutput, GetBucketLocationInput,
    GetBucketLocationOutput, GetObjectInput, GetObjectOutput, GetObjectTaggingInput,
    GetObjectTaggingOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput,
    ListBucketsInput, ListBucketsOutput, ListMultipartUploadsInput, ListMultipartUploadsOutput,
    ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, ListPartsInput,
    ListPartsOutput, PutObjectInput, PutObjectOutput, PutObjectTaggingInput,
    PutObjectTaggingOutput, Timestamp, UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput,
    UploadPartOutput,
};
use s3s::{S3, S3Error, S3Request, S3Response, S3Result, s3_error};
use tempfile::NamedTempFile;
use time::OffsetDateTime;
use tokio::task::spawn_blocking;

use crate::Error;
use disk::Disk;

/// Buckets and objects below a directory. Clones are the same store; no other process may use
/// the directory at the same time.
#[derive(Debug, Clone)]
pub struct Store {
    disk: Arc<Disk>,
    clock: Arc<dyn Clock>,
}

impl Store {
    /// Opens the directory, in which every directory is a bucket.
    pub fn open(root: &Path, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let disk = Disk::open(root).map_err(Error::file(root))?;
        Ok(Self {
            disk: Arc::new(disk),
            clock,
        })
    }

    /// An object's tags, in no particular order; `NoSuchKey` or `NoSuchBucket` if it is not there.
    pub async fn tags(&self, bucket: &str, key: &str) -> S3Result<Vec<(String, String)>> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        let record = self
            .blocking(move |disk| disk.record(&bucket, &key))
            .await?;
        Ok(record.description.tags)
    }

    /// Does work on the disk, and all of it, even if nobody waits for the end.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Disk) -> S3Result<T> + Send + 'static,
    ) -> S3Result<T> {
        let disk = Arc::clone(&self.disk);
        spawn_blocking(move || work(&disk))
            .await
            .map_err(S3Error::internal_error)?
    }

    /// A file for bytes that arrive for a bucket; `NoSuchBucket` before any does.
    async fn new_file(&self, bucket: &str) -> S3Result<NamedTempFile> {
        let bucket = bucket.to_owned();
        self.blocking(move |disk| {
            disk.bucket(&bucket)?;
            disk.new_file()
        })
        .await
    }

    fn now(&self) -> Timestamp {
        let now = OffsetDateTime::from_unix_timestamp(self.clock.now().secs());
        now.unwrap_or(OffsetDateTime::UNIX_EPOCH).into()
    }
}

/// Refuses any version but the one that objects without versions have.
fn require_no_version(version_id: Option<&str>) -> S3Result<()> {
    match version_id {
        None | Some("null") => Ok(()),
        Some(_) => Err(s3_error!(NoSuchVersion, "The store keeps no versions.")),
    }
}

/// The operations that there are, each in the module of its kind.
macro_rules! operations {
    ($($name:ident: $input:ident => $output:ident;)*) => {
        #[async_trait::async_trait]
        impl S3 for Store {
            $(async fn $name(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                Ok(S3Response::new(Store::$name(self, request).await?))
            })*
        }
    };
}

operations! {
    abort_multipart_upload: AbortMultipartUploadInput => AbortMultipartUploadOutput;
    complete_multipart_upload: CompleteMultipartUploadInput => CompleteMultipartUploadOutput;
    copy_object: CopyObjectInput => CopyObjectOutput;
    create_bucket: CreateBucketInput => CreateBucketOutput;
    create_multipart_upload: CreateMultipartUploadInput => CreateMultipartUploadOutput;
    delete_bucket: DeleteBucketInput => DeleteBucketOutput;
    delete_object: DeleteObjectInput => DeleteObjectOutput;
    delete_object_tagging: DeleteObjectTaggingInput => DeleteObjectTaggingOutput;
    delete_objects: DeleteObjectsInput => DeleteObjectsOutput;
    get_bucket_location: GetBucketLocationInput => GetBucketLocationOutput;
    get_object: GetObjectInput => GetObjectOutput;
    get_object_tagging: GetObjectTaggingInput => GetObjectTaggingOutput;
    head_bucket: HeadBucketInput => HeadBucketOutput;
    head_object: HeadObjectInput => HeadObjectOutput;
    list_buckets: ListBucketsInput => ListBucketsOutput;
    list_multipart_uploads: ListMultipartUploadsInput => ListMultipartUploadsOutput;
    list_objects: ListObjectsInput => ListObjectsOutput;
    list_objects_v2: ListObjectsV2Input => ListObjectsV2Output;
    list_parts: ListPartsInput => ListPartsOutput;
    put_object: PutObjectInput => PutObjectOutput;
    put_object_tagging: PutObjectTaggingInput => PutObjectTaggingOutput;
    upload_part: UploadPartInput => UploadPartOutput;
    upload_part_copy: UploadPartCopyInput => UploadPartCopyOutput;
}
