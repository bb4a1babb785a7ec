//! Session durations.

use std::ops::RangeInclusive;

use super::Violation;

/// A validated `DurationSeconds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionDuration(u32);

impl SessionDuration {
    /// What counts when the caller does not say.
    pub const DEFAULT: Self = Self(3600);

    /// The longest session of `AssumeRole` and of identity tokens: twelve hours.
    pub const LONGEST_OF_ROLE: Self = Self(43_200);

    /// The longest session of any action: seven days.
    pub const LONGEST: Self = Self(604_800);

    /// Parses plain decimal digits within `range`. Nothing is clamped, and `+3600`, `3600 `
    /// and `1e3` are not numbers.
    pub fn parse(text: &str, range: RangeInclusive<u32>) -> Result<Self, Violation> {
        let short = (1..=10).contains(&text.len());
        let seconds = text.parse().ok().filter(|_| short && is_digits(text));
        Self::within(seconds, &range)
    }

    /// Parses the same, but takes a number above `range` as the end of it.
    pub fn parse_clamped(text: &str, range: RangeInclusive<u32>) -> Result<Self, Violation> {
        // Digits that are no u32 are more than any.
        let number = is_digits(text).then(|| text.parse().unwrap_or(u32::MAX));
        Self::within(number.map(|seconds| seconds.min(*range.end())), &range)
    }

    fn within(seconds: Option<u32>, range: &RangeInclusive<u32>) -> Result<Self, Violation> {
        let Some(seconds) = seconds else {
            return Err(Violation(
                "Member must be a whole number of seconds".to_owned(),
            ));
        };
        if seconds < *range.start() {
            return Err(Violation(format!(
                "Member must have value greater than or equal to {}",
                range.start()
            )));
        }
        if seconds > *range.end() {
            return Err(Violation(format!(
                "Member must have value less than or equal to {}",
                range.end()
            )));
        }
        Ok(Self(seconds))
    }

    /// A duration that did not come from a caller.
    pub const fn from_secs(seconds: u32) -> Self {
        Self(seconds)
    }

    /// Whole seconds.
    pub const fn secs(self) -> u32 {
        self.0
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t42_only_plain_numbers_in_range_are_durations() {
        let range = 900..=43200;
        for text in [
            "0",
            "-1",
            "899",
            "43201",
            "31536000",
            "1e99",
            "1e3",
            "3600 ",
            " 3600",
            "+3600",
            "0x384",
            "",
            "９００",
            "-100000",
            "4294968196",
            "99999999999999999999",
            "3600.0",
            "3_600",
        ] {
            assert!(
                SessionDuration::parse(text, range.clone()).is_err(),
                "{text:?}"
            );
        }
        for (text, seconds) in [
            ("900", 900),
            ("3600", 3600),
            ("43200", 43200),
            ("0000003600", 3600),
        ] {
            assert_eq!(
                SessionDuration::parse(text, range.clone()).unwrap().secs(),
                seconds
            );
        }
    }

    #[test]
    fn t42_only_what_is_too_long_is_clamped() {
        for text in [
            "",
            "0",
            "899",
            "-1",
            "+86400",
            "86400 ",
            "1e9",
            "86400.0",
            "８６４００",
        ] {
            let parsed = SessionDuration::parse_clamped(text, 900..=43200);
            assert!(parsed.is_err(), "{text:?}");
        }
        for (text, seconds) in [
            ("900", 900),
            ("43200", 43200),
            ("43201", 43200),
            ("604800", 43200),
            ("4294967296", 43200),
            ("99999999999999999999", 43200),
        ] {
            let parsed = SessionDuration::parse_clamped(text, 900..=43200);
            assert_eq!(parsed.unwrap().secs(), seconds, "{text}");
        }
    }

    #[test]
    fn t42_a_maximum_below_the_minimum_refuses_everything() {
        for text in ["0", "600", "899", "900", "43200"] {
            #[expect(clippy::reversed_empty_ranges, reason = "the case under test")]
            let range = 900..=600;
            assert!(
                SessionDuration::parse(text, range.clone()).is_err(),
                "{text}"
            );
            assert!(
                SessionDuration::parse_clamped(text, range).is_err(),
                "{text}"
            );
        }
    }
}
