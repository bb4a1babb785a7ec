//! One declared item, and what has to be done about it.

use std::fmt;

use crate::error::Error;

/// What is declared under a name.
pub trait Declared {
    /// What it is, such as `user`.
    const KIND: &'static str;

    /// Its name.
    fn name(&self) -> &str;
}

/// A declared item beside what is stored of it. `W` is how it is written.
#[derive(Debug)]
pub struct Item<W> {
    /// What it is, such as `user`.
    pub kind: &'static str,
    /// Its name; empty if there is only one of its kind.
    pub name: String,
    /// What changes, without secrets.
    pub details: Vec<String>,
    /// What has a role, and the role's ARN.
    pub roles: Vec<(String, String)>,
    /// `None` if the item is as it should be.
    pub write: Option<W>,
    is_new: bool,
}

impl<W> Item<W> {
    /// An item that is not there yet.
    pub(crate) fn new(kind: &'static str, name: impl Into<String>, write: W) -> Self {
        Self {
            kind,
            name: name.into(),
            details: Vec::new(),
            roles: Vec::new(),
            write: Some(write),
            is_new: true,
        }
    }

    /// An item that is there, and is written only if there are details of what changes.
    pub(crate) fn stored(
        kind: &'static str,
        name: impl Into<String>,
        details: Vec<String>,
        write: W,
    ) -> Self {
        Self {
            kind,
            name: name.into(),
            write: (!details.is_empty()).then_some(write),
            details,
            roles: Vec::new(),
            is_new: false,
        }
    }

    /// The item with the roles that it has.
    pub(crate) fn with_roles(self, roles: Vec<(String, String)>) -> Self {
        Self { roles, ..self }
    }

    /// The item as one of several kinds.
    pub(crate) fn map<V>(self, wrap: impl FnOnce(W) -> V) -> Item<V> {
        Item {
            kind: self.kind,
            name: self.name,
            details: self.details,
            roles: self.roles,
            write: self.write.map(wrap),
            is_new: self.is_new,
        }
    }

    /// `+` for what is added, `~` for what changes, `=` for what stays.
    pub const fn sign(&self) -> char {
        match (&self.write, self.is_new) {
            (None, _) => '=',
            (Some(_), true) => '+',
            (Some(_), false) => '~',
        }
    }
}

/// Sign, kind, name and what changes.
impl<W> fmt::Display for Item<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.sign(), self.kind)?;
        if !self.name.is_empty() {
            write!(f, " {}", self.name)?;
        }
        if !self.details.is_empty() {
            write!(f, ": {}", self.details.join(", "))?;
        }
        Ok(())
    }
}

/// The error about a declared item, whose kind and name stand before the reason.
pub(crate) fn refusal<D: Declared>(declared: &D, reason: impl fmt::Display) -> Error {
    let (kind, name) = (D::KIND, declared.name());
    Error::Declaration {
        kind,
        name: name.to_owned(),
        reason: format!("{kind} {name}: {reason}"),
    }
}
