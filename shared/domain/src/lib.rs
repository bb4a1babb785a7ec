//! The domain: who calls, what they may do, and the credentials they get.
//!
//! Nothing here knows a cloud: the table, the keys' wrapper, time and randomness are traits, and
//! requests are values. The rooms form floors; a room uses what stands below it or, without a
//! circle, beside it. `tests/it/rooms` reads the `use` lines and holds that.

pub mod auth;
pub mod call;
pub mod caller;
pub mod fault;
pub mod federation;
pub mod identity;
pub mod invocation;
pub mod issuing;
pub mod jwt;
pub mod outbound;
pub mod permissions;
pub mod policies;
pub mod record;
pub mod request;
pub mod resources;
pub mod service;
pub mod session;
pub mod verify;
pub mod wire;
