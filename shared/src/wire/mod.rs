//! The query protocol: parameters in, XML out.

mod query;
mod xml;

pub use query::{Member, Parameters, QueryError};
pub use xml::{Element, NAMESPACE, document, error_document, success_document};
