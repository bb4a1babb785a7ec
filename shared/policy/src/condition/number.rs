//! Exact decimal numbers, and dates as such.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const FRACTION_DIGITS: usize = 9;
const INTEGER_DIGITS: usize = 20;

/// A decimal number in billionths. A float would make distinct large numbers equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number(i128);

impl Number {
    /// Takes `-?digits[.digits]` with at most 20 digits before and 9 behind the point.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (integer, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        if !is_digits(integer) || !is_digits(fraction) {
            return None;
        }
        if integer.len() > INTEGER_DIGITS || fraction.len() > FRACTION_DIGITS {
            return None;
        }
        let billionths: i128 = format!("{integer}{fraction:0<FRACTION_DIGITS$}")
            .parse()
            .ok()?;
        Some(Self(if negative { -billionths } else { billionths }))
    }
}

/// Takes the W3C profile of ISO 8601 from the month on (`2026-11`, `2026-11-22`,
/// `2026-11-22T10:00Z`, `2026-11-22T10:00:00.5+01:00`), or a number of seconds since the epoch.
pub(super) fn parse_date(text: &str) -> Option<Number> {
    if let Some(seconds) = Number::parse(text) {
        return Some(seconds);
    }
    let complete = match text.len() {
        7 => format!("{text}-01T00:00:00Z"),
        10 => format!("{text}T00:00:00Z"),
        _ => match text.split_at_checked("2026-11-22T10:00".len()) {
            Some((minutes, zone)) if zone.starts_with(['Z', '+', '-']) => {
                format!("{minutes}:00{zone}")
            }
            _ => text.to_owned(),
        },
    };
    let date = OffsetDateTime::parse(&complete, &Rfc3339).ok()?;
    Some(Number(date.unix_timestamp_nanos()))
}
