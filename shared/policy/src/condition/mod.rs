//! The element `Condition`: all tests of a block must hold.

mod cidr;
mod number;
mod operator;
mod value;

use super::answer::Answer;
use super::context::{Context, Fact, is_key, normalize_key};
use super::error::PolicyError;
use super::json::{Json, Members};
use super::place::Place;
use number::Number;
use operator::{Comparison, Operator, SetOperator};
use value::Expected;

/// One key of one operator, with the values that the policy expects.
#[derive(Debug)]
pub(super) struct Test {
    key: Box<str>,
    operator: Operator,
    expected: Box<[Expected]>,
}

/// Whether conditions read a text as a number: `-?digits[.digits]` with at most 20 digits before
/// and 9 behind the point.
pub fn is_decimal(text: &str) -> bool {
    Number::parse(text).is_some()
}

/// Compiles a `Condition` element; an empty object holds no tests.
pub(super) fn parse(
    value: &Json,
    variables: bool,
    place: &Place<'_>,
) -> Result<Box<[Test]>, PolicyError> {
    let mut tests = Vec::new();
    for (name, keys) in value.as_object(place)? {
        let place = place.key(name);
        let operator =
            Operator::parse(name).ok_or_else(|| place.error("unknown condition operator"))?;
        let keys = keys.as_object(&place)?;
        if keys.is_empty() {
            return Err(place.error("must not be empty"));
        }
        for (key, values) in keys {
            let place = place.key(key);
            tests.push(Test {
                key: parse_key(key, keys, &place)?,
                operator,
                expected: values.one_or_more(&place, |value, place| {
                    Expected::parse(operator.comparison, value.as_scalar(place)?, variables)
                        .map_err(|reason| place.error(reason))
                })?,
            });
        }
    }
    Ok(tests.into_boxed_slice())
}

/// Checks the form of a key, and that no other key is the same but for case.
fn parse_key(key: &str, all: &Members, place: &Place<'_>) -> Result<Box<str>, PolicyError> {
    if !is_key(key) {
        return Err(place.error("a condition key must be `prefix:name`"));
    }
    let normalized = normalize_key(key);
    let spellings = all.keys().filter(|k| normalize_key(k) == normalized);
    if spellings.count() > 1 {
        return Err(place.error("duplicate condition key"));
    }
    Ok(normalized)
}

impl Test {
    pub(super) fn holds(&self, context: &Context) -> Answer {
        match context.fact(&self.key) {
            Fact::Unknown => Answer::Unknown,
            Fact::Absent => self.holds_for_missing_key().into(),
            Fact::Values(values) => self.holds_for(values, context),
        }
    }

    /// The keys that the test depends on: its own and those of its variables.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        let own = std::iter::once(&*self.key);
        own.chain(self.expected.iter().flat_map(Expected::keys))
    }

    fn holds_for_missing_key(&self) -> bool {
        match self.operator.comparison {
            Comparison::Null => self.expects_absent(true),
            _ => self.operator.if_exists || self.operator.holds_for_missing_key(),
        }
    }

    fn holds_for(&self, values: &[String], context: &Context) -> Answer {
        let Operator {
            comparison,
            negated,
            set,
            ..
        } = self.operator;
        if comparison == Comparison::Null {
            return self.expects_absent(false).into();
        }
        let hit =
            |value: &String| Answer::any(self.expected.iter().map(|e| e.matches(value, context)));
        // A negated operator asks for a value that equals none of the expected ones.
        let fits = |value| if negated { !hit(value) } else { hit(value) };
        match set {
            // AWS takes a set of nothing but empty strings for an empty set.
            Some(_) if values.iter().all(String::is_empty) => self.holds_for_missing_key().into(),
            Some(SetOperator::ForAllValues) => Answer::all(values.iter().map(fits)),
            None if negated => Answer::all(values.iter().map(fits)),
            Some(SetOperator::ForAnyValue) | None => Answer::any(values.iter().map(fits)),
        }
    }

    fn expects_absent(&self, absent: bool) -> bool {
        let mut expected = self.expected.iter();
        expected.any(|e| matches!(e, Expected::Absent(a) if *a == absent))
    }
}
