//! The query protocol: parameters in, XML out.

mod api;
mod query;
mod validation;
mod xml;

pub use api::Api;
pub use query::{Member, Parameters, QueryError};
pub use validation::{ValidationError, Validator};
pub use xml::{ActionResult, Element};
