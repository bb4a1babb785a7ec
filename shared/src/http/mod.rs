//! Between Lambda's events and what answers them: requests in, replies out.

mod audit;
mod event;
mod fault;
mod metrics;
mod record;
mod reply;
mod runtime;
mod service;

pub use audit::{Audit, Proof};
pub use event::{Request, RequestError};
pub use fault::Fault;
pub use record::Record;
pub use reply::Reply;
pub use runtime::{EventHandler, deps, run, serve_events};
pub use service::{Action, Handler, Invocation, Methods, Outcome, Service, authenticate};
