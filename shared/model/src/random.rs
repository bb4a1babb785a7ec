//! Randomness as a parameter. Keys and secrets come from the operating system's generator only.

use std::fmt;

use rand::TryRng;
use rand::rngs::SysRng;

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the operating system's random number generator failed")]
pub struct RandomError;

/// A source of unpredictable bytes.
pub trait Random: fmt::Debug + Send + Sync {
    /// Fills `buffer`; on an error its contents must not be used.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), RandomError>;
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), RandomError> {
        SysRng.try_fill_bytes(buffer).map_err(|_| RandomError)
    }
}
