//! Calls to identity providers and decision points: bounded in time, size and in whom they may reach.
//!
//! The client is `hyper` with the TLS stack that the SDK links anyway. It follows no
//! redirects, decompresses nothing, reads no proxy settings, and decides about an address
//! when it connects, so that a name which resolves differently a moment later gains nothing.

mod address;
mod circuit;
mod client;
mod configured;

pub use address::Reach;
pub use circuit::{Circuit, Circuits};
pub use client::{
    Content, Outbound, OutboundCall, OutboundError, OutboundReply, OutboundRequest, is_outage,
};
pub use configured::{UrlError, check_configured};
