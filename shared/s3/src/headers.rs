//! Headers that are condition keys, the operations that read them, and the values that all readers
//! take for the same.

/// Headers by which a client protects what is there from being overwritten.
pub(super) const PRECONDITIONS: [&str; 2] = ["if-match", "if-none-match"];

/// Headers that are condition keys under `s3:` and their own name, by the operations that read
/// them. What an operation does not read says nothing of it.
const READ: [(&[&str], &[&str]); 6] = [
    (
        &[
            "CompleteMultipartUpload",
            "GetObject",
            "HeadObject",
            "PutObject",
        ],
        &PRECONDITIONS,
    ),
    (
        &[
            "CopyObject",
            "CreateBucket",
            "CreateMultipartUpload",
            "PutBucketAcl",
            "PutObject",
            "PutObjectAcl",
        ],
        &GRANTS,
    ),
    (&["CopyObject"], &["x-amz-metadata-directive"]),
    (&["CreateBucket"], &["x-amz-object-ownership"]),
    (
        WRITING,
        &[
            "x-amz-server-side-encryption",
            "x-amz-server-side-encryption-aws-kms-key-id",
            "x-amz-storage-class",
            "x-amz-website-redirect-location",
        ],
    ),
    (
        &[
            "CompleteMultipartUpload",
            "CopyObject",
            "CreateMultipartUpload",
            "PutObject",
            "UploadPart",
            "UploadPartCopy",
        ],
        &["x-amz-server-side-encryption-customer-algorithm"],
    ),
];

/// Headers that set an access list.
pub(super) const GRANTS: [&str; 6] = [
    "x-amz-acl",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
];

/// Operations whose head says what becomes of a new object.
pub(super) const WRITING: &[&str] = &["CopyObject", "CreateMultipartUpload", "PutObject"];

/// Keys that have few values. Another spelling may be one of them to some reader.
const FEW: [(&str, &[&str]); 6] = [
    ("s3:object-lock-legal-hold", &["OFF", "ON"]),
    ("s3:object-lock-mode", &["COMPLIANCE", "GOVERNANCE"]),
    (
        "s3:x-amz-acl",
        &[
            "authenticated-read",
            "aws-exec-read",
            "bucket-owner-full-control",
            "bucket-owner-read",
            "log-delivery-write",
            "private",
            "public-read",
            "public-read-write",
        ],
    ),
    ("s3:x-amz-metadata-directive", &["COPY", "REPLACE"]),
    (
        "s3:x-amz-object-ownership",
        &[
            "BucketOwnerEnforced",
            "BucketOwnerPreferred",
            "ObjectWriter",
        ],
    ),
    (
        "s3:x-amz-server-side-encryption",
        &["AES256", "aws:fsx", "aws:kms", "aws:kms:dsse"],
    ),
];

/// The headers that an operation reads, each of them a key under `s3:`.
pub(super) fn read_by(name: &str) -> impl Iterator<Item = &'static str> {
    let rows = READ.iter().filter(move |(names, _)| names.contains(&name));
    rows.flat_map(|(_, headers)| headers.iter().copied())
}

/// Whether all readers take a value for the same. Some take an empty one for none.
pub(super) fn has_one_reading(key: &str, value: &str) -> bool {
    let few = FEW.iter().find(|(name, _)| *name == key);
    !value.is_empty() && few.is_none_or(|(_, values)| values.contains(&value))
}

/// What becomes of the tags of an object that is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tagging {
    /// The new object has those that the request sets.
    Set,
    /// It has those of its source.
    Copied,
    /// Readers differ.
    Unclear,
}

impl Tagging {
    /// Reads the directive of an operation.
    pub(super) fn of<'a>(name: &str, header: impl Fn(&str) -> Option<&'a str>) -> Self {
        match header("x-amz-tagging-directive").map(str::trim_ascii) {
            _ if name != "CopyObject" => Self::Set,
            None | Some("COPY") => Self::Copied,
            Some("REPLACE") => Self::Set,
            Some(_) => Self::Unclear,
        }
    }
}
