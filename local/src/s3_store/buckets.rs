//! Operations on buckets.

use s3s::dto::{
    Bucket, CreateBucketInput, CreateBucketOutput, DeleteBucketInput, DeleteBucketOutput,
    GetBucketLocationInput, GetBucketLocationOutput, HeadBucketInput, HeadBucketOutput,
    ListBucketsInput, ListBucketsOutput,
};
use s3s::{S3Request, S3Result};

use super::Store;
use super::disk::Disk;
use super::page::{Page, Query, token, untoken};

/// How many buckets a list has at most.
const MAX_BUCKETS: i32 = 10_000;

impl Store {
    /// Any location is as good as another, and forgotten.
    pub(super) async fn create_bucket(
        &self,
        request: S3Request<CreateBucketInput>,
    ) -> S3Result<CreateBucketOutput> {
        let bucket = request.input.bucket;
        let location = format!("/{bucket}");
        self.blocking(move |disk| disk.create_bucket(&bucket))
            .await?;
        Ok(CreateBucketOutput {
            location: Some(location),
        })
    }

    pub(super) async fn delete_bucket(
        &self,
        request: S3Request<DeleteBucketInput>,
    ) -> S3Result<DeleteBucketOutput> {
        let bucket = request.input.bucket;
        self.blocking(move |disk| disk.delete_bucket(&bucket))
            .await?;
        Ok(DeleteBucketOutput::default())
    }

    pub(super) async fn head_bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<HeadBucketOutput> {
        let bucket = request.input.bucket;
        self.blocking(move |disk| disk.bucket(&bucket)).await?;
        Ok(HeadBucketOutput::default())
    }

    /// The region without a name, for which every client can sign.
    pub(super) async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<GetBucketLocationOutput> {
        let bucket = request.input.bucket;
        self.blocking(move |disk| disk.bucket(&bucket)).await?;
        Ok(GetBucketLocationOutput::default())
    }

    pub(super) async fn list_buckets(
        &self,
        request: S3Request<ListBucketsInput>,
    ) -> S3Result<ListBucketsOutput> {
        let input = request.input;
        let buckets = self.blocking(Disk::buckets).await?;
        let after = input
            .continuation_token
            .as_deref()
            .map(untoken)
            .transpose()?;
        let after = after.unwrap_or_default();
        let query = Query::new(
            input.prefix.as_deref(),
            None,
            &after,
            input.max_buckets,
            MAX_BUCKETS,
        )?;
        let later = buckets.into_iter().filter(|(name, _)| *name > after);
        let page = Page::of(later, |(name, _)| name, &query);
        let bucket = |(name, made)| Bucket {
            creation_date: Some(made),
            name: Some(name),
            ..Bucket::default()
        };
        Ok(ListBucketsOutput {
            buckets: Some(page.items.into_iter().map(bucket).collect()),
            continuation_token: page.next.as_deref().map(token),
            prefix: input.prefix,
            ..ListBucketsOutput::default()
        })
    }
}
