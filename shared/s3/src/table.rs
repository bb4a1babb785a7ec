//! The operations of the S3 API, their requests and their actions.

use super::headers::{GRANTS, WRITING};
use super::parameters::Parameters;
use super::resource::Target;

/// Method, parameters that make the operation, its name, its action.
type BucketRow = (&'static str, &'static str, &'static str, &'static str);

/// Like [`BucketRow`], and the action on a version; empty where no version can be named.
type ObjectRow = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const SERVICE: [BucketRow; 1] = [("GET", "", "ListBuckets", "s3:ListAllMyBuckets")];

#[rustfmt::skip]
const BUCKET: [BucketRow; 67] = [
    ("PUT", "", "CreateBucket", "s3:CreateBucket"),
    ("HEAD", "", "HeadBucket", "s3:ListBucket"),
    ("DELETE", "", "DeleteBucket", "s3:DeleteBucket"),
    ("GET", "", "ListObjects", "s3:ListBucket"),
    ("GET", "list-type=2", "ListObjectsV2", "s3:ListBucket"),
    ("GET", "versions", "ListObjectVersions", "s3:ListBucketVersions"),
    ("GET", "uploads", "ListMultipartUploads", "s3:ListBucketMultipartUploads"),
    ("POST", "delete", "DeleteObjects", ""),
    ("GET", "accelerate", "GetBucketAccelerateConfiguration", "s3:GetAccelerateConfiguration"),
    ("PUT", "accelerate", "PutBucketAccelerateConfiguration", "s3:PutAccelerateConfiguration"),
    ("GET", "acl", "GetBucketAcl", "s3:GetBucketAcl"),
    ("PUT", "acl", "PutBucketAcl", "s3:PutBucketAcl"),
    ("GET", "analytics", "ListBucketAnalyticsConfigurations", "s3:GetAnalyticsConfiguration"),
    ("GET", "analytics&id", "GetBucketAnalyticsConfiguration", "s3:GetAnalyticsConfiguration"),
    ("PUT", "analytics&id", "PutBucketAnalyticsConfiguration", "s3:PutAnalyticsConfiguration"),
    ("DELETE", "analytics&id", "DeleteBucketAnalyticsConfiguration", "s3:PutAnalyticsConfiguration"),
    ("GET", "cors", "GetBucketCors", "s3:GetBucketCORS"),
    ("PUT", "cors", "PutBucketCors", "s3:PutBucketCORS"),
    ("DELETE", "cors", "DeleteBucketCors", "s3:PutBucketCORS"),
    ("GET", "encryption", "GetBucketEncryption", "s3:GetEncryptionConfiguration"),
    ("PUT", "encryption", "PutBucketEncryption", "s3:PutEncryptionConfiguration"),
    ("DELETE", "encryption", "DeleteBucketEncryption", "s3:PutEncryptionConfiguration"),
    ("GET", "intelligent-tiering", "ListBucketIntelligentTieringConfigurations", "s3:GetIntelligentTieringConfiguration"),
    ("GET", "intelligent-tiering&id", "GetBucketIntelligentTieringConfiguration", "s3:GetIntelligentTieringConfiguration"),
    ("PUT", "intelligent-tiering&id", "PutBucketIntelligentTieringConfiguration", "s3:PutIntelligentTieringConfiguration"),
    ("DELETE", "intelligent-tiering&id", "DeleteBucketIntelligentTieringConfiguration", "s3:PutIntelligentTieringConfiguration"),
    ("GET", "inventory", "ListBucketInventoryConfigurations", "s3:GetInventoryConfiguration"),
    ("GET", "inventory&id", "GetBucketInventoryConfiguration", "s3:GetInventoryConfiguration"),
    ("PUT", "inventory&id", "PutBucketInventoryConfiguration", "s3:PutInventoryConfiguration"),
    ("DELETE", "inventory&id", "DeleteBucketInventoryConfiguration", "s3:PutInventoryConfiguration"),
    ("GET", "lifecycle", "GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration"),
    ("PUT", "lifecycle", "PutBucketLifecycleConfiguration", "s3:PutLifecycleConfiguration"),
    ("DELETE", "lifecycle", "DeleteBucketLifecycle", "s3:PutLifecycleConfiguration"),
    ("GET", "location", "GetBucketLocation", "s3:GetBucketLocation"),
    ("GET", "logging", "GetBucketLogging", "s3:GetBucketLogging"),
    ("PUT", "logging", "PutBucketLogging", "s3:PutBucketLogging"),
    ("GET", "metrics", "ListBucketMetricsConfigurations", "s3:GetMetricsConfiguration"),
    ("GET", "metrics&id", "GetBucketMetricsConfiguration", "s3:GetMetricsConfiguration"),
    ("PUT", "metrics&id", "PutBucketMetricsConfiguration", "s3:PutMetricsConfiguration"),
    ("DELETE", "metrics&id", "DeleteBucketMetricsConfiguration", "s3:PutMetricsConfiguration"),
    ("GET", "notification", "GetBucketNotificationConfiguration", "s3:GetBucketNotification"),
    ("PUT", "notification", "PutBucketNotificationConfiguration", "s3:PutBucketNotification"),
    ("GET", "object-lock", "GetObjectLockConfiguration", "s3:GetBucketObjectLockConfiguration"),
    ("PUT", "object-lock", "PutObjectLockConfiguration", "s3:PutBucketObjectLockConfiguration"),
    ("GET", "ownershipControls", "GetBucketOwnershipControls", "s3:GetBucketOwnershipControls"),
    ("PUT", "ownershipControls", "PutBucketOwnershipControls", "s3:PutBucketOwnershipControls"),
    ("DELETE", "ownershipControls", "DeleteBucketOwnershipControls", "s3:PutBucketOwnershipControls"),
    ("GET", "policy", "GetBucketPolicy", "s3:GetBucketPolicy"),
    ("PUT", "policy", "PutBucketPolicy", "s3:PutBucketPolicy"),
    ("DELETE", "policy", "DeleteBucketPolicy", "s3:DeleteBucketPolicy"),
    ("GET", "policyStatus", "GetBucketPolicyStatus", "s3:GetBucketPolicyStatus"),
    ("GET", "publicAccessBlock", "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
    ("PUT", "publicAccessBlock", "PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
    ("DELETE", "publicAccessBlock", "DeletePublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
    ("GET", "replication", "GetBucketReplication", "s3:GetReplicationConfiguration"),
    ("PUT", "replication", "PutBucketReplication", "s3:PutReplicationConfiguration"),
    ("DELETE", "replication", "DeleteBucketReplication", "s3:PutReplicationConfiguration"),
    ("GET", "requestPayment", "GetBucketRequestPayment", "s3:GetBucketRequestPayment"),
    ("PUT", "requestPayment", "PutBucketRequestPayment", "s3:PutBucketRequestPayment"),
    ("GET", "tagging", "GetBucketTagging", "s3:GetBucketTagging"),
    ("PUT", "tagging", "PutBucketTagging", "s3:PutBucketTagging"),
    ("DELETE", "tagging", "DeleteBucketTagging", "s3:PutBucketTagging"),
    ("GET", "versioning", "GetBucketVersioning", "s3:GetBucketVersioning"),
    ("PUT", "versioning", "PutBucketVersioning", "s3:PutBucketVersioning"),
    ("GET", "website", "GetBucketWebsite", "s3:GetBucketWebsite"),
    ("PUT", "website", "PutBucketWebsite", "s3:PutBucketWebsite"),
    ("DELETE", "website", "DeleteBucketWebsite", "s3:DeleteBucketWebsite"),
];

#[rustfmt::skip]
const OBJECT: [ObjectRow; 24] = [
    ("GET", "", "GetObject", "s3:GetObject", "s3:GetObjectVersion"),
    ("GET", "partNumber", "GetObject", "s3:GetObject", "s3:GetObjectVersion"),
    ("HEAD", "", "HeadObject", "s3:GetObject", "s3:GetObjectVersion"),
    ("HEAD", "partNumber", "HeadObject", "s3:GetObject", "s3:GetObjectVersion"),
    ("PUT", "", "PutObject", "s3:PutObject", ""),
    ("DELETE", "", "DeleteObject", "s3:DeleteObject", "s3:DeleteObjectVersion"),
    ("GET", "acl", "GetObjectAcl", "s3:GetObjectAcl", "s3:GetObjectVersionAcl"),
    ("PUT", "acl", "PutObjectAcl", "s3:PutObjectAcl", "s3:PutObjectVersionAcl"),
    ("GET", "attributes", "GetObjectAttributes", "s3:GetObjectAttributes", "s3:GetObjectVersionAttributes"),
    ("GET", "legal-hold", "GetObjectLegalHold", "s3:GetObjectLegalHold", "s3:GetObjectLegalHold"),
    ("PUT", "legal-hold", "PutObjectLegalHold", "s3:PutObjectLegalHold", "s3:PutObjectLegalHold"),
    ("GET", "retention", "GetObjectRetention", "s3:GetObjectRetention", "s3:GetObjectRetention"),
    ("PUT", "retention", "PutObjectRetention", "s3:PutObjectRetention", "s3:PutObjectRetention"),
    ("POST", "restore", "RestoreObject", "s3:RestoreObject", "s3:RestoreObject"),
    ("POST", "select&select-type=2", "SelectObjectContent", "s3:GetObject", ""),
    ("GET", "tagging", "GetObjectTagging", "s3:GetObjectTagging", "s3:GetObjectVersionTagging"),
    ("PUT", "tagging", "PutObjectTagging", "s3:PutObjectTagging", "s3:PutObjectVersionTagging"),
    ("DELETE", "tagging", "DeleteObjectTagging", "s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"),
    ("GET", "torrent", "GetObjectTorrent", "s3:GetObjectTorrent", "s3:GetObjectVersionTorrent"),
    ("POST", "uploads", "CreateMultipartUpload", "s3:PutObject", ""),
    ("PUT", "partNumber&uploadId", "UploadPart", "s3:PutObject", ""),
    ("GET", "uploadId", "ListParts", "s3:ListMultipartUploadParts", ""),
    ("POST", "uploadId", "CompleteMultipartUpload", "s3:PutObject", ""),
    ("DELETE", "uploadId", "AbortMultipartUpload", "s3:AbortMultipartUpload", ""),
];

/// Any of the headers, and the action that they need.
pub(super) type OfHeaders = (&'static [&'static str], &'static str);

const OF_BUCKET_HEADERS: [OfHeaders; 4] = [
    (&GRANTS, "s3:PutBucketAcl"),
    (
        &["x-amz-bucket-object-lock-enabled"],
        "s3:PutBucketObjectLockConfiguration",
    ),
    (
        &["x-amz-bucket-object-lock-enabled"],
        "s3:PutBucketVersioning",
    ),
    (&["x-amz-object-ownership"], "s3:PutBucketOwnershipControls"),
];

const OF_OBJECT_HEADERS: [OfHeaders; 4] = [
    (&GRANTS, "s3:PutObjectAcl"),
    (&["x-amz-tagging"], "s3:PutObjectTagging"),
    (
        &[
            "x-amz-object-lock-mode",
            "x-amz-object-lock-retain-until-date",
        ],
        "s3:PutObjectRetention",
    ),
    (&["x-amz-object-lock-legal-hold"], "s3:PutObjectLegalHold"),
];

/// A row of the tables.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    name: &'static str,
    action: &'static str,
    version_action: &'static str,
}

/// The row of a request, if its method and parameters make an operation.
pub(super) fn find(method: &str, target: &Target, parameters: &Parameters) -> Option<Row> {
    let fits = |row_method: &str, terms: &str| {
        let terms: Vec<&str> = terms.split('&').filter(|term| !term.is_empty()).collect();
        row_method == method && parameters.are(&terms)
    };
    let of_bucket = |row: &BucketRow| Row {
        name: row.2,
        action: row.3,
        version_action: "",
    };
    match target {
        Target::Service => SERVICE.iter().find(|row| fits(row.0, row.1)).map(of_bucket),
        Target::Bucket(_) => BUCKET.iter().find(|row| fits(row.0, row.1)).map(of_bucket),
        Target::Object(_) => {
            let row = OBJECT.iter().find(|row| fits(row.0, row.1))?;
            Some(Row {
                name: row.2,
                action: row.3,
                version_action: row.4,
            })
        }
    }
}

/// Whether an operation needs an action, which is compared without regard to case.
pub(super) fn has_action(action: &str) -> bool {
    let of_buckets = SERVICE.iter().chain(&BUCKET).map(|row| row.3);
    let of_objects = OBJECT.iter().flat_map(|row| [row.3, row.4]);
    let mut actions = of_buckets.chain(of_objects);
    !action.is_empty() && actions.any(|it| it.eq_ignore_ascii_case(action))
}

/// What the headers of an operation need besides its own action.
pub(super) fn actions_of_headers(name: &str) -> &'static [OfHeaders] {
    match name {
        "CreateBucket" => &OF_BUCKET_HEADERS,
        name if WRITING.contains(&name) => &OF_OBJECT_HEADERS,
        _ => &[],
    }
}

impl Row {
    /// Whether the operation copies when the request names a copy source.
    pub(super) fn copies(&self, has_source: bool) -> bool {
        has_source && matches!(self.name, "PutObject" | "UploadPart")
    }

    /// The operation's name.
    pub(super) fn name(&self, copies: bool) -> &'static str {
        match (self.name, copies) {
            ("PutObject", true) => "CopyObject",
            ("UploadPart", true) => "UploadPartCopy",
            (name, _) => name,
        }
    }

    /// The actions on the resource; `None` when the operation knows no versions.
    pub(super) fn actions(&self, is_versioned: bool) -> Option<Vec<&'static str>> {
        let action = if is_versioned {
            self.version_action
        } else {
            self.action
        };
        match (self.name, action, is_versioned) {
            ("DeleteObjects", _, false) => Some(Vec::new()),
            (_, "", _) => None,
            ("GetObjectAttributes", action, false) => Some(vec!["s3:GetObject", action]),
            ("GetObjectAttributes", action, true) => Some(vec!["s3:GetObjectVersion", action]),
            (_, action, _) => Some(vec![action]),
        }
    }
}
