//! What every function of the service shares.
//!
//! The modules form layers; a module uses only what stands below it:
//!
//! | layer | modules |
//! |---|---|
//! | 5 | `issuing`, `token_exchange`, `verify` |
//! | 4 | `http`, `config`, `telemetry` |
//! | 3 | `auth`, `session`, `outbound`, `identity`, `call`, `permissions`, `resources`, `store::dynamodb`, `kms` |
//! | 2 | `store`, `keys`, `aws` |
//! | 1 | `wire`, `sigv4`, `policy`, `jwt`, `s3` |
//! | 0 | `model`, `clock`, `random`, `error`, `cache` |
//!
//! Layers 0 and 1 do no I/O: time, keys and randomness are arguments.

pub mod auth;
pub mod aws;
pub mod cache;
pub mod call;
pub mod clock;
pub mod config;
pub mod error;
pub mod http;
pub mod identity;
pub mod issuing;
pub mod jwt;
pub mod keys;
pub mod kms;
pub mod model;
pub mod outbound;
pub mod permissions;
pub mod policy;
pub mod random;
pub mod resources;
pub mod s3;
pub mod session;
pub mod sigv4;
pub mod store;
pub mod telemetry;
pub mod token_exchange;
pub mod verify;
pub mod wire;
