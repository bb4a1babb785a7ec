//! Between Lambda's events and the actions: requests in, XML replies out.

mod event;
mod fault;
mod record;
mod reply;
mod runtime;
mod service;

pub use event::{Request, RequestError};
pub use fault::Fault;
pub use record::Record;
pub use reply::Reply;
pub use runtime::run;
pub use service::{Action, Handler, Invocation, Methods, Outcome, Service};
