//! Update expressions: every attribute by placeholder, so that no name is a reserved word.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use store::Change;

use super::row::list_of;

/// A change of some attributes of one item.
#[derive(Debug, Default)]
pub(super) struct Update {
    sets: Vec<String>,
    removes: Vec<String>,
    condition: Option<String>,
    pub(super) names: HashMap<String, String>,
    pub(super) values: HashMap<String, AttributeValue>,
}

impl Update {
    /// A change of an item that must exist.
    pub(super) fn existing() -> Self {
        Self::default().only_if("attribute_exists(pk)")
    }

    #[must_use]
    pub(super) fn set(self, attribute: &str, value: AttributeValue) -> Self {
        self.set_to(attribute, &format!(":{attribute}"), value)
    }

    #[must_use]
    pub(super) fn set_text(self, attribute: &str, text: &str) -> Self {
        self.set(attribute, AttributeValue::S(text.to_owned()))
    }

    #[must_use]
    pub(super) fn set_number(self, attribute: &str, number: impl Into<i64>) -> Self {
        self.set(attribute, AttributeValue::N(number.into().to_string()))
    }

    /// Sets the attribute unless it has a value.
    #[must_use]
    pub(super) fn set_once(self, attribute: &str, value: AttributeValue) -> Self {
        let expression = format!("if_not_exists(#{attribute}, :{attribute})");
        self.set_to(attribute, &expression, value)
    }

    /// Adds one to a number that is there.
    #[must_use]
    pub(super) fn increment(self, attribute: &str) -> Self {
        let expression = format!("#{attribute} + :{attribute}");
        self.set_to(attribute, &expression, AttributeValue::N("1".to_owned()))
    }

    /// Sets a list; an empty one is left out of the item.
    #[must_use]
    pub(super) fn set_texts<'a>(
        self,
        attribute: &str,
        texts: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        match list_of(texts) {
            Some(list) => self.set(attribute, list),
            None => self.remove(attribute),
        }
    }

    #[must_use]
    pub(super) fn change_number(self, attribute: &str, change: Change<u32>) -> Self {
        match change {
            Change::Keep => self,
            Change::Set(number) => self.set_number(attribute, number),
            Change::Remove => self.remove(attribute),
        }
    }

    #[must_use]
    pub(super) fn remove(mut self, attribute: &str) -> Self {
        let name = self.name(attribute);
        self.removes.push(name);
        self
    }

    /// Sets or removes a member of a map that is there; the map's other members stay.
    #[must_use]
    pub(super) fn set_member(
        mut self,
        map: &str,
        member: &str,
        value: Option<AttributeValue>,
    ) -> Self {
        let path = format!("{}.{}", self.name(map), self.name(member));
        match value {
            Some(value) => {
                self.sets.push(format!("{path} = :{member}"));
                self.values.insert(format!(":{member}"), value);
            }
            None => self.removes.push(path),
        }
        self
    }

    /// Adds the condition that a member of a map still has a value, or is still absent.
    #[must_use]
    pub(super) fn only_if_member(
        mut self,
        map: &str,
        member: &str,
        value: Option<AttributeValue>,
    ) -> Self {
        let path = format!("{}.{}", self.name(map), self.name(member));
        match value {
            Some(value) => {
                let placeholder = format!(":read_{member}");
                self.only_if(&format!("{path} = {placeholder}"))
                    .with_value(&placeholder, value)
            }
            None => self.only_if(&format!("attribute_not_exists({path})")),
        }
    }

    /// Adds a condition; all of them must hold.
    #[must_use]
    pub(super) fn only_if(mut self, condition: &str) -> Self {
        self.condition = Some(match self.condition {
            Some(first) => format!("{first} AND {condition}"),
            None => condition.to_owned(),
        });
        self
    }

    /// Names a value that only the condition uses.
    #[must_use]
    pub(super) fn with_value(mut self, placeholder: &str, value: AttributeValue) -> Self {
        self.values.insert(placeholder.to_owned(), value);
        self
    }

    /// Whether there is anything to do; the engine refuses an empty expression.
    pub(super) const fn is_empty(&self) -> bool {
        self.sets.is_empty() && self.removes.is_empty()
    }

    pub(super) fn expression(&self) -> String {
        let clause = |verb: &str, parts: &[String]| {
            (!parts.is_empty()).then(|| format!("{verb} {}", parts.join(", ")))
        };
        [clause("SET", &self.sets), clause("REMOVE", &self.removes)]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ")
    }

    pub(super) fn condition(&self) -> Option<String> {
        self.condition.clone()
    }

    fn set_to(mut self, attribute: &str, expression: &str, value: AttributeValue) -> Self {
        let name = self.name(attribute);
        self.sets.push(format!("{name} = {expression}"));
        self.values.insert(format!(":{attribute}"), value);
        self
    }

    fn name(&mut self, attribute: &str) -> String {
        let placeholder = format!("#{attribute}");
        self.names.insert(placeholder.clone(), attribute.to_owned());
        placeholder
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_appear_only_when_used() {
        let update = Update::existing()
            .set_text("status", "enabled")
            .set_texts("policies", [])
            .increment("version");
        assert_eq!(
            update.expression(),
            "SET #status = :status, #version = #version + :version REMOVE #policies"
        );
        assert_eq!(update.condition().as_deref(), Some("attribute_exists(pk)"));
        assert_eq!(update.names.len(), 3);
        assert_eq!(update.values.len(), 2);
    }

    #[test]
    fn keeping_everything_is_no_update() {
        let update = Update::existing().change_number("max_session_seconds", Change::Keep);
        assert!(update.is_empty());
        assert!(
            !update
                .change_number("max_session_seconds", Change::Remove)
                .is_empty()
        );
    }
}
