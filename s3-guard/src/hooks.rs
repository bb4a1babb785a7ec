//! What s3s asks while it serves a request that was allowed.

use std::sync::Arc;

use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::dto::{CopySource, DeleteObjectsInput};
use s3s::path::S3Path;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};
use shared::model::SecretAccessKey;
use shared::permissions::Rights;
use shared::policy::Context;
use shared::s3::{Object, Operation};
use shared::verify::Refusal;

use crate::denied::Denied;
use crate::keys::KeyStyle;

tokio::task_local! {
    /// The request that is being served. s3s asks for a secret by access key alone.
    pub(crate) static CURRENT: Arc<Granted>;
}

/// A request whose signature is verified, and what its caller may do.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) access_key: String,
    pub(crate) secret: SecretAccessKey,
    pub(crate) operation: Operation,
    pub(crate) rights: Rights,
    /// Of caller and connection; each operation adds its own keys.
    pub(crate) context: Context,
    pub(crate) keys: KeyStyle,
}

impl Granted {
    /// Decides all that an operation asks for.
    pub(crate) async fn decide(&self, operation: &Operation) -> Result<(), Denied> {
        let mut context = self.context.clone();
        operation.add_context(&mut context);
        self.keys.check(operation, context.get("s3:prefix"))?;
        let verdict = self.rights.decide_all(&operation.asked(), &context).await;
        match verdict.ok_or(Refusal::NothingAsked)? {
            verdict if verdict.is_allowed() => Ok(()),
            verdict => Err(Denied::Verdict(Box::new(verdict))),
        }
    }

    /// Decides the deletion of one of many objects.
    async fn decide_deletion(&self, key: &str, version_id: Option<&str>) -> Result<(), Denied> {
        let deletion = self.operation.delete_of(key, version_id)?;
        self.decide(&deletion).await
    }

    fn is_the_operation(&self, cx: &S3AccessContext<'_>) -> bool {
        let credentials = cx.credentials();
        credentials.is_some_and(|credentials| credentials.access_key == self.access_key)
            && cx.s3_op().name() == self.operation.name
            && is_the_path(&self.operation, cx.s3_path())
            && is_the_source(self.operation.source.as_ref(), cx)
    }
}

/// The hooks, which know everything from [`CURRENT`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hooks;

#[async_trait::async_trait]
impl S3Auth for Hooks {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        CURRENT
            .try_with(|granted| {
                let secret = granted.secret.expose();
                (granted.access_key == access_key).then(|| SecretKey::from(secret))
            })
            .ok()
            .flatten()
            .ok_or_else(|| S3Error::new(S3ErrorCode::InvalidAccessKeyId))
    }
}

#[async_trait::async_trait]
impl S3Access for Hooks {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        if current()?.is_the_operation(cx) {
            Ok(())
        } else {
            Err(Denied::Mismatch.to_s3_error())
        }
    }

    /// All keys or none: nothing is deleted when one of them may not be.
    async fn delete_objects(&self, request: &mut S3Request<DeleteObjectsInput>) -> S3Result<()> {
        let granted = current()?;
        for object in &request.input.delete.objects {
            let version = object.version_id.as_deref();
            if let Err(denied) = granted.decide_deletion(&object.key, version).await {
                tracing::info!(reason = %denied, "refused");
                return Err(denied.to_s3_error());
            }
        }
        Ok(())
    }
}

fn current() -> S3Result<Arc<Granted>> {
    CURRENT
        .try_with(Clone::clone)
        .map_err(|_| Denied::Mismatch.to_s3_error())
}

fn is_the_path(operation: &Operation, path: &S3Path) -> bool {
    path.get_bucket_name() == operation.bucket.as_deref()
        && path.get_object_key() == operation.key.as_deref()
}

/// Whether s3s copies from the object that was decided about.
fn is_the_source(expected: Option<&Object>, cx: &S3AccessContext<'_>) -> bool {
    let Some(expected) = expected else {
        return true;
    };
    let header = cx.headers().get("x-amz-copy-source");
    let source = header.and_then(|value| value.to_str().ok());
    match source.map(CopySource::parse) {
        Some(Ok(CopySource::Bucket {
            bucket,
            key,
            version_id,
        })) => {
            *bucket == *expected.bucket
                && *key == *expected.key
                && version_id.as_deref() == expected.version_id.as_deref()
        }
        _ => false,
    }
}
