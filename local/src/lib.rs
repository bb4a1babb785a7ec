//! The services that stand in for the cloud on a developer's machine.
//!
//! All of them listen on the loopback interface only and are meant for trying and testing:
//! the engine accepts any signature and the other two know fixed users.

pub mod engine;
mod error;
pub mod net;
pub mod plugin;
pub mod provider;
pub mod server;

pub use error::Error;
