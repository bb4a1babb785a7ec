//! Bytes on their way to the disk and from it.

use std::io::{self, SeekFrom};
use std::ops::Range;

use futures_util::stream::{self, Stream, TryStreamExt as _};
use hyper::body::Bytes;
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3ErrorCode, S3Result};
use tempfile::NamedTempFile;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

use super::digests::{Digests, Expected, Hasher};

/// How much is read at a time.
const CHUNK: usize = 64 * 1024;

/// Bytes that are whole, and belong to no object yet. They vanish if they never do.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) file: NamedTempFile,
    pub(super) size: u64,
    pub(super) digests: Digests,
}

/// Bytes on their way into a file.
pub(super) struct Writer {
    file: NamedTempFile,
    output: File,
    hasher: Hasher,
    size: u64,
}

impl Writer {
    /// A writer that computes what `expected` is compared with.
    pub(super) fn new(file: NamedTempFile, expected: &Expected) -> S3Result<Self> {
        let output = file
            .as_file()
            .try_clone()
            .map_err(S3Error::internal_error)?;
        Ok(Self {
            file,
            output: File::from_std(output),
            hasher: expected.hasher(),
            size: 0,
        })
    }

    /// Writes all of `bytes`.
    pub(super) async fn write(
        &mut self,
        bytes: impl Stream<Item = S3Result<Bytes>> + Send,
    ) -> S3Result<()> {
        let mut bytes = std::pin::pin!(bytes);
        while let Some(chunk) = bytes.try_next().await? {
            self.hasher.update(&chunk);
            self.size += chunk.len() as u64;
            let written = self.output.write_all(&chunk).await;
            written.map_err(S3Error::internal_error)?;
        }
        Ok(())
    }

    /// What was written, if it is what was expected.
    pub(super) async fn finish(mut self, expected: &Expected) -> S3Result<Content> {
        self.output.flush().await.map_err(S3Error::internal_error)?;
        let digests = self.hasher.finish();
        expected.verify(&digests)?;
        Ok(Content {
            file: self.file,
            size: self.size,
            digests,
        })
    }
}

/// Writes what a client sends into `file`.
pub(super) async fn receive(
    body: Option<StreamingBlob>,
    file: NamedTempFile,
    expected: &Expected,
) -> S3Result<Content> {
    // A client that breaks off, or whose bytes are not those that it signed.
    let blame = |error| S3Error::with_source(S3ErrorCode::IncompleteBody, error);
    let mut writer = Writer::new(file, expected)?;
    if let Some(body) = body {
        writer.write(body.map_err(blame)).await?;
    }
    writer.finish(expected).await
}

/// The bytes of `span` of a file.
pub(super) fn read(
    file: std::fs::File,
    span: Range<u64>,
) -> impl Stream<Item = io::Result<Bytes>> + Send + Sync + 'static {
    let state = (File::from_std(file), span.start, span.end);
    stream::try_unfold(state, |(mut file, at, end)| async move {
        let chunk = read_chunk(&mut file, at..end).await?;
        let next = at.saturating_add(chunk.len() as u64);
        Ok((at < end).then_some((chunk, (file, next, end))))
    })
}

async fn read_chunk(file: &mut File, span: Range<u64>) -> io::Result<Bytes> {
    let left = span.end.saturating_sub(span.start);
    let mut chunk = vec![0; usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK))];
    file.seek(SeekFrom::Start(span.start)).await?;
    file.read_exact(&mut chunk).await?;
    Ok(chunk.into())
}
