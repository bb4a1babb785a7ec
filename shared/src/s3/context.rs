//! The condition keys of a request ("Actions, resources, and condition keys for Amazon S3").

use super::parameters::Parameters;
use super::resource::Object;

pub(super) const VERSION_ID: &str = "s3:VersionId";

/// Parameters that are condition keys, with the key's name after `s3:`.
const OF_PARAMETERS: [(&str, &str); 4] = [
    ("delimiter", "delimiter"),
    ("max-keys", "max-keys"),
    ("prefix", "prefix"),
    ("versionId", "VersionId"),
];

/// Headers that are condition keys under `s3:` and their own name.
const HEADERS: [&str; 16] = [
    "x-amz-acl",
    "x-amz-content-sha256",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
    "x-amz-metadata-directive",
    "x-amz-object-ownership",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-storage-class",
    "x-amz-tagging-directive",
    "x-amz-website-redirect-location",
    "x-amz-copy-source-server-side-encryption-customer-algorithm",
];

/// Headers of object lock, with the condition key's name after `s3:`.
const OBJECT_LOCK: [(&str, &str); 3] = [
    ("x-amz-object-lock-legal-hold", "object-lock-legal-hold"),
    ("x-amz-object-lock-mode", "object-lock-mode"),
    (
        "x-amz-object-lock-retain-until-date",
        "object-lock-retain-until-date",
    ),
];

/// The condition keys of a request and their values.
pub(super) fn facts<'a>(
    parameters: &Parameters,
    source: Option<&Object>,
    header: impl Fn(&str) -> Option<&'a str>,
) -> Vec<(String, String)> {
    let auth_type = match header("authorization") {
        Some(_) => "REST-HEADER",
        None => "REST-QUERY-STRING",
    };
    let of_parameters = OF_PARAMETERS
        .iter()
        .filter_map(|(name, key)| Some((*key, parameters.get(name)?)));
    let of_headers = HEADERS
        .iter()
        .map(|name| (*name, *name))
        .chain(OBJECT_LOCK)
        .filter_map(|(name, key)| Some((key, header(name)?)));
    // One form, however the client has written it.
    let copied = source.map(|source| format!("{}/{}", source.bucket, source.key));
    let of_source = copied
        .as_deref()
        .map(|source| ("x-amz-copy-source", source));
    [
        ("authType", auth_type),
        ("signatureversion", "AWS4-HMAC-SHA256"),
    ]
    .into_iter()
    .chain(of_parameters)
    .chain(of_headers)
    .chain(of_source)
    .map(|(key, value)| (format!("s3:{key}"), value.to_owned()))
    .collect()
}
