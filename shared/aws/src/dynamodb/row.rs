//! Items as attribute maps: typed reading, and writing that leaves out what is absent.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use clock::UnixTime;
use store::{CorruptItem, IssueLimits, StoreError};

/// The attributes of one item.
#[derive(Debug, Clone, Default)]
pub(super) struct Row(HashMap<String, AttributeValue>);

impl Row {
    pub(super) const fn new(attributes: HashMap<String, AttributeValue>) -> Self {
        Self(attributes)
    }

    /// The same over what is stored, so that attributes of newer versions stay. `optional` are
    /// those of this version that an item may lack.
    pub(super) fn over(self, stored: Self, optional: &[&str]) -> Self {
        let mut attributes = stored.0;
        for name in optional {
            attributes.remove(*name);
        }
        attributes.extend(self.0);
        Self(attributes)
    }

    pub(super) fn into_attributes(self) -> HashMap<String, AttributeValue> {
        self.0
    }

    /// Applies `parse` to an attribute that must be there.
    pub(super) fn required<T>(
        &self,
        attribute: &'static str,
        parse: impl FnOnce(&AttributeValue) -> Option<T>,
    ) -> Result<T, StoreError> {
        self.0
            .get(attribute)
            .and_then(parse)
            .ok_or_else(|| self.corrupt(attribute))
    }

    /// Applies `parse` to an attribute that may be missing, but not wrong.
    pub(super) fn optional<T>(
        &self,
        attribute: &'static str,
        parse: impl FnOnce(&AttributeValue) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        match self.0.get(attribute) {
            None => Ok(None),
            Some(value) => parse(value)
                .map(Some)
                .ok_or_else(|| self.corrupt(attribute)),
        }
    }

    /// The limits of a user or role.
    pub(super) fn limits(&self) -> Result<IssueLimits, StoreError> {
        Ok(IssueLimits {
            issue_per_minute: self.optional("issue_per_minute", number)?,
            max_live_sessions: self.optional("max_live_sessions", number)?,
        })
    }

    #[must_use]
    pub(super) fn with_limits(self, limits: IssueLimits) -> Self {
        self.with_optional_number("issue_per_minute", limits.issue_per_minute.map(i64::from))
            .with_optional_number("max_live_sessions", limits.max_live_sessions.map(i64::from))
    }

    /// Applies `parse` to each member of a list; a missing list is empty.
    pub(super) fn list<T>(
        &self,
        attribute: &'static str,
        parse: impl Fn(&AttributeValue) -> Option<T>,
    ) -> Result<Vec<T>, StoreError> {
        let members = self.optional(attribute, |v| v.as_l().ok()?.iter().map(parse).collect())?;
        Ok(members.unwrap_or_default())
    }

    #[must_use]
    pub(super) fn with(mut self, attribute: &str, value: AttributeValue) -> Self {
        self.0.insert(attribute.to_owned(), value);
        self
    }

    #[must_use]
    pub(super) fn with_text(self, attribute: &str, text: impl Into<String>) -> Self {
        self.with(attribute, AttributeValue::S(text.into()))
    }

    #[must_use]
    pub(super) fn with_optional_text(self, attribute: &str, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.with_text(attribute, text),
            None => self,
        }
    }

    #[must_use]
    pub(super) fn with_number(self, attribute: &str, number: impl Into<i64>) -> Self {
        self.with(attribute, AttributeValue::N(number.into().to_string()))
    }

    #[must_use]
    pub(super) fn with_optional_number(self, attribute: &str, number: Option<i64>) -> Self {
        match number {
            Some(number) => self.with_number(attribute, number),
            None => self,
        }
    }

    #[must_use]
    pub(super) fn with_bytes(self, attribute: &str, bytes: &[u8]) -> Self {
        self.with(attribute, AttributeValue::B(bytes.to_vec().into()))
    }

    /// Writes a list of texts unless it is empty.
    #[must_use]
    pub(super) fn with_texts<'a>(
        self,
        attribute: &str,
        texts: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        match list_of(texts) {
            Some(list) => self.with(attribute, list),
            None => self,
        }
    }

    fn corrupt(&self, attribute: &'static str) -> StoreError {
        let item = self.0.get("pk").and_then(text).unwrap_or_default();
        StoreError::Corrupt(CorruptItem { item, attribute })
    }
}

/// A list of texts; `None` if it is empty, which is left out of an item.
pub(super) fn list_of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Option<AttributeValue> {
    let members = texts.into_iter().map(|t| AttributeValue::S(t.to_owned()));
    let members: Vec<_> = members.collect();
    (!members.is_empty()).then_some(AttributeValue::L(members))
}

pub(super) fn text(value: &AttributeValue) -> Option<String> {
    value.as_s().ok().cloned()
}

pub(super) fn bytes(value: &AttributeValue) -> Option<Vec<u8>> {
    value.as_b().ok().map(|b| b.as_ref().to_vec())
}

pub(super) fn number<T: std::str::FromStr>(value: &AttributeValue) -> Option<T> {
    value.as_n().ok()?.parse().ok()
}

pub(super) fn time(value: &AttributeValue) -> Option<UnixTime> {
    number(value).map(UnixTime::from_secs)
}

/// Text that one of the model's types accepts.
pub(super) fn parsed<T, E>(
    parse: impl Fn(String) -> Result<T, E>,
) -> impl Fn(&AttributeValue) -> Option<T> {
    move |value| parse(text(value)?).ok()
}
