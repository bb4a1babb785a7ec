//! The canonical path.

use std::borrow::Cow;

use percent_encoding::utf8_percent_encode;

use super::encoding::{self, RESERVED};

/// How a service's signers canonicalize the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathStyle {
    /// Every service but S3: dot segments and repeated slashes are removed, then the path
    /// that was sent is encoded once more.
    Normalized,
    /// S3: every segment of the path that was sent counts, encoded once.
    AsIs,
}

impl PathStyle {
    /// The canonical form of a path that starts with `/` or is empty.
    ///
    /// `None` when the path is not absolute, climbs above the root or, encoded once, has a
    /// broken escape: nothing that a signer would sign.
    pub(super) fn canonical(self, path: &str) -> Option<Cow<'_, str>> {
        if path.is_empty() || path == "/" {
            return Some(Cow::Borrowed("/"));
        }
        let segments = path.strip_prefix('/')?.split('/');
        match self {
            Self::Normalized => normalize(segments),
            Self::AsIs => encode_once(segments),
        }
        .map(Cow::Owned)
    }
}

/// RFC 3986, section 5.2.4, and empty segments are removed too.
fn normalize<'a>(segments: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut kept = Vec::new();
    let mut is_directory = false;
    for segment in segments {
        is_directory = matches!(segment, "" | "." | "..");
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop()?;
            }
            name => kept.push(name),
        }
    }
    let mut path = String::new();
    for segment in &kept {
        path.push('/');
        path.extend(utf8_percent_encode(segment, RESERVED));
    }
    if is_directory || kept.is_empty() {
        path.push('/');
    }
    Some(path)
}

/// Encodes each segment by itself, so that `%2F` stays different from `/`.
fn encode_once<'a>(segments: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut path = String::new();
    for segment in segments {
        path.push('/');
        path.push_str(&encoding::canonical(segment).ok()?);
    }
    Some(path)
}
