//! Identity tokens that must and must not be believed.

mod identity_token;
