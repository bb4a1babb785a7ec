//! A provider as it shall be, beside what is stored and what it says of itself.

use domain::identity::{KeyFetchError, compare_issuer};
use domain::outbound::Outbound;
use model::PolicyName;
use model::random::Random;
use store::{Grant, ManageProviders, OpenIdProvider};

use super::declaration::{DesiredProvider, view};
use crate::differences::of_views;
use crate::error::{Error, or_conflict};
use crate::item::{Declared, Item, refusal};
use crate::references::{Known, RoleOwners};

/// How a provider is written.
#[derive(Debug)]
pub struct ProviderWrite {
    /// What it replaces.
    read: Option<OpenIdProvider>,
    provider: OpenIdProvider,
}

impl Declared for DesiredProvider {
    const KIND: &'static str = "provider";

    fn name(&self) -> &str {
        &self.provider.name
    }
}

impl DesiredProvider {
    /// The provider, enabled and without ids.
    pub const fn provider(&self) -> &OpenIdProvider {
        &self.provider
    }

    /// The policies of the provider's roles, if it has any.
    pub(crate) fn policies(&self) -> &[PolicyName] {
        match &self.provider.grant {
            Grant::Role(policies) => policies,
            Grant::Claim(_) => &[],
        }
    }

    pub(crate) fn check_references(&self, known: &Known<'_>) -> Result<(), Error> {
        known.check_policies(self, self.policies())
    }

    /// Compares the issuer with the one that the discovery document names, if there is such a
    /// document: no token is believed while the two differ. An issuer that was only implied is
    /// refused then; one that was given is the operator's, who is told.
    pub(crate) async fn compare_issuer(
        &self,
        outbound: &Outbound,
    ) -> Result<Option<String>, Error> {
        let DesiredProvider { provider, .. } = self;
        let name = &provider.name;
        match compare_issuer(outbound, provider).await {
            Ok(()) => Ok(None),
            Err(error @ KeyFetchError::Issuer { .. }) if self.issuer_given => Ok(Some(format!(
                "provider {name}: {error}; no token is believed while they differ"
            ))),
            Err(KeyFetchError::Issuer {
                configured,
                discovered,
            }) => {
                let reason = format!(
                    "its config_url implies issuer {configured:?}, but the discovery document says {discovered:?}; give the issuer of its tokens"
                );
                Err(refusal(self, reason))
            }
            Err(error) => Ok(Some(format!(
                "provider {name}: issuer {:?} is not compared with the discovery document's: {error}",
                provider.issuer
            ))),
        }
    }

    /// Compares; refuses a role or an audience that somebody else has. `neighbours` are the
    /// other providers of its issuer, to which it is added.
    pub(crate) fn plan(
        self,
        stored: Option<&OpenIdProvider>,
        owners: &mut RoleOwners,
        neighbours: &mut Vec<OpenIdProvider>,
    ) -> Result<Item<ProviderWrite>, Error> {
        for arn in self.provider.role_arns() {
            owners.claim(&self, arn.to_string())?;
        }
        self.claim_audiences(neighbours)?;
        let mut provider = self.provider;
        let before = stored.map(|stored| stored.enabled);
        provider.enabled = self.enabled.or(before).unwrap_or(true);
        if let Some(stored) = stored {
            provider.keep_ids(stored);
        }
        let name = provider.name.clone();
        let roles = roles(&provider);
        let details = stored.map(|stored| changes(stored, &provider));
        let write = ProviderWrite {
            read: stored.cloned(),
            provider,
        };
        let item = match details {
            Some(details) => Item::stored(Self::KIND, name, details, write),
            None => Item::new(Self::KIND, name, write),
        };
        Ok(item.with_roles(roles))
    }

    /// A token's issuer and audience lead to one provider.
    fn claim_audiences(&self, neighbours: &mut Vec<OpenIdProvider>) -> Result<(), Error> {
        let provider = &self.provider;
        neighbours.retain(|other| other.name != provider.name);
        for other in neighbours.iter().filter(|o| o.issuer == provider.issuer) {
            let shared = |id: &&String| other.client_ids.contains(id);
            if let Some(id) = provider.client_ids.iter().find(shared) {
                let other = &other.name;
                let reason = format!("provider {other} has client id {id} already");
                return Err(refusal(self, reason));
            }
        }
        neighbours.push(provider.clone());
        Ok(())
    }
}

/// Whose roles they are, with their ARNs.
fn roles(provider: &OpenIdProvider) -> Vec<(String, String)> {
    let name = &provider.name;
    let roles = provider.client_ids.iter().zip(provider.role_arns());
    roles
        .map(|(id, arn)| (format!("provider {name}, client {id}"), arn.to_string()))
        .collect()
}

fn changes(stored: &OpenIdProvider, provider: &OpenIdProvider) -> Vec<String> {
    let mut details = of_views(&view(stored), &view(provider));
    if details.is_empty() && stored != provider {
        // The view does not show keys.
        details.push("jwks changed".to_owned());
    }
    details
}

impl ProviderWrite {
    pub(crate) async fn carry_out<S: ManageProviders>(
        self,
        store: &S,
        random: &dyn Random,
    ) -> Result<(), Error> {
        let Self { read, mut provider } = self;
        provider.give_ids(random)?;
        let written = match read {
            Some(read) => store.change_provider(&read, &provider).await,
            None => store.create_provider(&provider).await,
        };
        or_conflict(written, Error::table_changed)
    }
}
