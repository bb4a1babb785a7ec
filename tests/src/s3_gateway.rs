//! The S3 gateway of the local stack, over a directory of its own.

use std::process::Stdio;

use hyper::Request;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use ring::digest::{SHA256, digest};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::client::{Client, Signer};
use crate::process::{binary, listening};
use crate::sts::{TestSts, user};

/// A gateway with the bucket `demo`.
#[derive(Debug)]
pub struct S3Gateway {
    /// Where it listens.
    pub client: Client,
    _root: TempDir,
    _process: Child,
}

impl S3Gateway {
    /// Starts it beside a service, whose table it reads every time.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn start(sts: &TestSts) -> Self {
        let root = TempDir::new().expect("a directory");
        std::fs::create_dir(root.path().join("demo")).expect("a bucket");
        let mut command = Command::new(binary("sts-local"));
        let command = command
            .args(["s3-gateway", "--port", "0", "--root"])
            .arg(root.path())
            .envs(sts.table.env(&sts.table.url))
            .stderr(Stdio::null());
        let (process, url) = listening(command).await;
        Self {
            client: Client::new(&url),
            _root: root,
            _process: process,
        }
    }

    /// A request with that body, to be signed.
    pub fn request(
        &self,
        method: &str,
        target: &str,
        headers: &[(&'static str, &str)],
        body: &'static str,
    ) -> Request<Bytes> {
        request(&self.client, (method, target), headers, body)
    }

    /// The status of a request that the user of the service signs.
    pub async fn send(&self, request: Request<Bytes>) -> u16 {
        let reply = self.client.send(signer().sign(request)).await;
        reply.status.as_u16()
    }
}

/// A request with that body, to be signed.
///
/// # Panics
///
/// When a header's value is none.
pub fn request(
    client: &Client,
    (method, target): (&str, &str),
    headers: &[(&'static str, &str)],
    body: &'static str,
) -> Request<Bytes> {
    let mut request = client.request(method, target);
    let hash = hex::encode(digest(&SHA256, body.as_bytes()));
    for (name, value) in headers.iter().chain(&[("x-amz-content-sha256", &*hash)]) {
        let value = HeaderValue::from_str(value).expect("a value");
        request.headers_mut().insert(*name, value);
    }
    *request.body_mut() = body.into();
    request
}

/// The user of the service, signing for S3.
pub fn signer() -> Signer {
    let mut signer = user();
    "s3".clone_into(&mut signer.service);
    signer
}
