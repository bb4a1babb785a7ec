//! Which bytes of an object a read is about.

use std::ops::Range;

use http::{HeaderMap, HeaderValue, header};
use s3s::{S3Error, S3Result, dto, s3_error};

use super::record::Record;

/// The bytes that a range or a part number selects; `None` if that is the object as a whole,
/// which is also the end of an object without bytes.
pub(super) fn select(
    record: &Record,
    range: Option<dto::Range>,
    part: Option<i32>,
) -> S3Result<Option<Range<u64>>> {
    match (range, part) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(s3_error!(
            InvalidRequest,
            "Cannot specify both Range header and partNumber query parameter."
        )),
        (Some(dto::Range::Suffix { length: 1.. }), None) if record.size == 0 => Ok(None),
        (Some(range), None) => match range.check(record.size) {
            Ok(span) => Ok(Some(span)),
            Err(_) => Err(unsatisfiable(record.size)),
        },
        (None, Some(part)) => of_part(record, part),
    }
}

fn of_part(record: &Record, part: i32) -> S3Result<Option<Range<u64>>> {
    let whole = [record.size];
    let sizes = match record.parts.as_slice() {
        [] => whole.as_slice(),
        sizes => sizes,
    };
    let index = usize::try_from(part)
        .ok()
        .and_then(|part| part.checked_sub(1));
    let index = index.ok_or_else(|| s3_error!(InvalidArgument, "Part numbers begin with 1."))?;
    let size = sizes
        .get(index)
        .ok_or_else(|| s3_error!(InvalidRange, "The object has no part of that number."))?;
    let start = sizes.iter().take(index).sum::<u64>();
    Ok((record.size > 0).then(|| start..start.saturating_add(*size)))
}

/// The value of `Content-Range`.
pub(super) fn content_range(span: &Range<u64>, size: u64) -> String {
    format!("bytes {}-{}/{size}", span.start, span.end.saturating_sub(1))
}

fn unsatisfiable(size: u64) -> S3Error {
    let mut error = s3_error!(InvalidRange, "The requested range is not satisfiable");
    if let Ok(value) = HeaderValue::from_str(&format!("bytes */{size}")) {
        error.set_headers(HeaderMap::from_iter([(header::CONTENT_RANGE, value)]));
    }
    error
}
