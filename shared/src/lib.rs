//! What every function of the service links, under one name.
//!
//! Its own rooms are the top floor: `http`, the edge to Lambda, and `telemetry`, the log. What
//! stands below is in crates of their own, which whoever guards data links without this one:
//!
//! | crate | holds |
//! |---|---|
//! | [`config`] | the only reader of the environment |
//! | [`domain`] | who calls, what they may do, the credentials they get |
//! | [`aws`] | the table in `DynamoDB`, wrapped keys in KMS |
//! | [`store`], [`keys`] | items and a trait per capability; the master keys |
//! | [`policy`], [`sigv4`], [`s3`] | pure: decisions, signatures, what a request for data asks |
//! | [`model`], [`clock`] | values that cannot be wrong, moments |

pub mod http;
pub mod telemetry;

pub use aws::kms;
pub use domain::{
    auth, call, caller, fault, federation, identity, invocation, issuing, jwt, outbound,
    permissions, policies, record, request, resources, service, session, verify, wire,
};
pub use model::{cache, error, random};
pub use {aws, clock, config, keys, model, policy, s3, sigv4};

/// The items of the table, a trait per capability, and the table itself.
pub mod store {
    pub use aws::dynamodb;
    pub use store::*;
}
