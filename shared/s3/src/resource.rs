//! Buckets and objects, from paths and copy sources.

use percent_encoding::percent_decode_str;

use super::OperationError;

const ARN: &str = "arn:aws:s3:::";

/// The longest key, in bytes.
const MAX_KEY: usize = 1024;

/// An object, or one version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The bucket.
    pub bucket: String,
    /// The key, decoded.
    pub key: String,
    /// The version that is meant, if one is named.
    pub version_id: Option<String>,
}

impl Object {
    /// An object of a decoded key.
    pub(super) fn new(
        bucket: &str,
        key: &str,
        version_id: Option<&str>,
    ) -> Result<Self, OperationError> {
        let has_dots = key.split('/').any(|segment| matches!(segment, "." | ".."));
        let is_broken = key.is_empty() || key.len() > MAX_KEY || version_id == Some("");
        if !is_bucket(bucket) || has_dots || is_broken {
            return Err(OperationError::Malformed);
        }
        Ok(Self {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            version_id: version_id.map(str::to_owned),
        })
    }

    pub(super) fn arn(&self) -> String {
        format!("{ARN}{}/{}", self.bucket, self.key)
    }
}

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Service,
    Bucket(String),
    Object(Object),
}

impl Target {
    /// Reads `/`, `/bucket`, `/bucket/` or `/bucket/key`. In a key, `%2F` is a slash and `+` is
    /// a plus sign; a bucket's name needs no escapes and may have none.
    pub(super) fn parse(path: &str) -> Result<Self, OperationError> {
        let path = match path {
            "" => path,
            _ => path.strip_prefix('/').ok_or(OperationError::Malformed)?,
        };
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        match (bucket, key) {
            ("", "") if !path.contains('/') => Ok(Self::Service),
            (bucket, "") if is_bucket(bucket) => Ok(Self::Bucket(bucket.to_owned())),
            (bucket, key) => Object::new(bucket, &decode(key)?, None).map(Self::Object),
        }
    }

    /// The object in that version; what has no versions stays as it is.
    pub(super) fn in_version(&self, version_id: Option<&str>) -> Self {
        match self {
            Self::Object(object) => Self::Object(Object {
                version_id: version_id.map(str::to_owned),
                ..object.clone()
            }),
            other => other.clone(),
        }
    }

    pub(super) fn bucket(&self) -> Option<&str> {
        match self {
            Self::Service => None,
            Self::Bucket(bucket) | Self::Object(Object { bucket, .. }) => Some(bucket),
        }
    }

    pub(super) fn key(&self) -> Option<&str> {
        match self {
            Self::Object(object) => Some(&object.key),
            Self::Service | Self::Bucket(_) => None,
        }
    }

    pub(super) fn arn(&self) -> String {
        match self {
            Self::Service => format!("{ARN}*"),
            Self::Bucket(bucket) => format!("{ARN}{bucket}"),
            Self::Object(object) => object.arn(),
        }
    }
}

/// Reads `x-amz-copy-source`: `bucket/key` with or without a leading slash, percent-encoded,
/// and perhaps `?versionId=`. Access points are not known here.
///
/// Some readers take the source for a URL, with a fragment and more parameters.
pub(super) fn copy_source<'a>(
    header: impl Fn(&str) -> Option<&'a str>,
) -> Result<Object, OperationError> {
    let source = header("x-amz-copy-source").ok_or(OperationError::Malformed)?;
    if source.contains(['+', '#']) {
        return Err(OperationError::Ambiguous);
    }
    let (path, query) = match source.split_once('?') {
        None => (source, None),
        Some((path, query)) => (path, Some(query)),
    };
    let version_id = query.map(version_of_query).transpose()?;
    let elsewhere = header("x-amz-copy-source-version-id");
    // It is no header of the API; some stores heed it all the same.
    if elsewhere.is_some() && elsewhere != version_id.as_deref() {
        return Err(OperationError::Ambiguous);
    }
    let path = path.strip_prefix('/').unwrap_or(path);
    let (bucket, key) = path.split_once('/').ok_or(OperationError::Malformed)?;
    Object::new(bucket, &decode(key)?, version_id.as_deref())
}

/// Reads `versionId=`, followed by a version of unreserved characters and escapes (RFC 3986, 2.3).
fn version_of_query(query: &str) -> Result<String, OperationError> {
    let id = query.strip_prefix("versionId=");
    let id = id.ok_or(OperationError::Malformed)?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~%".contains(c);
    if !id.chars().all(is_plain) {
        return Err(OperationError::Ambiguous);
    }
    decode(id)
}

/// Decodes percent-encoding. Every escape must be whole and the result UTF-8.
pub(super) fn decode(text: &str) -> Result<String, OperationError> {
    let is_hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let mut parts = text.split('%').skip(1).map(str::as_bytes);
    if !parts.all(|part| is_hex(part.first()) && is_hex(part.get(1))) {
        return Err(OperationError::Malformed);
    }
    let decoded = percent_decode_str(text).decode_utf8();
    Ok(decoded.map_err(|_| OperationError::Malformed)?.into_owned())
}

/// Whether a bucket could have this name; stores are stricter.
fn is_bucket(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=255).contains(&name.len()) && name.chars().all(is_plain) && !matches!(name, "." | "..")
}
