//! Tokens that are good for one use.

use std::future::Future;

use clock::UnixTime;
use model::AccessKeyId;

use super::StoreError;

/// Remembers which tokens have been used.
pub trait UsedTokens: Sync {
    /// Notes that a token, known by its issuer and its id, has been used for a session, for as
    /// long as it is valid; a [`StoreError::Conflict`] if it had been used for another.
    fn use_token(
        &self,
        token: (&str, &str),
        session: &AccessKeyId,
        until: UnixTime,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}
