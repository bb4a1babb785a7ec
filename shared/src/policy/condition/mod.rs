//! The element `Condition`: all tests of a block must hold.

mod cidr;
mod number;
mod operator;
mod value;

use super::context::{Context, is_key, normalize_key};
use super::error::PolicyError;
use super::json::{Json, Members};
use super::place::Place;
use operator::{Comparison, Operator, SetOperator};
use value::Expected;

/// One key of one operator, with the values that the policy expects.
#[derive(Debug)]
pub(super) struct Test {
    key: Box<str>,
    operator: Operator,
    expected: Box<[Expected]>,
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
    pub(super) fn holds(&self, context: &Context) -> bool {
        let values = context.lookup(&self.key);
        if self.operator.comparison == Comparison::Null {
            let absent = values.is_empty();
            let mut expected = self.expected.iter();
            return expected.any(|e| matches!(e, Expected::Absent(a) if *a == absent));
        }
        if values.is_empty() {
            return self.operator.if_exists || self.operator.holds_for_missing_key();
        }
        // A negated operator asks for a value that equals none of the expected ones.
        let negated = self.operator.negated;
        let hit = |value: &String| self.expected.iter().any(|e| e.matches(value, context));
        match self.operator.set {
            // AWS takes a set of nothing but empty strings for an empty set.
            Some(_) if values.iter().all(String::is_empty) => self.operator.holds_for_missing_key(),
            Some(SetOperator::ForAllValues) => values.iter().all(|v| hit(v) != negated),
            Some(SetOperator::ForAnyValue) => values.iter().any(|v| hit(v) != negated),
            None => values.iter().any(hit) != negated,
        }
    }
}
