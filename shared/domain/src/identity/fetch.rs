//! Fetching a provider's key set: discovery, redirects, and for how long the reply is good.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use store::{KeySource, OpenIdProvider};
use url::Url;

use crate::jwt::{KeySet, KeySetError};
use crate::outbound::{Outbound, OutboundError, OutboundReply, OutboundRequest, Reach};

/// The largest discovery document or key set, in bytes.
const MAX_REPLY: usize = 1024 * 1024;

/// How many redirects within one host are followed.
const MAX_REDIRECTS: usize = 3;

/// How long it takes in all, discovery and redirects included.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How long keys count as fresh, in seconds, whatever the provider says; and if it is silent.
const MIN_FRESH: i64 = 300;
const MAX_FRESH: i64 = 24 * 3600;
const DEFAULT_FRESH: i64 = 3600;

/// The longest issuer that a discovery document may name, in characters.
const MAX_ISSUER: usize = 512;

/// A provider's keys cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFetchError {
    /// The discovery document names no key set or no issuer.
    #[error("the provider's discovery document has no valid {0}")]
    Discovery(&'static str),
    /// The discovery document is another issuer's.
    #[error("the issuer is {configured:?}, but the discovery document says {discovered:?}")]
    Issuer {
        /// The provider's issuer.
        configured: String,
        /// What the discovery document says.
        discovered: String,
    },
    /// What was fetched is no key set.
    #[error(transparent)]
    KeySet(#[from] KeySetError),
    /// The provider did not answer.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// It answered with another status than 200.
    #[error("the provider answered with status {0}")]
    Status(u16),
    /// The fetch failed less than a minute ago.
    #[error("the provider's keys could not be fetched a moment ago")]
    TriedJustNow,
}

/// A key set, just fetched.
#[derive(Debug)]
pub(super) struct Fetched {
    /// Where it came from.
    pub(super) jwks_uri: Url,
    /// As the provider served it.
    pub(super) document: String,
    /// The usable keys.
    pub(super) keys: Arc<KeySet>,
    /// For how long it need not be fetched again, in seconds.
    pub(super) fresh_seconds: i64,
}

/// Fetches the key set of a provider that has a URL for it.
pub(super) async fn fetch(
    outbound: &Outbound,
    provider: &OpenIdProvider,
) -> Result<Fetched, KeyFetchError> {
    tokio::time::timeout(TIMEOUT, discover_and_fetch(outbound, provider))
        .await
        .unwrap_or(Err(OutboundError::TimedOut.into()))
}

async fn discover_and_fetch(
    outbound: &Outbound,
    provider: &OpenIdProvider,
) -> Result<Fetched, KeyFetchError> {
    let jwks_uri = key_set_url(outbound, provider).await?;
    let reply = get(outbound, provider, jwks_uri.clone()).await?;
    let document = String::from_utf8(reply.body.to_vec()).map_err(|_| KeySetError::Malformed)?;
    Ok(Fetched {
        jwks_uri,
        keys: Arc::new(KeySet::parse(document.as_bytes())?),
        document,
        fresh_seconds: fresh_seconds(&reply),
    })
}

/// The configured URL, or the one that the discovery document names.
async fn key_set_url(outbound: &Outbound, provider: &OpenIdProvider) -> Result<Url, KeyFetchError> {
    match &provider.keys {
        KeySource::JwksUrl(url) => parse_url(url),
        KeySource::ConfigUrl(url) => discover(outbound, provider, url).await,
        KeySource::Jwks(_) => Err(KeyFetchError::Discovery("jwks_uri")),
    }
}

/// Reads a discovery document: its issuer must be the provider's (Discovery 1.0 section 4.3).
async fn discover(
    outbound: &Outbound,
    provider: &OpenIdProvider,
    url: &str,
) -> Result<Url, KeyFetchError> {
    #[derive(Deserialize)]
    struct Document {
        issuer: String,
        jwks_uri: String,
    }
    let reply = get(outbound, provider, parse_url(url)?).await?;
    let document: Document = serde_json::from_slice(&reply.body)
        .map_err(|_| KeyFetchError::Discovery("issuer or jwks_uri"))?;
    if document.issuer.chars().count() > MAX_ISSUER {
        return Err(KeyFetchError::Discovery("issuer"));
    }
    if document.issuer != provider.issuer {
        return Err(KeyFetchError::Issuer {
            configured: provider.issuer.clone(),
            discovered: document.issuer,
        });
    }
    document
        .jwks_uri
        .parse()
        .map_err(|_| KeyFetchError::Discovery("jwks_uri"))
}

/// Compares a provider's issuer with the one that its discovery document names, if it has such
/// a document: [`KeyFetchError::Issuer`] has both where they differ.
pub async fn compare_issuer(
    outbound: &Outbound,
    provider: &OpenIdProvider,
) -> Result<(), KeyFetchError> {
    let KeySource::ConfigUrl(url) = &provider.keys else {
        return Ok(());
    };
    tokio::time::timeout(TIMEOUT, discover(outbound, provider, url))
        .await
        .unwrap_or(Err(OutboundError::TimedOut.into()))
        .map(|_| ())
}

fn parse_url(url: &str) -> Result<Url, KeyFetchError> {
    url.parse().map_err(|_| KeyFetchError::Discovery("URL"))
}

async fn get(
    outbound: &Outbound,
    provider: &OpenIdProvider,
    mut url: Url,
) -> Result<OutboundReply, KeyFetchError> {
    for _ in 0..=MAX_REDIRECTS {
        let reply = outbound.send(request(provider, url.clone())).await?;
        match reply.status.as_u16() {
            200 => return Ok(reply),
            status @ (301 | 302 | 303 | 307 | 308) => {
                url = redirect(&url, &reply).ok_or(KeyFetchError::Status(status))?;
            }
            status => return Err(KeyFetchError::Status(status)),
        }
    }
    Err(KeyFetchError::Status(302))
}

fn request(provider: &OpenIdProvider, url: Url) -> OutboundRequest {
    let reach = if is_configured_host(provider, &url) {
        Reach::Configured
    } else {
        Reach::Learned
    };
    OutboundRequest {
        allow_http: provider.allow_http,
        url,
        reach,
        content: None,
        authorization: None,
        max_reply: MAX_REPLY,
    }
}

/// Whether the operator named the host; one that only a document names must be public.
fn is_configured_host(provider: &OpenIdProvider, url: &Url) -> bool {
    let configured = match &provider.keys {
        KeySource::ConfigUrl(configured) | KeySource::JwksUrl(configured) => Url::parse(configured),
        KeySource::Jwks(_) => return false,
    };
    configured.is_ok_and(|configured| configured.host_str() == url.host_str())
}

/// A redirect within the same host and scheme.
fn redirect(from: &Url, reply: &OutboundReply) -> Option<Url> {
    let to = from
        .join(reply.headers.get("location")?.to_str().ok()?)
        .ok()?;
    (to.origin() == from.origin()).then_some(to)
}

/// How long a reply says that it is good for (RFC 9111 section 5.2.2.1), within our bounds.
fn fresh_seconds(reply: &OutboundReply) -> i64 {
    let control = reply
        .headers
        .get("cache-control")
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let directives = || control.split(',').map(|d| d.trim().to_ascii_lowercase());
    if directives().any(|d| d == "no-store" || d == "no-cache") {
        return MIN_FRESH;
    }
    let max_age = directives().find_map(|d| {
        d.strip_prefix("max-age=")?
            .trim_matches('"')
            .parse::<i64>()
            .ok()
    });
    max_age.unwrap_or(DEFAULT_FRESH).clamp(MIN_FRESH, MAX_FRESH)
}
