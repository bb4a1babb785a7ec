//! What a provider's discovery document says of its issuer.

use shared::identity::{KeyFetchError, compare_issuer as compare};
use shared::outbound::Outbound;

use super::ProviderDefinition;
use crate::error::AdminError;

/// Compares the issuer with the one that the discovery document names, if there is such a
/// document: no token is believed while the two differ. An issuer that was only implied is
/// refused then; one that was given is the operator's, who is told.
pub(crate) async fn compare_issuer(
    outbound: &Outbound,
    definition: &ProviderDefinition,
) -> Result<Option<String>, AdminError> {
    let name = &definition.provider.name;
    match compare(outbound, &definition.provider).await {
        Ok(()) => Ok(None),
        Err(error @ KeyFetchError::Issuer { .. }) if definition.issuer_given => Ok(Some(format!(
            "provider {name}: {error}; no token is believed while they differ"
        ))),
        Err(KeyFetchError::Issuer {
            configured,
            discovered,
        }) => Err(AdminError::Refused(format!(
            "provider {name}: its config_url implies issuer {configured:?}, but the discovery document says {discovered:?}; give the issuer of its tokens"
        ))),
        Err(error) => Ok(Some(format!(
            "provider {name}: issuer {:?} is not compared with the discovery document's: {error}",
            definition.provider.issuer
        ))),
    }
}
