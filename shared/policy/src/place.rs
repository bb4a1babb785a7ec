//! Where in a document the parser is; becomes text only when there is an error to report.

use std::fmt;

use super::error::PolicyError;

/// The longest part of a member's name that an error repeats, in characters.
const EXCERPT: usize = 40;

/// A path from the root of the document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    pub(super) const ROOT: Place<'static> = Place {
        parent: None,
        step: Step::Root,
    };

    pub(super) fn key(&'a self, key: &'a str) -> Self {
        Self {
            parent: Some(self),
            step: Step::Key(key),
        }
    }

    pub(super) fn index(&'a self, index: usize) -> Self {
        Self {
            parent: Some(self),
            step: Step::Index(index),
        }
    }

    pub(super) fn error(&self, reason: &'static str) -> PolicyError {
        PolicyError::Element {
            place: self.to_string(),
            reason,
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let below_root = self.parent.filter(|p| p.parent.is_some());
        if let Some(parent) = below_root {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Root => f.write_str("policy document"),
            Step::Index(index) => write!(f, "[{index}]"),
            Step::Key(key) if below_root.is_some() => write!(f, ".{}", excerpt(key)),
            Step::Key(key) => f.write_str(&excerpt(key)),
        }
    }
}

/// The beginning of `text`, printable in any log and any XML document.
pub(super) fn excerpt(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(EXCERPT)
        .map(|c| {
            if c.is_ascii_graphic() || c == ' ' {
                c
            } else {
                '?'
            }
        })
        .collect();
    if text.chars().nth(EXCERPT).is_some() {
        short.push_str("...");
    }
    short
}
