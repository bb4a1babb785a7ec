//! Tests of the store by its operations, without a server.

mod lists;
mod objects;
mod reads;
mod uploads;

use clock::UnixTime;
use futures_util::{TryStreamExt as _, stream};
use http::{Extensions, HeaderMap, Method, Uri};
use hyper::body::Bytes;
use s3s::S3ErrorCode;
use s3s::dto::{ETag, ETagCondition, StreamingBlob};
use tempfile::TempDir;

use super::*;

/// The time of every store, which stands still.
const NOW: UnixTime = UnixTime::from_secs(1000);

/// A store with the bucket `demo`.
struct TestStore {
    store: Store,
    root: TempDir,
}

impl TestStore {
    fn new() -> Self {
        let root = TempDir::new().unwrap();
        std::fs::create_dir(root.path().join("demo")).unwrap();
        let store = Store::open(root.path(), Arc::new(NOW)).unwrap();
        Self { store, root }
    }

    async fn put(&self, key: &str, body: &str) {
        let put = request(put_of(key, body));
        self.store.put_object(put).await.unwrap();
    }

    async fn get(&self, key: &str) -> Result<String, S3ErrorCode> {
        let output = self.store.get_object(request(get_of(key))).await;
        Ok(text(output.map_err(|error| code(&error))?.body.unwrap()).await)
    }

    /// The names of the files in a directory of the store.
    fn files(&self, directory: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.root.path().join(directory)).unwrap();
        let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
        entries
            .map(|entry| name(entry).into_string().unwrap())
            .collect()
    }
}

fn request<T>(input: T) -> S3Request<T> {
    S3Request {
        input,
        method: Method::GET,
        uri: Uri::default(),
        headers: HeaderMap::new(),
        extensions: Extensions::new(),
        credentials: None,
        region: None,
        service: None,
        trailing_headers: None,
    }
}

fn put_of(key: &str, body: &str) -> PutObjectInput {
    PutObjectInput {
        bucket: "demo".to_owned(),
        key: key.to_owned(),
        body: Some(blob(body)),
        ..PutObjectInput::default()
    }
}

fn get_of(key: &str) -> GetObjectInput {
    GetObjectInput {
        bucket: "demo".to_owned(),
        key: key.to_owned(),
        ..GetObjectInput::default()
    }
}

fn blob(body: &str) -> StreamingBlob {
    let bytes = Bytes::from(body.to_owned());
    StreamingBlob::wrap(stream::iter([Ok::<_, std::io::Error>(bytes)]))
}

async fn text(body: StreamingBlob) -> String {
    let chunks: Vec<Bytes> = body.try_collect().await.unwrap();
    String::from_utf8(chunks.concat()).unwrap()
}

fn code(error: &S3Error) -> S3ErrorCode {
    error.code().clone()
}

/// With which code a store refuses, if it does.
fn refused<T>(result: S3Result<T>) -> Option<S3ErrorCode> {
    result.err().map(|error| code(&error))
}

fn etag(value: &str) -> ETagCondition {
    ETagCondition::ETag(ETag::Strong(value.to_owned()))
}
