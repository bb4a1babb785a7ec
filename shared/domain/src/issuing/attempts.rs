//! Limits for those who have no credentials: how often a source or a subject may fail.
//!
//! Actions whose callers do not sign can be tried by anybody. An attempt takes a place in the
//! counters of its source and its subject before anything is looked at, and gives it back
//! unless it failed; so however many come at once, no more than the limit fail in a minute.
//! The subject is what the token says of itself, proven or not: somebody who sends bad tokens
//! in another's name uses up the other's attempts, which is why that limit is one of its own.

use std::net::{IpAddr, Ipv6Addr};

use store::{Count, Counter, StoreError};
use zeroize::Zeroizing;

use super::take_back;
use crate::call::Call;

/// The network that one subscriber has at least: an address within it is theirs to choose.
const SUBSCRIBER_BITS: u32 = 64;

/// No further attempt is made.
#[derive(Debug, thiserror::Error)]
pub enum TooManyAttempts {
    /// A counter is full.
    #[error("too many failed attempts of this source or subject")]
    Full,
    /// The attempt could not be counted.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An attempt of somebody who has no credentials. It counts as failed until it is given back.
#[derive(Debug, Default)]
pub struct Attempt {
    counted: Vec<Counter>,
}

impl Attempt {
    /// Counts an attempt from an address, for a subject, or refuses it if that many have failed
    /// or are under way. The subject is asked for only where it has a limit.
    pub async fn admit<S: Count>(
        call: &Call<'_, S>,
        source_ip: Option<&str>,
        unverified_subject: impl FnOnce() -> Zeroizing<String>,
    ) -> Result<Self, TooManyAttempts> {
        let limits = call.settings.failed_attempts;
        let of = |kind, whose: &str| Counter::of(kind, whose, call.now);
        let source = limits
            .per_source
            .map(|limit| (of("failed/source", &source(source_ip)), limit));
        let subject = limits
            .per_subject
            .map(|limit| (of("failed/subject", &unverified_subject()), limit));
        let mut attempt = Self::default();
        for (counter, limit) in [source, subject].into_iter().flatten() {
            if !call.store.count(&counter, limit).await? {
                attempt.give_back(call.store).await;
                return Err(TooManyAttempts::Full);
            }
            attempt.counted.push(counter);
        }
        Ok(attempt)
    }

    /// Gives the places of an attempt back that did not fail.
    pub async fn give_back<S: Count>(self, store: &S) {
        for counter in &self.counted {
            take_back(store, counter).await;
        }
    }
}

/// Who an address is counted as: itself or, of IPv6, the network of one subscriber. Whose
/// address is not known are one.
fn source(ip: Option<&str>) -> String {
    let address: Option<IpAddr> = ip.and_then(|ip| ip.parse().ok());
    match address.map(|address| address.to_canonical()) {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let network = address.to_bits() & (u128::MAX << SUBSCRIBER_BITS);
            format!("{}/{SUBSCRIBER_BITS}", Ipv6Addr::from_bits(network))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_subscriber_are_one_source() {
        for (source_ips, expected) in [
            (
                &["192.0.2.1", "::ffff:192.0.2.1", "::FFFF:C000:0201"][..],
                "192.0.2.1",
            ),
            (&["192.0.2.2"], "192.0.2.2"),
            (
                &[
                    "2001:db8:0:1::1",
                    "2001:db8:0:1:ffff:ffff:ffff:ffff",
                    "2001:0DB8:0000:0001:0:0:192.0.2.1",
                ],
                "2001:db8:0:1::/64",
            ),
            (&["2001:db8:0:2::1"], "2001:db8:0:2::/64"),
            (&["", "nowhere", "192.0.2.1:80", "fe80::1%eth0"], "unknown"),
        ] {
            for ip in source_ips {
                assert_eq!(source(Some(ip)), expected, "{ip}");
            }
        }
        assert_eq!(source(None), "unknown");
    }
}
