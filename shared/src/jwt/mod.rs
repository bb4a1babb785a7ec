//! JSON Web Tokens (RFC 7519), through `jsonwebtoken` with `ring` below it.

mod crypto;
mod session_token;

pub use session_token::{SessionClaims, TokenError, TokenKeys, sign, verify};
