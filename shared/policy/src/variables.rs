//! Policy variables: `${key}` and `${key, 'default'}`.
//!
//! A variable is resolved once, while a value is compared; what it stands for is never looked at
//! again. A key without a value, with an empty value or with several possible values resolves to
//! nothing, and nothing equals nothing. What a key whose value cannot be known stands for cannot be
//! known either, whatever its default.

use super::context::{Context, Fact, is_key, normalize_key};

/// A placeholder for the value of a context key.
#[derive(Debug)]
pub(super) struct Variable {
    key: Box<str>,
    default: Option<Box<str>>,
}

/// What stands between `${` and `}`.
#[derive(Debug)]
pub(super) enum Placeholder {
    /// `${*}`, `${?}` or `${$}`: the character itself.
    Character(char),
    Variable(Variable),
}

impl Placeholder {
    pub(super) fn parse(inside: &str) -> Result<Self, &'static str> {
        match inside {
            "*" => return Ok(Self::Character('*')),
            "?" => return Ok(Self::Character('?')),
            "$" => return Ok(Self::Character('$')),
            _ => {}
        }
        let (key, default) = match inside.split_once(',') {
            Some((key, default)) => (key, Some(parse_default(default)?)),
            None => (inside, None),
        };
        if !is_key(key) || key.contains(['$', '{', '*', '?', '\'']) {
            return Err(
                "a policy variable must be `${prefix:name}` or `${prefix:name, 'default'}`",
            );
        }
        Ok(Self::Variable(Variable {
            key: normalize_key(key),
            default: default.map(Into::into),
        }))
    }
}

impl Variable {
    /// The value of the key, else the default, else nothing.
    pub(super) fn resolve<'a>(&'a self, context: &'a Context) -> Option<&'a str> {
        let default = || {
            self.default
                .as_deref()
                .filter(|_| !self.is_unknown(context))
        };
        context.single(&self.key).or_else(default)
    }

    pub(super) fn is_unknown(&self, context: &Context) -> bool {
        context.fact(&self.key) == Fact::Unknown
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }
}

fn parse_default(text: &str) -> Result<&str, &'static str> {
    text.trim_start_matches(' ')
        .strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''))
        .filter(|text| !text.contains(['\'', '$', '{']))
        .ok_or("the default value of a policy variable must stand in single quotes")
}
