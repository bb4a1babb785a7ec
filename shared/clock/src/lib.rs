//! Time as a parameter: whole seconds since the Unix epoch, and where they come from.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const EXTENDED: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
const BASIC: &[BorrowedFormatItem<'_>] =
    format_description!("[year][month][day]T[hour][minute][second]Z");

const MILLIS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// A moment, in whole seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(i64);

impl UnixTime {
    /// The moment `seconds` after the epoch.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since the epoch.
    pub const fn secs(self) -> i64 {
        self.0
    }

    /// The moment `seconds` later; the end of time rather than an overflow.
    #[must_use]
    pub const fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to this moment; negative when it is later.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// `2015-08-30T12:36:00Z`: the only form of `Expiration` that every client parses.
    pub fn iso8601(self) -> String {
        self.format(EXTENDED)
    }

    /// `20150830T123600Z`: the form of `X-Amz-Date`.
    pub fn amz_date(self) -> String {
        self.format(BASIC)
    }

    /// Parses `20150830T123600Z`.
    pub fn parse_amz_date(text: &str) -> Option<Self> {
        Self::parse(text, BASIC)
    }

    /// Parses `2015-08-30T12:36:00Z`.
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        Self::parse(text, EXTENDED)
    }

    fn parse(text: &str, format: &[BorrowedFormatItem<'_>]) -> Option<Self> {
        let parsed = time::PrimitiveDateTime::parse(text, format).ok()?;
        Some(Self(parsed.assume_utc().unix_timestamp()))
    }

    /// Formats the moment; one outside the years that the format can show becomes the epoch.
    fn format(self, format: &[BorrowedFormatItem<'_>]) -> String {
        OffsetDateTime::from_unix_timestamp(self.0)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
            .format(format)
            .unwrap_or_default()
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso8601())
    }
}

/// Where the current time comes from.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The current time.
    fn now(&self) -> UnixTime;
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixTime {
        let since_epoch = read().duration_since(UNIX_EPOCH);
        let seconds = since_epoch.map_or(0, |d| d.as_secs());
        UnixTime(i64::try_from(seconds).unwrap_or(i64::MAX))
    }
}

/// A moment as logs name it. Nothing is decided by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogTime(OffsetDateTime);

impl LogTime {
    /// The system's time.
    pub fn now() -> Self {
        Self(read().into())
    }

    /// Milliseconds since the epoch.
    pub fn millis(self) -> i64 {
        let millis = self.0.unix_timestamp_nanos() / 1_000_000;
        i64::try_from(millis).unwrap_or(i64::MAX)
    }
}

/// `2015-08-30T12:36:00.000Z`.
impl fmt::Display for LogTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.format(MILLIS).unwrap_or_default())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the system's clock"
)]
fn read() -> SystemTime {
    SystemTime::now()
}

/// A clock that stands still, for tests and replays.
impl Clock for UnixTime {
    fn now(&self) -> UnixTime {
        *self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_round_trip() {
        let t = UnixTime::from_secs(1_440_938_160);
        assert_eq!(t.iso8601(), "2015-08-30T12:36:00Z");
        assert_eq!(t.amz_date(), "20150830T123600Z");
        assert_eq!(UnixTime::parse_amz_date("20150830T123600Z"), Some(t));
        assert_eq!(UnixTime::parse_iso8601("2015-08-30T12:36:00Z"), Some(t));
    }

    #[test]
    fn other_spellings_of_a_date_are_refused() {
        for text in [
            "20150830T123600",
            "20150830T1236Z",
            "2015083T123600Z",
            "20151330T123600Z",
            "x",
            "",
        ] {
            assert_eq!(UnixTime::parse_amz_date(text), None, "{text}");
        }
    }

    #[test]
    fn arithmetic_does_not_overflow() {
        assert_eq!(UnixTime::from_secs(i64::MAX).plus(1).secs(), i64::MAX);
        assert_eq!(
            UnixTime::from_secs(i64::MIN).since(UnixTime::from_secs(1)),
            i64::MIN
        );
        assert_eq!(
            UnixTime::from_secs(i64::MAX).iso8601(),
            "1970-01-01T00:00:00Z"
        );
    }
}
