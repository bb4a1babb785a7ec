//! OpenID providers: declared as a whole.

mod declaration;
mod plan;

use domain::identity::{Inspected, inspect};
use domain::outbound::Outbound;
use store::{ManageProviders, OpenIdProvider};

use crate::error::Error;
use crate::item::Declared;

pub use declaration::{DEFAULT_KEPT, DesiredProvider, ProviderDeclaration, view};
pub use plan::ProviderWrite;

/// The provider of that name.
pub async fn find<S: ManageProviders>(store: &S, name: &str) -> Result<OpenIdProvider, Error> {
    let provider = store.provider_named(name).await?;
    provider.ok_or_else(|| Error::missing(DesiredProvider::KIND, name))
}

/// Refuses a provider whose name is taken: who adds one does not mean to change it.
pub async fn refuse_existing<S: ManageProviders>(
    store: &S,
    desired: &DesiredProvider,
) -> Result<(), Error> {
    match store.provider_named(desired.name()).await? {
        Some(_) => Err(Error::exists(DesiredProvider::KIND, desired.name())),
        None => Ok(()),
    }
}

/// Enables or disables a provider: a disabled one issues nothing, and sessions of its roles are
/// refused.
pub async fn set_enabled<S: ManageProviders>(
    store: &S,
    name: &str,
    enabled: bool,
) -> Result<(), Error> {
    let read = find(store, name).await?;
    let provider = OpenIdProvider {
        enabled,
        ..read.clone()
    };
    Ok(store.change_provider(&read, &provider).await?)
}

/// Deletes a provider and its roles, whose sessions die with it.
pub async fn remove<S: ManageProviders>(store: &S, name: &str) -> Result<(), Error> {
    let provider = find(store, name).await?;
    Ok(store.delete_provider(&provider).await?)
}

/// Fetches what a function would fetch; refuses keys of which none is usable.
pub async fn check(outbound: &Outbound, provider: &OpenIdProvider) -> Result<Inspected, Error> {
    let name = &provider.name;
    let refused = |reason: String| Error::Refused(format!("provider {name}: {reason}"));
    let found = inspect(outbound, provider).await;
    let found = found.map_err(|error| refused(error.to_string()))?;
    if found.keys.is_empty() {
        return Err(refused("none of its keys is usable".to_owned()));
    }
    Ok(found)
}
