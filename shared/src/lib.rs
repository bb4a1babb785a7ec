//! What every function of the service shares.
//!
//! The modules form layers; a module uses only what stands below it:
//!
//! | layer | modules |
//! |---|---|
//! | 4 | `http`, `config`, `telemetry` |
//! | 3 | `auth`, `session`, `store::dynamodb` |
//! | 2 | `store`, `keys` |
//! | 1 | `wire`, `sigv4`, `policy`, `jwt` |
//! | 0 | `model`, `clock`, `random`, `error` |
//!
//! Layers 0 and 1 do no I/O: time, keys and randomness are arguments.

pub mod clock;
pub mod error;
pub mod jwt;
pub mod keys;
pub mod model;
pub mod policy;
pub mod random;
pub mod sigv4;
pub mod wire;
