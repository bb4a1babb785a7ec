//! JSON Web Tokens (RFC 7519), through `jsonwebtoken` with `ring` below it.

mod crypto;
mod identity_token;
mod jwks;
mod session_token;

#[cfg(test)]
mod tests;

pub use identity_token::{
    DEFAULT_ALGORITHMS, Expectations, IdentityClaims, IdentityTokenError, SignedToken,
    UnverifiedToken, verify as verify_identity, verify_signature,
};
pub use jwks::{KeySet, KeySetError};
pub use session_token::{SessionClaims, TokenError, TokenKeys, is_reserved_claim, sign, verify};
