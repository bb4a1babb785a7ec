//! Support library of the integration tests and benchmarks.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a broken harness stops the test on the spot"
)]

pub mod authorizer;
pub mod client;
pub mod emulator;
pub mod engine;
pub mod fault_proxy;
pub mod iam;
pub mod kms;
mod net;
pub mod plugin;
pub mod process;
pub mod provider;
pub mod responder;
pub mod s3_gateway;
pub mod sts;
pub mod table;
pub mod template;
