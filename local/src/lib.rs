//! The services that stand in for the cloud on a developer's machine.
//!
//! All of them listen on the loopback interface only and are meant for trying and testing:
//! the engine accepts any signature, and plugin and provider know fixed users. Only the S3
//! gateway guards what it holds.

pub mod engine;
mod error;
pub mod net;
pub mod plugin;
pub mod provider;
#[cfg(feature = "s3")]
pub mod s3_gateway;
#[cfg(feature = "s3")]
pub mod s3_store;
pub mod server;
pub mod tls_front;

pub use error::Error;
