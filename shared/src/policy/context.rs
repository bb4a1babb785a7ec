//! The request context: what conditions test and variables stand for.

use std::collections::HashMap;

/// Condition keys and their values in one request. Names of keys are case-insensitive.
///
/// The context trusts its builder: a value that a client controls must never be set under a key
/// that policies take for granted (`aws:...`).
#[derive(Debug, Clone, Default)]
pub struct Context {
    values: HashMap<Box<str>, Values>,
}

#[derive(Debug, Clone)]
struct Values {
    /// A list by nature, even when it happens to hold one value. No use as a variable.
    multivalued: bool,
    values: Vec<String>,
}

impl Context {
    /// An empty context.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the one value of a single-valued key, replacing what was there.
    pub fn set(&mut self, key: &str, value: impl Into<String>) -> &mut Self {
        let values = vec![value.into()];
        self.insert(key, false, values)
    }

    /// Sets the values of a multivalued key, replacing what was there. No values means that
    /// the key is absent.
    pub fn set_all<V: Into<String>>(
        &mut self,
        key: &str,
        values: impl IntoIterator<Item = V>,
    ) -> &mut Self {
        let values = values.into_iter().map(Into::into).collect();
        self.insert(key, true, values)
    }

    /// The values of a key; empty when the key is absent.
    pub fn get(&self, key: &str) -> &[String] {
        self.lookup(&normalize_key(key))
    }

    /// All keys in lower case, with their values.
    pub fn all(&self) -> impl Iterator<Item = (&str, &[String])> {
        let all = self.values.iter();
        all.map(|(key, values)| (key.as_ref(), values.values.as_slice()))
    }

    /// The values of a key that is already in normal form.
    pub(super) fn lookup(&self, normalized: &str) -> &[String] {
        self.values.get(normalized).map_or(&[], |v| &v.values)
    }

    /// The value that a variable stands for: that of a single-valued key, unless it is empty.
    pub(super) fn single(&self, normalized: &str) -> Option<&str> {
        let values = self.values.get(normalized).filter(|v| !v.multivalued)?;
        let value = values.values.first()?.as_str();
        (!value.is_empty()).then_some(value)
    }

    fn insert(&mut self, key: &str, multivalued: bool, values: Vec<String>) -> &mut Self {
        self.values.insert(
            normalize_key(key),
            Values {
                multivalued,
                values,
            },
        );
        self
    }
}

/// The form under which keys are compared.
pub(super) fn normalize_key(key: &str) -> Box<str> {
    key.to_lowercase().into_boxed_str()
}

/// Whether `key` has the form `prefix:name`.
pub(super) fn is_key(key: &str) -> bool {
    key.split_once(':')
        .is_some_and(|(prefix, name)| !prefix.is_empty() && !name.is_empty())
}
