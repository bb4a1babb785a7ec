//! Condition keys that the caller of introspection knows of the request which it guards.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::net::IpAddr;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use shared::policy::Context;
use shared::wire::ValidationError;

/// The longest action, resource, key or value of a context, in bytes.
const MAX_TEXT: usize = 2048;

/// The most keys of a context, and values of a key.
const MAX_COUNT: usize = 64;

/// Name spaces whose values this service knows itself.
const RESERVED: [&str; 4] = ["aws", "jwt", "ldap", "sts"];

/// Keys of those that only the caller can know: they describe the request that it guards.
const OF_THE_REQUEST: [&str; 4] = [
    "aws:referer",
    "aws:securetransport",
    "aws:sourceip",
    "aws:useragent",
];

/// Keys and their values, each key once.
#[derive(Default)]
pub(crate) struct Given(BTreeMap<String, Values>);

impl Given {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets them in a context; a key without values is absent.
    pub(crate) fn add(&self, context: &mut Context) {
        for (key, values) in &self.0 {
            match values {
                Values::One(value) => context.set(key, value.as_str()),
                Values::Many(values) => context.set_all(key, values.iter().map(String::as_str)),
            };
        }
    }

    /// Refuses keys of the platform, and whatever reads in more than one way.
    pub(crate) fn check(&self) -> Result<(), ValidationError> {
        check_context(&self.0)
    }
}

/// A map in which no member comes twice.
impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct OnceEach;

        impl<'de> Visitor<'de> for OnceEach {
            type Value = BTreeMap<String, Values>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
                let mut map = BTreeMap::new();
                while let Some((key, values)) = members.next_entry()? {
                    if map.insert(key, values).is_some() {
                        return Err(de::Error::custom("a member comes twice"));
                    }
                }
                Ok(map)
            }
        }

        input.deserialize_map(OnceEach).map(Self)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    One(String),
    Many(Vec<String>),
}

impl Values {
    fn as_slice(&self) -> &[String] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

pub(crate) fn fits(text: &str) -> bool {
    text.len() <= MAX_TEXT
}

/// Values of keys that have a form of their own; another form would satisfy no condition, and
/// the negation of any.
fn has_its_form(key: &str, values: &[String]) -> bool {
    let is_of_form: fn(&str) -> bool = match key.to_lowercase().as_str() {
        "aws:sourceip" => |text| text.parse::<IpAddr>().is_ok(),
        "aws:securetransport" => {
            |text| text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
        }
        "s3:max-keys" => {
            |text| (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
        }
        _ => |_| true,
    };
    values.iter().all(|value| is_of_form(value))
}

fn check_context(context: &BTreeMap<String, Values>) -> Result<(), ValidationError> {
    let mut seen = HashSet::new();
    if !context.keys().all(|key| seen.insert(key.to_lowercase())) {
        return Err(ValidationError::single(
            "context must have each key once, whatever its case",
        ));
    }
    let mut values = context.iter();
    if !values.all(|(key, values)| has_its_form(key, values.as_slice())) {
        return Err(ValidationError::single(
            "context must have an address as aws:SourceIp, true or false as aws:SecureTransport, and 1 to 9 digits as s3:max-keys",
        ));
    }
    let few = |values: &[String]| values.len() <= MAX_COUNT && values.iter().all(|v| fits(v));
    if context.len() > MAX_COUNT || !context.values().all(|v| few(v.as_slice())) {
        return Err(ValidationError::single(
            "context must have at most 64 keys with 64 values of 2048 bytes",
        ));
    }
    match context.keys().find(|key| !may_set(key)) {
        Some(_) => Err(ValidationError::single(
            "context must have keys PREFIX:NAME; of aws, jwt, ldap and sts only aws:Referer, aws:SecureTransport, aws:SourceIp and aws:UserAgent",
        )),
        None => Ok(()),
    }
}

/// Keys are compared without regard to case, as policies do.
fn may_set(key: &str) -> bool {
    let key = key.to_lowercase();
    match key.split_once(':') {
        Some((prefix, _)) if RESERVED.contains(&prefix) => OF_THE_REQUEST.contains(&key.as_str()),
        Some((prefix, name)) => !prefix.is_empty() && !name.is_empty() && fits(&key),
        None => false,
    }
}
