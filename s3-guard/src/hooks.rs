//! What s3s asks while it serves a request that was allowed.

use std::sync::Arc;

use domain::permissions::Rights;
use domain::verify::Refusal;
use model::SecretAccessKey;
use policy::{Context, Keys};
use s3::{Check, Moments, Object, Operation};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::dto::{
    BucketLocationConstraint, CopySource, CreateBucketInput, DeleteObjectsInput,
    ObjectLockLegalHoldStatus, ObjectLockRetentionMode, PutObjectLegalHoldInput,
    PutObjectRetentionInput, PutObjectTaggingInput, Timestamp, TimestampFormat,
};
use s3s::path::S3Path;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};

use crate::denied::Denied;
use crate::keys::KeyStyle;
use crate::tags::{Found, ObjectTags};

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
    pub(crate) moments: Moments,
    pub(crate) keys: KeyStyle,
    pub(crate) tags: Option<Arc<dyn ObjectTags>>,
}

/// What stands in a request's body, which is read after the head was decided about.
const IN_THE_BODY: [&str; 5] = [
    "CreateBucket",
    "DeleteObjects",
    "PutObjectLegalHold",
    "PutObjectRetention",
    "PutObjectTagging",
];

impl Granted {
    /// Whether policies cannot be asked before the body is read.
    pub(crate) fn decides_later(&self) -> bool {
        IN_THE_BODY.contains(&self.operation.name)
    }

    /// Decides all that an operation asks for.
    pub(crate) async fn decide(&self, mut operation: Operation) -> Result<(), Denied> {
        self.keys.check(&operation)?;
        self.look_tags_up(&mut operation).await;
        let asked = operation.asked(&self.context, self.moments);
        let verdict = self.rights.decide_all(&asked).await;
        match verdict.ok_or(Refusal::NothingAsked)? {
            verdict if verdict.is_allowed() => Ok(()),
            verdict => Err(Denied::Verdict(Box::new(verdict))),
        }
    }

    /// Decides an operation of which the body has told the rest.
    async fn decide_with_body(&self, tell: impl FnOnce(&mut Operation)) -> S3Result<()> {
        let mut operation = self.operation.clone();
        tell(&mut operation);
        report(self.decide(operation).await)
    }

    /// Decides the deletion of one of many objects.
    async fn decide_deletion(&self, key: &str, version_id: Option<&str>) -> S3Result<()> {
        let decided = match self.operation.delete_of(key, version_id) {
            Ok(deletion) => self.decide(deletion).await,
            Err(error) => Err(error.into()),
        };
        report(decided)
    }

    /// Asks the store for the tags of objects, if and only if a policy does.
    async fn look_tags_up(&self, operation: &mut Operation) {
        let Some(tags) = &self.tags else {
            return;
        };
        let mut tags = Found::new(&**tags);
        let permissions = self.rights.permissions();
        let asks_for = |keys: Keys| keys.iter().any(|key| permissions.have_key(key));
        if let Some(source) = operation.source.as_ref().filter(|_| operation.copies_tags)
            && asks_for(s3::REQUEST_TAGS)
            && let Some(copied) = tags.of(source).await
        {
            operation.set_tags(copied);
        }
        let may_ask = operation.checks.iter().any(Check::may_ask_for_tags);
        if !may_ask || !asks_for(s3::EXISTING_TAGS) {
            return;
        }
        for check in &mut operation.checks {
            if check.may_ask_for_tags()
                && let Some(object) = &check.object
            {
                check.existing_tags = tags.of(object).await;
            }
        }
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
            granted.decide_deletion(&object.key, version).await?;
        }
        Ok(())
    }

    async fn create_bucket(&self, request: &mut S3Request<CreateBucketInput>) -> S3Result<()> {
        let configuration = request.input.create_bucket_configuration.as_ref();
        let location = configuration.and_then(|c| c.location_constraint.as_ref());
        let location = location.map(BucketLocationConstraint::as_str);
        let tell = |operation: &mut Operation| operation.set_location(location);
        current()?.decide_with_body(tell).await
    }

    async fn put_object_tagging(
        &self,
        request: &mut S3Request<PutObjectTaggingInput>,
    ) -> S3Result<()> {
        let set = &request.input.tagging.tag_set;
        let tags = set.iter().map(|tag| {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            (text(&tag.key), text(&tag.value))
        });
        let tags = tags.collect();
        let tell = |operation: &mut Operation| operation.set_tags(tags);
        current()?.decide_with_body(tell).await
    }

    async fn put_object_retention(
        &self,
        request: &mut S3Request<PutObjectRetentionInput>,
    ) -> S3Result<()> {
        let retention = request.input.retention.as_ref();
        let mode = retention.and_then(|r| r.mode.as_ref());
        let mode = mode.map(ObjectLockRetentionMode::as_str);
        let until = retention.and_then(|r| r.retain_until_date.as_ref());
        // What cannot be written down again is not known.
        let until = until.map(|date| iso8601(date).unwrap_or_default());
        let tell = |operation: &mut Operation| operation.set_retention(mode, until.as_deref());
        current()?.decide_with_body(tell).await
    }

    async fn put_object_legal_hold(
        &self,
        request: &mut S3Request<PutObjectLegalHoldInput>,
    ) -> S3Result<()> {
        let hold = request.input.legal_hold.as_ref();
        let status = hold.and_then(|hold| hold.status.as_ref());
        let status = status.map(ObjectLockLegalHoldStatus::as_str);
        let tell = |operation: &mut Operation| operation.set_legal_hold(status);
        current()?.decide_with_body(tell).await
    }
}

fn iso8601(date: &Timestamp) -> Option<String> {
    let mut text = Vec::new();
    date.format(TimestampFormat::DateTime, &mut text).ok()?;
    String::from_utf8(text).ok()
}

fn report(decided: Result<(), Denied>) -> S3Result<()> {
    decided.map_err(|denied| {
        tracing::info!(reason = %denied, "refused");
        denied.to_s3_error()
    })
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
