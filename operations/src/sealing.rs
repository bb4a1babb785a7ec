//! Secrets and the items that hold them.

use keys::{KeyRing, SealError, Sealed};
use model::random::Random;

use crate::error::Error;

/// What makes ids, and seals secrets.
#[derive(Debug, Clone, Copy)]
pub struct Sealing<'a> {
    /// Where ids and nonces come from.
    pub random: &'a dyn Random,
    /// The keys in use; needed only where there is something to seal.
    pub ring: Option<&'a KeyRing>,
}

impl Sealing<'_> {
    /// Seals a secret for the item of that key.
    pub(crate) fn seal(&self, item: &str, secret: &[u8]) -> Result<Sealed, Error> {
        let ring = self.ring.ok_or(SealError::Failed)?;
        Ok(ring.seal(item, secret, self.random)?)
    }
}

/// Seals anew what a key has sealed that goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resealing<'a> {
    /// The key that goes.
    pub(crate) kid: &'a str,
    /// The keys with it.
    pub(crate) before: &'a KeyRing,
    /// The keys without it.
    pub(crate) after: &'a KeyRing,
    /// Where nonces come from.
    pub(crate) random: &'a dyn Random,
}

impl Resealing<'_> {
    /// The secret sealed anew; `None` if there is none, or another key has sealed it.
    pub(crate) fn again(
        &self,
        item: &str,
        sealed: Option<&Sealed>,
    ) -> Result<Option<Sealed>, Error> {
        let Some(sealed) = sealed.filter(|sealed| sealed.kid() == Some(self.kid)) else {
            return Ok(None);
        };
        let secret = self.before.open(item, sealed)?;
        Ok(Some(self.after.seal(item, &secret, self.random)?))
    }
}
