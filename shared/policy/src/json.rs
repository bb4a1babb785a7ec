//! Strict JSON: no member twice, no control characters in strings, bounded depth.

use std::collections::BTreeMap;
use std::fmt;
use std::slice;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::error::PolicyError;
use super::place::{Place, excerpt};

/// The members of an object.
pub(super) type Members = BTreeMap<String, Json>;

/// A JSON value. Scalars other than strings keep the text that a condition compares with.
#[derive(Debug)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(String),
    String(String),
    Array(Vec<Json>),
    Object(Members),
}

impl Json {
    /// Parses a whole document. Nesting is limited by `serde_json` to 128 levels.
    pub(super) fn parse(text: &str) -> Result<Self, PolicyError> {
        serde_json::from_str(text).map_err(|error| {
            let message = error.to_string();
            let reason = message
                .rsplit_once(" at line ")
                .map_or(message.as_str(), |(reason, _)| reason);
            PolicyError::Syntax {
                line: error.line(),
                column: error.column(),
                reason: reason.to_owned(),
            }
        })
    }

    pub(super) fn as_object(&self, place: &Place<'_>) -> Result<&Members, PolicyError> {
        match self {
            Self::Object(members) => Ok(members),
            _ => Err(place.error("must be an object")),
        }
    }

    pub(super) fn as_string(&self, place: &Place<'_>) -> Result<&str, PolicyError> {
        match self {
            Self::String(text) => Ok(text),
            _ => Err(place.error("must be a string")),
        }
    }

    /// The text of a string, number or boolean.
    pub(super) fn as_scalar(&self, place: &Place<'_>) -> Result<&str, PolicyError> {
        match self {
            Self::String(text) | Self::Number(text) => Ok(text),
            Self::Bool(true) => Ok("true"),
            Self::Bool(false) => Ok("false"),
            _ => Err(place.error("must be a string, a number or a boolean")),
        }
    }

    /// Applies `parse` to the value, or to each element of a list, which must not be empty.
    pub(super) fn one_or_more<T>(
        &self,
        place: &Place<'_>,
        parse: impl Fn(&Self, &Place<'_>) -> Result<T, PolicyError>,
    ) -> Result<Box<[T]>, PolicyError> {
        match self {
            Self::Array(list) if list.is_empty() => Err(place.error("must not be empty")),
            Self::Array(list) => list
                .iter()
                .enumerate()
                .map(|(index, value)| parse(value, &place.index(index)))
                .collect(),
            value => slice::from_ref(value)
                .iter()
                .map(|value| parse(value, place))
                .collect(),
        }
    }
}

/// Refuses members that the grammar does not have.
pub(super) fn only(
    members: &Members,
    known: &[&str],
    place: &Place<'_>,
) -> Result<(), PolicyError> {
    match members.keys().find(|key| !known.contains(&key.as_str())) {
        Some(unknown) => Err(place.key(unknown).error("unknown element")),
        None => Ok(()),
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Json, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Json, E> {
        refuse_control_characters(&value)?;
        Ok(Json::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Json::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Members::new();
        while let Some(key) = map.next_key::<String>()? {
            refuse_control_characters(&key)?;
            if members.contains_key(&key) {
                let key = excerpt(&key);
                return Err(de::Error::custom(format_args!("duplicate key \"{key}\"")));
            }
            members.insert(key, map.next_value()?);
        }
        Ok(Json::Object(members))
    }
}

fn refuse_control_characters<E: de::Error>(text: &str) -> Result<(), E> {
    if text.chars().any(char::is_control) {
        return Err(E::custom("control character in a string"));
    }
    Ok(())
}
