#![doc = include_str!("../README.md")]

mod action;
mod answer;
mod arn;
pub mod canned;
mod condition;
mod context;
mod error;
mod evaluate;
mod json;
mod keys;
mod parse;
mod pattern;
mod place;
mod principal;
mod statement;
mod variables;

#[cfg(test)]
mod tests;

pub use condition::is_decimal;
pub use context::{Context, Keys, is_among, is_supplied_by};
pub use error::PolicyError;
pub use evaluate::{
    Asked, Ceiling, Decision, Layer, Layers, MatchedStatement, NamedPolicy, Query, Resource,
    decide, explicit_deny,
};
pub use keys::KeyUse;
pub use parse::Kind;
pub use principal::Principal;
pub use statement::Policy;
