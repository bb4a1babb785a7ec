//! Values that conditions expect, typed when the policy is parsed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::cidr::{Cidr, parse_address};
use super::number::{Number, parse_date};
use super::operator::{Comparison, Relation};
use crate::answer::Answer;
use crate::arn::{Arn, ArnPattern};
use crate::context::Context;
use crate::pattern::{Pattern, Syntax};

/// One value of a condition.
#[derive(Debug)]
pub(super) enum Expected {
    /// Text, possibly with wildcards.
    Text(Pattern),
    TextIgnoringCase(Pattern),
    Number(Relation, Number),
    /// Seconds since the epoch.
    Date(Relation, Number),
    Bool(bool),
    Binary(Box<[u8]>),
    Address(Cidr),
    Arn(ArnPattern),
    /// Whether the key is expected to be absent (`Null`).
    Absent(bool),
}

impl Expected {
    /// Types a value of the policy for `comparison`.
    pub(super) fn parse(
        comparison: Comparison,
        text: &str,
        variables: bool,
    ) -> Result<Self, &'static str> {
        let pattern = |wildcards| {
            Pattern::parse(
                text,
                Syntax {
                    wildcards,
                    variables,
                },
            )
        };
        match comparison {
            Comparison::StringEquals => pattern(false).map(Self::Text),
            Comparison::StringEqualsIgnoreCase => pattern(false).map(Self::TextIgnoringCase),
            Comparison::StringLike => pattern(true).map(Self::Text),
            Comparison::Numeric(relation) => Number::parse(text)
                .map(|number| Self::Number(relation, number))
                .ok_or("must be a decimal number"),
            Comparison::Date(relation) => parse_date(text)
                .map(|date| Self::Date(relation, date))
                .ok_or("must be an ISO 8601 date with time zone, or seconds since the epoch"),
            Comparison::Bool => parse_bool(text)
                .map(Self::Bool)
                .ok_or("must be true or false"),
            Comparison::Binary => parse_binary(text).map(Self::Binary).ok_or("must be base64"),
            Comparison::IpAddress => Cidr::parse(text)
                .map(Self::Address)
                .ok_or("must be an IP address or a CIDR block"),
            Comparison::Arn => ArnPattern::condition(text, variables).map(Self::Arn),
            Comparison::Null => parse_bool(text)
                .map(Self::Absent)
                .ok_or("must be true or false"),
        }
    }

    /// Whether `value` of the request satisfies this one. What cannot be read as the expected
    /// type satisfies nothing.
    pub(super) fn matches(&self, value: &str, context: &Context) -> Answer {
        let matches = match self {
            Self::Text(pattern) => return pattern.matches(value, context),
            Self::TextIgnoringCase(pattern) => return pattern.equals_ignoring_case(value, context),
            Self::Arn(pattern) => return pattern.matches(Arn::new(value), context),
            Self::Number(relation, expected) => {
                Number::parse(value).is_some_and(|n| relation.holds(n.cmp(expected)))
            }
            Self::Date(relation, expected) => {
                parse_date(value).is_some_and(|d| relation.holds(d.cmp(expected)))
            }
            Self::Bool(expected) => parse_bool(value) == Some(*expected),
            Self::Binary(expected) => parse_binary(value).is_some_and(|b| b == *expected),
            Self::Address(block) => parse_address(value).is_some_and(|a| block.contains(a)),
            Self::Absent(_) => false,
        };
        matches.into()
    }

    /// The keys that variables stand for.
    pub(super) fn keys(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::Text(pattern) | Self::TextIgnoringCase(pattern) => Box::new(pattern.keys()),
            Self::Arn(pattern) => pattern.keys(),
            _ => Box::new(std::iter::empty()),
        }
    }
}

fn parse_bool(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

fn parse_binary(text: &str) -> Option<Box<[u8]>> {
    STANDARD.decode(text).ok().map(Vec::into_boxed_slice)
}
