//! Limits for those who have no credentials: how often an address or a subject may fail.
//!
//! Actions whose callers do not sign can be tried by anybody. A failure adds to the counters
//! of its address and its subject; when one is full, further calls are refused before anything
//! is verified, for the rest of the minute. The subject is what the token says of itself,
//! proven or not: somebody who sends bad tokens in another's name uses up the other's
//! attempts, which is why that limit is one of its own.

use ring::digest::{SHA256, digest};
use zeroize::Zeroizing;

use crate::call::Call;
use crate::error::ErrorCode;
use crate::http::Fault;
use crate::store::{Count, Counter, StoreError};

/// Failures have no limit of their own: they are counted, and calls are refused by the count.
const NO_LIMIT: u32 = u32::MAX;

/// No further attempt is made.
#[derive(Debug, thiserror::Error)]
pub enum TooManyAttempts {
    /// A counter is full.
    #[error("too many failed attempts of this source or subject")]
    Full,
    /// The counters could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<TooManyAttempts> for Fault {
    fn from(error: TooManyAttempts) -> Self {
        match error {
            TooManyAttempts::Full => Self::caused_by(ErrorCode::Throttling, "Rate exceeded", error),
            TooManyAttempts::Store(error) => error.into(),
        }
    }
}

/// An attempt of somebody who has no credentials.
#[derive(Debug)]
pub struct Attempt {
    counters: Vec<Counter>,
}

impl Attempt {
    /// Refuses an attempt from an address, for a subject, if too many have failed. The subject
    /// is asked for only where it has a limit.
    pub async fn admit<S: Count>(
        call: &Call<'_, S>,
        source_ip: Option<&str>,
        unverified_subject: impl FnOnce() -> Zeroizing<String>,
    ) -> Result<Self, TooManyAttempts> {
        let limits = call.settings.failed_attempts;
        let source = limits.per_source.zip(source_ip);
        let source = source.map(|(limit, ip)| (format!("failed/source/{ip}"), limit));
        let subject = limits.per_subject.map(|limit| {
            let id = hex::encode(digest(&SHA256, unverified_subject().as_bytes()));
            (format!("failed/subject/{id}"), limit)
        });
        let (counters, limits): (Vec<_>, Vec<_>) = [source, subject]
            .into_iter()
            .flatten()
            .map(|(name, limit)| (Counter::of(name, call.now), limit))
            .unzip();
        if !counters.is_empty() {
            let reached = call.store.counted(&counters).await?;
            if reached
                .iter()
                .zip(&limits)
                .any(|(count, limit)| count >= limit)
            {
                return Err(TooManyAttempts::Full);
            }
        }
        Ok(Self { counters })
    }

    /// Counts the attempt as failed. A counter that cannot be written is not a reason to tell
    /// the caller something else than why the attempt failed.
    pub async fn failed<S: Count>(self, call: &Call<'_, S>) {
        for counter in &self.counters {
            if let Err(error) = call.store.count(counter, NO_LIMIT).await {
                tracing::warn!(%error, "a failed attempt could not be counted");
            }
        }
    }
}
