//! The condition keys that a policy depends on, for those who check that somebody supplies them.

use super::action::Action;
use super::statement::{Effect, Policy, Statement};

/// A statement depends on a condition key, in a condition or by a variable.
#[derive(Debug, Clone, Copy)]
pub struct KeyUse<'a> {
    /// The key, in lower case.
    pub key: &'a str,
    /// The position of the statement, counted from 0.
    pub index: usize,
    /// The `Sid` of the statement.
    pub sid: Option<&'a str>,
    /// Whether the statement denies.
    pub denies: bool,
    statement: &'a Statement,
}

impl Policy {
    /// The keys of each statement, each once, in order of appearance.
    pub fn keys(&self) -> impl Iterator<Item = KeyUse<'_>> {
        self.statements
            .iter()
            .enumerate()
            .flat_map(|(index, statement)| {
                let mut seen: Vec<&str> = Vec::new();
                let keys = statement.keys().filter(move |key| {
                    let is_new = !seen.contains(key);
                    seen.push(key);
                    is_new
                });
                keys.map(move |key| KeyUse {
                    key,
                    index,
                    sid: statement.sid.as_deref(),
                    denies: statement.effect == Effect::Deny,
                    statement,
                })
            })
    }

    /// Whether a statement depends on a key that begins like this, in lower case.
    pub fn has_key(&self, beginning: &str) -> bool {
        let mut keys = self.statements.iter().flat_map(Statement::keys);
        keys.any(|key| key.starts_with(beginning))
    }
}

impl KeyUse<'_> {
    /// Whether the statement is about an action, as `s3:GetObject`.
    pub fn is_about(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        self.statement.actions.include(Action::new(&action))
    }
}
