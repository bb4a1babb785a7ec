//! Actions: `service:name`, compared without regard to case.

use super::pattern::Pattern;

/// The action of a request, in lower case.
#[derive(Debug, Clone, Copy)]
pub(super) struct Action<'a> {
    service: &'a str,
    name: &'a str,
}

impl<'a> Action<'a> {
    /// Takes an action in lower case.
    pub(super) fn new(lower_case: &'a str) -> Self {
        let (service, name) = lower_case.split_once(':').unwrap_or(("", lower_case));
        Self { service, name }
    }
}

/// An element of `Action` or `NotAction`.
#[derive(Debug)]
pub(super) struct ActionPattern {
    /// `None` stands for every service.
    service: Option<Box<str>>,
    name: Pattern,
}

impl ActionPattern {
    /// Takes `*` or `service:name`; wildcards may be in the name, or be all of the service.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let (service, name) = match text {
            "*" => ("*", "*"),
            text => text
                .split_once(':')
                .ok_or("an action must be `*` or `service:name`")?,
        };
        if service != "*" && (service.is_empty() || !service.chars().all(is_service_character)) {
            return Err("the service of an action must consist of letters, digits and hyphens");
        }
        if name.is_empty() || !name.chars().all(is_name_character) {
            return Err("the name of an action must consist of letters, digits and wildcards");
        }
        Ok(Self {
            service: (service != "*").then(|| service.to_ascii_lowercase().into()),
            name: Pattern::glob(&name.to_ascii_lowercase())?,
        })
    }

    pub(super) fn matches(&self, action: Action<'_>) -> bool {
        self.service.as_deref().is_none_or(|s| s == action.service) && self.name.covers(action.name)
    }

    /// Whether the service has no resources, so that a statement may do without `Resource`.
    pub(super) fn is_without_resources(&self) -> bool {
        matches!(self.service.as_deref(), Some("admin" | "kms" | "sts"))
    }
}

fn is_service_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "*?-_.".contains(c)
}
