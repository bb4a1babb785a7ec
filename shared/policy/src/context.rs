//! The request context: what conditions test and variables stand for.

use std::collections::HashMap;

/// Condition keys and their values in one request. Names of keys are case-insensitive.
///
/// A key has values, or is absent, or its value cannot be known here: a statement that depends
/// on such a key grants nothing, and denies as if the key had the value that it asks about. Which
/// keys can be known its builder says, see [`Self::supplied_by`].
///
/// The context trusts its builder: a value that a client controls must never be set under a key
/// that policies take for granted (`aws:...`).
#[derive(Debug, Clone, Default)]
pub struct Context {
    values: HashMap<Box<str>, Values>,
    /// `None` if every key is supplied.
    supplied: Option<Vec<Keys>>,
    /// What is not supplied this time.
    withheld: Vec<Box<str>>,
}

/// Names of condition keys in lower case. One that ends in `:` or `/` stands for all keys that
/// begin like it.
pub type Keys = &'static [&'static str];

/// What is known of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fact<'a> {
    /// It has these values, at least one.
    Values(&'a [String]),
    /// The request does not have it.
    Absent,
    /// Nobody here can say.
    Unknown,
}

#[derive(Debug, Clone)]
struct Values {
    /// A list by nature, even when it happens to hold one value. No use as a variable.
    multivalued: bool,
    values: Vec<String>,
}

impl Context {
    /// An empty context in which every key is supplied: one that has no value is absent.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty context in which only these keys are supplied. Any other cannot be known
    /// unless it is set.
    pub fn supplied_by(keys: Keys) -> Self {
        Self {
            supplied: Some(vec![keys]),
            ..Self::default()
        }
    }

    /// Supplies further keys, where not all are.
    pub fn supply(&mut self, keys: Keys) -> &mut Self {
        if let Some(supplied) = &mut self.supplied {
            supplied.push(keys);
        }
        self
    }

    /// Takes a key back, whoever supplies it otherwise: unless it is set it cannot be known.
    /// One that ends in `:` or `/` stands for all keys that begin like it.
    pub fn withhold(&mut self, key: &str) -> &mut Self {
        self.withheld.push(normalize_key(key));
        self
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

    /// Forgets what a key was set to.
    pub fn remove(&mut self, key: &str) -> &mut Self {
        self.values.remove(&normalize_key(key));
        self
    }

    /// The values of a key; empty when it has none.
    pub fn get(&self, key: &str) -> &[String] {
        match self.fact(&normalize_key(key)) {
            Fact::Values(values) => values,
            Fact::Absent | Fact::Unknown => &[],
        }
    }

    /// Whether anybody can say what value a key has, or that it has none.
    pub fn is_known(&self, key: &str) -> bool {
        self.fact(&normalize_key(key)) != Fact::Unknown
    }

    /// All keys in lower case, with their values.
    pub fn all(&self) -> impl Iterator<Item = (&str, &[String])> {
        let all = self.values.iter();
        all.map(|(key, values)| (key.as_ref(), values.values.as_slice()))
    }

    /// What is known of a key that is already in normal form.
    pub(super) fn fact(&self, normalized: &str) -> Fact<'_> {
        match self.values.get(normalized) {
            Some(Values { values, .. }) if !values.is_empty() => Fact::Values(values),
            Some(_) => Fact::Absent,
            None if self.is_supplied(normalized) => Fact::Absent,
            None => Fact::Unknown,
        }
    }

    /// The value that a variable stands for: that of a single-valued key, unless it is empty.
    pub(super) fn single(&self, normalized: &str) -> Option<&str> {
        let values = self.values.get(normalized).filter(|v| !v.multivalued)?;
        let value = values.values.first()?.as_str();
        (!value.is_empty()).then_some(value)
    }

    fn is_supplied(&self, normalized: &str) -> bool {
        let supplied = self.supplied.as_ref();
        supplied.is_none_or(|lists| lists.iter().any(|keys| is_among(normalized, keys)))
            && !self.withheld.iter().any(|key| covers(key, normalized))
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

/// Whether `keys` name a key, whatever its case.
pub fn is_supplied_by(key: &str, keys: Keys) -> bool {
    is_among(&normalize_key(key), keys)
}

/// The same of a key in lower case.
pub fn is_among(normalized: &str, keys: Keys) -> bool {
    keys.iter().any(|key| covers(key, normalized))
}

fn covers(key: &str, normalized: &str) -> bool {
    key == normalized || (key.ends_with([':', '/']) && normalized.starts_with(key))
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
