//! Sessions: their parameters, and minting temporary credentials.

mod assumed_role;
mod mint;
mod parameters;
mod reply;

pub use assumed_role::AssumedRole;
pub use mint::{Credentials, MintError, NewSession, Prepared, prepare};
pub use parameters::{
    MIN_SECONDS, ParameterError, check_policies, check_policy_arns, check_session_policy,
    clamp_duration, longest_of, parse_duration, take_duration, take_limits, take_tags,
};
