//! A look at what a provider serves, for operators.

use std::sync::Arc;

use store::{KeySource, OpenIdProvider};

use super::fetch::{KeyFetchError, fetch};
use crate::jwt::KeySet;
use crate::outbound::Outbound;

/// What a provider serves at this moment.
#[derive(Debug)]
pub struct Inspected {
    /// The issuer that the discovery document names, if there is such a document.
    pub discovered_issuer: Option<String>,
    /// Where the keys come from, unless they are configured themselves.
    pub jwks_uri: Option<String>,
    /// The usable keys.
    pub keys: Arc<KeySet>,
}

/// Fetches a provider's discovery document and keys, past everything that is remembered.
pub async fn inspect(
    outbound: &Outbound,
    provider: &OpenIdProvider,
) -> Result<Inspected, KeyFetchError> {
    if let KeySource::Jwks(document) = &provider.keys {
        return Ok(Inspected {
            discovered_issuer: None,
            jwks_uri: None,
            keys: Arc::new(KeySet::parse(document.as_bytes())?),
        });
    }
    let fetched = fetch(outbound, provider).await?;
    // Keys are fetched by a document of the provider's own issuer only.
    let discovered = matches!(provider.keys, KeySource::ConfigUrl(_));
    Ok(Inspected {
        discovered_issuer: discovered.then(|| provider.issuer.clone()),
        jwks_uri: Some(fetched.jwks_uri.into()),
        keys: fetched.keys,
    })
}
