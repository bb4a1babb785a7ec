//! Between Lambda's events and what answers them: events in, replies out. Nothing else knows
//! Lambda.

mod event;
mod reply;
mod runtime;

pub use event::{RequestError, read_event};
pub use reply::Reply;
pub use runtime::{EventHandler, run, serve_events};
