//! When a signature is good.

use clock::UnixTime;

use super::error::{Echo, Error, Window};

const MAX_EXPIRES_SECONDS: i64 = 604_800;

/// The time of signing and how long the signature is good.
#[derive(Debug, Clone, Copy)]
pub(super) struct Validity {
    pub(super) signed_at: UnixTime,
    pub(super) expires_at: UnixTime,
}

impl Validity {
    /// Checks the time of signing against `now`.
    ///
    /// `expires` replaces the skew as the age that is granted, not as the distance into the
    /// future.
    pub(super) fn check(
        date: &str,
        expires: Option<&str>,
        max_skew_seconds: i64,
        now: UnixTime,
    ) -> Result<Self, Error> {
        let signed_at = parse_date(date).ok_or_else(|| Error::InvalidDate(Echo::new(date)))?;
        let max_age = match expires {
            Some(text) => parse_expires(text).ok_or(Error::InvalidExpires)?,
            None => max_skew_seconds,
        };
        if now > signed_at.plus(max_age) {
            return Err(Error::Expired {
                signed_at,
                now,
                window: Window(max_age),
            });
        }
        if signed_at > now.plus(max_skew_seconds) {
            return Err(Error::NotYetCurrent {
                signed_at,
                now,
                window: Window(max_skew_seconds),
            });
        }
        Ok(Self {
            signed_at,
            expires_at: signed_at.plus(max_age),
        })
    }
}

/// Takes exactly `YYYYMMDDTHHMMSSZ`; the clock's parser lets years have a sign.
fn parse_date(text: &str) -> Option<UnixTime> {
    let has_digits = text.starts_with(|c: char| c.is_ascii_digit());
    UnixTime::parse_amz_date(text).filter(|_| has_digits)
}

fn parse_expires(text: &str) -> Option<i64> {
    let digits = (1..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let seconds: i64 = text.parse().ok()?;
    (digits && (1..=MAX_EXPIRES_SECONDS).contains(&seconds)).then_some(seconds)
}
