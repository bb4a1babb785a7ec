//! The query protocol: parameters in, XML out.

mod query;
mod validation;
mod xml;

pub use query::{Member, Parameters, QueryError};
pub use validation::{ValidationError, Validator};
pub use xml::{Element, NAMESPACE, document, error_document, success_document};
