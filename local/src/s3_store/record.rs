//! What is known of an object beside its bytes.

use std::collections::HashMap;

use s3s::dto::{ETag, Timestamp};
use serde::{Deserialize, Serialize};

use super::digests::Checksums;

/// An object as the JSON file beside its bytes has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) key: String,
    /// The name of the file with the bytes.
    pub(super) file: String,
    pub(super) size: u64,
    pub(super) etag: String,
    pub(super) modified: Timestamp,
    /// The sizes of the parts; none if the object was not uploaded in parts.
    pub(super) parts: Vec<u64>,
    pub(super) checksums: Checksums,
    pub(super) description: Description,
}

/// What a client says of an object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Description {
    pub(super) cache_control: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_language: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) expires: Option<Timestamp>,
    pub(super) metadata: HashMap<String, String>,
    pub(super) website_redirect_location: Option<String>,
    pub(super) tags: Vec<(String, String)>,
}

/// What an input says of an object.
macro_rules! description_of {
    ($input:expr) => {
        $crate::s3_store::record::Description {
            cache_control: $input.cache_control.clone(),
            content_disposition: $input.content_disposition.clone(),
            content_encoding: $crate::s3_store::record::encoding(
                $input.content_encoding.as_deref(),
            ),
            content_language: $input.content_language.clone(),
            content_type: $input.content_type.clone(),
            expires: $input.expires.clone(),
            metadata: $input.metadata.clone().unwrap_or_default(),
            website_redirect_location: $input.website_redirect_location.clone(),
            tags: $crate::s3_store::tags::parse($input.tagging.as_deref().unwrap_or_default())?,
        }
    };
}

/// An output with what is known of an object.
macro_rules! output_of {
    ($output:ident, $record:expr) => {{
        let description = $record.description.clone();
        let content_type = description.content_type;
        $output {
            accept_ranges: Some("bytes".to_owned()),
            cache_control: description.cache_control,
            content_disposition: description.content_disposition,
            content_encoding: description.content_encoding,
            content_language: description.content_language,
            content_type: content_type.or_else(|| Some("binary/octet-stream".to_owned())),
            e_tag: Some($record.etag()),
            expires: description.expires,
            last_modified: Some($record.modified.clone()),
            metadata: Some(description.metadata),
            website_redirect_location: description.website_redirect_location,
            ..$output::default()
        }
    }};
}

pub(super) use {description_of, output_of};

impl Record {
    pub(super) fn etag(&self) -> ETag {
        ETag::Strong(self.etag.clone())
    }
}

/// A content encoding without `aws-chunked`, which is about the transfer and no longer true.
pub(super) fn encoding(value: Option<&str>) -> Option<String> {
    let encodings = value?.split(',').map(str::trim);
    let kept: Vec<_> = encodings.filter(|&name| name != "aws-chunked").collect();
    Some(kept.join(",")).filter(|value| !value.is_empty())
}

/// A length as the protocol's fields have it.
pub(super) fn length(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
