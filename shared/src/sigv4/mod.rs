//! Signature Version 4, verified by pure functions.
