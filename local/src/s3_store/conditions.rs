//! Conditional requests, by RFC 9110 section 13 as S3 reads it.

use http::{HeaderMap, header};
use s3s::dto::{ETagCondition, Timestamp, TimestampFormat};
use s3s::{S3Error, S3Result, s3_error};

use super::record::Record;

/// What has to hold for a request to be served.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    /// `If-Match`.
    pub(super) matches: Option<ETagCondition>,
    /// `If-None-Match`.
    pub(super) matches_none: Option<ETagCondition>,
    /// `If-Modified-Since`.
    pub(super) modified_since: Option<Timestamp>,
    /// `If-Unmodified-Since`.
    pub(super) unmodified_since: Option<Timestamp>,
}

impl Conditions {
    /// Whether an object may be read: `PreconditionFailed`, or `NotModified` if the reader has it.
    pub(super) fn check_read(&self, record: &Record) -> S3Result<()> {
        self.check_unchanged(record)?;
        if self.is_changed(record) {
            Ok(())
        } else {
            Err(not_modified(record))
        }
    }

    /// Whether an object may be copied: `PreconditionFailed` if not.
    pub(super) fn check_copy(&self, source: &Record) -> S3Result<()> {
        self.check_unchanged(source)?;
        if self.is_changed(source) {
            Ok(())
        } else {
            Err(s3_error!(PreconditionFailed))
        }
    }

    /// Whether `current`, if there is such an object, may be replaced or deleted.
    pub(super) fn check_write(&self, current: Option<&Record>) -> S3Result<()> {
        match (&self.matches_none, current) {
            (Some(ETagCondition::ETag(_)), _) => {
                return Err(s3_error!(NotImplemented, "If-None-Match has to be * here."));
            }
            (Some(ETagCondition::Any), Some(_)) => return Err(s3_error!(PreconditionFailed)),
            _ => {}
        }
        match (&self.matches, current) {
            (Some(_), None) => Err(s3_error!(NoSuchKey)),
            (Some(condition), Some(current)) if !matches(condition, current) => {
                Err(s3_error!(PreconditionFailed))
            }
            _ => Ok(()),
        }
    }

    /// `If-Match`, or else `If-Unmodified-Since`.
    fn check_unchanged(&self, record: &Record) -> S3Result<()> {
        let holds = match (&self.matches, &self.unmodified_since) {
            (Some(condition), _) => matches(condition, record),
            (None, Some(since)) => record.modified <= *since,
            (None, None) => true,
        };
        if holds {
            Ok(())
        } else {
            Err(s3_error!(PreconditionFailed))
        }
    }

    /// `If-None-Match`, or else `If-Modified-Since`.
    fn is_changed(&self, record: &Record) -> bool {
        match (&self.matches_none, &self.modified_since) {
            (Some(condition), _) => !matches(condition, record),
            (None, Some(since)) => record.modified > *since,
            (None, None) => true,
        }
    }
}

fn matches(condition: &ETagCondition, record: &Record) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(etag) => etag.value() == record.etag,
    }
}

fn not_modified(record: &Record) -> S3Error {
    let mut headers = HeaderMap::new();
    if let Ok(etag) = record.etag().to_http_header() {
        headers.insert(header::ETAG, etag);
    }
    let mut date = Vec::new();
    let formatted = record.modified.format(TimestampFormat::HttpDate, &mut date);
    if let (Ok(()), Ok(date)) = (formatted, date.as_slice().try_into()) {
        headers.insert(header::LAST_MODIFIED, date);
    }
    let mut error = s3_error!(NotModified);
    error.set_headers(headers);
    error
}
