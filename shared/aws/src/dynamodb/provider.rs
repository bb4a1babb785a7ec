//! OpenID providers.
//!
//! A provider lives in its issuer's item, among the issuer's others. Its roles are items of
//! their own, for those who look a session's role up, and so is its name, which keeps it
//! unique. A change writes all of them in one transaction.

use std::collections::BTreeSet;

use model::{PolicyName, RoleArn};
use store::{
    CorruptItem, Grant, KeySetCopy, Listed, ManageProviders, OpenIdProvider, ReadProviders, Role,
    StoreError,
};

use super::list::{listed, read_all};
use super::row::{Row, text};
use super::transaction::{Condition, Transaction};
use super::{DynamoStore, provider_form};

/// What tells a provider's role from other roles.
const KIND: &str = "openid";

/// The index key under which all issuers are listed.
const ISSUERS: &str = "KIND#provider";

/// The attribute of an issuer's item that holds its providers, each as JSON.
const PROVIDERS: &str = "providers";

impl ReadProviders for DynamoStore {
    async fn providers(&self, issuer: &str) -> Result<Vec<OpenIdProvider>, StoreError> {
        match self.read(OpenIdProvider::item_key(issuer)).await? {
            None => Ok(Vec::new()),
            Some(row) => read_providers(&row),
        }
    }
}

impl ManageProviders for DynamoStore {
    async fn list_providers(&self) -> Result<Listed<OpenIdProvider>, StoreError> {
        let issuers = read_all(&self.owned(ISSUERS).await?, read_providers)?;
        let mut items: Vec<_> = issuers.items.into_iter().flatten().collect();
        items.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Listed {
            items,
            corrupt: issuers.corrupt,
        })
    }

    async fn provider_named(&self, name: &str) -> Result<Option<OpenIdProvider>, StoreError> {
        let Some(row) = self.read(name_key(name)).await? else {
            return Ok(None);
        };
        let providers = self.providers(&row.required("issuer", text)?).await?;
        Ok(providers.into_iter().find(|p| p.name == name))
    }

    async fn create_provider(&self, provider: &OpenIdProvider) -> Result<(), StoreError> {
        self.swap(None, Some(provider)).await
    }

    async fn change_provider(
        &self,
        read: &OpenIdProvider,
        provider: &OpenIdProvider,
    ) -> Result<(), StoreError> {
        self.swap(Some(read), Some(provider)).await
    }

    async fn delete_provider(&self, read: &OpenIdProvider) -> Result<(), StoreError> {
        self.swap(Some(read), None).await
    }
}

impl DynamoStore {
    /// Puts `new` in the place of `old`.
    async fn swap(
        &self,
        old: Option<&OpenIdProvider>,
        new: Option<&OpenIdProvider>,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        let issuers: BTreeSet<&str> = [old, new].iter().flatten().map(|p| &*p.issuer).collect();
        for issuer in issuers {
            let here = |p: &&OpenIdProvider| p.issuer == issuer;
            let stored = self.read(OpenIdProvider::item_key(issuer)).await?;
            swap_in_issuer(
                &mut transaction,
                issuer,
                stored,
                (old.filter(here), new.filter(here)),
            )?;
        }
        swap_name(&mut transaction, old, new);
        swap_roles(&mut transaction, old, new)?;
        // A copy of the old place's keys counts for nobody from now on.
        if let Some(old) = old.filter(|old| new.is_none_or(|new| moved(old, new))) {
            transaction.delete(KeySetCopy::item_key(&old.name), Condition::default());
        }
        self.transact(transaction).await
    }
}

fn moved(old: &OpenIdProvider, new: &OpenIdProvider) -> bool {
    old.key_source_digest() != new.key_source_digest()
}

fn swap_in_issuer(
    transaction: &mut Transaction,
    issuer: &str,
    stored: Option<Row>,
    (old, new): (Option<&OpenIdProvider>, Option<&OpenIdProvider>),
) -> Result<(), StoreError> {
    // What a newer version may have written there stays.
    let mut members = match &stored {
        Some(row) => row.list(PROVIDERS, text)?,
        None => Vec::new(),
    };
    let (mut place, mut replaced) = (members.len(), None);
    if let Some(old) = old {
        let is_old = |member: &String| provider_form::read(member).as_ref() == Some(old);
        let found = members.iter().position(is_old);
        place = found.ok_or(StoreError::Conflict)?;
        replaced = Some(members.remove(place));
    }
    if let Some(new) = new {
        let member = match replaced {
            Some(replaced) => provider_form::write_over(&replaced, new),
            None => provider_form::write(new),
        };
        members.insert(place, member?);
    }
    let unchanged = |row: &Row| Condition::unchanged(row.clone(), &[]);
    let condition = stored.as_ref().map_or_else(Condition::absent, unchanged);
    if members.is_empty() {
        transaction.delete(OpenIdProvider::item_key(issuer), condition);
    } else {
        let row = issuer_row(issuer, &members).over(stored.unwrap_or_default(), &[]);
        transaction.put(row, condition);
    }
    Ok(())
}

fn swap_name(
    transaction: &mut Transaction,
    old: Option<&OpenIdProvider>,
    new: Option<&OpenIdProvider>,
) {
    let unchanged = |old| Condition::unchanged(name_row(old), &[]);
    match (old, new) {
        (Some(old), Some(new)) if old.issuer == new.issuer => {}
        (Some(old), Some(new)) => transaction.put(name_row(new), unchanged(old)),
        (None, Some(new)) => transaction.put(name_row(new), Condition::absent()),
        (Some(old), None) => transaction.delete(name_key(&old.name), unchanged(old)),
        (None, None) => {}
    }
}

/// A role that another provider or a plugin has is never taken over.
fn swap_roles(
    transaction: &mut Transaction,
    old: Option<&OpenIdProvider>,
    new: Option<&OpenIdProvider>,
) -> Result<(), StoreError> {
    let own = |p: &OpenIdProvider| Condition::absent_or([("kind", KIND), ("name", &p.name)]);
    let kept: Vec<RoleArn> = new.iter().flat_map(|p| p.role_arns()).collect();
    if let Some(old) = old {
        for arn in old.role_arns().filter(|arn| !kept.contains(arn)) {
            transaction.delete(Role::item_key(arn.as_str()), own(old));
        }
    }
    if let Some(new) = new {
        for arn in kept {
            transaction.put(role_row(&arn, new)?, own(new));
        }
    }
    Ok(())
}

/// The key of the item that keeps a name to one provider.
fn name_key(name: &str) -> String {
    format!("PROVIDER#{name}")
}

fn name_row(provider: &OpenIdProvider) -> Row {
    Row::default()
        .with_text("pk", name_key(&provider.name))
        .with_text("issuer", &provider.issuer)
}

fn role_row(arn: &RoleArn, provider: &OpenIdProvider) -> Result<Row, StoreError> {
    let key = Role::item_key(arn.as_str());
    let Some(id) = provider.role_id(arn) else {
        return Err(StoreError::Corrupt(CorruptItem {
            item: key,
            attribute: "id",
        }));
    };
    let policies = match &provider.grant {
        Grant::Role(policies) => policies.as_slice(),
        Grant::Claim(_) => &[],
    };
    Ok(Row::default()
        .with_text("pk", key)
        .with_text("id", id.as_str())
        .with_text("kind", KIND)
        .with_text("name", &provider.name)
        .with_text("role_arn", arn.as_str())
        .with_texts("policies", policies.iter().map(PolicyName::as_str))
        .with_text("status", provider.status().as_str()))
}

fn issuer_row(issuer: &str, members: &[String]) -> Row {
    let key = OpenIdProvider::item_key(issuer);
    listed(key.clone(), ISSUERS, &key)
        .with_text("issuer", issuer)
        .with_texts(PROVIDERS, members.iter().map(String::as_str))
}

/// The providers in an issuer's item.
fn read_providers(row: &Row) -> Result<Vec<OpenIdProvider>, StoreError> {
    row.list(PROVIDERS, |v| provider_form::read(v.as_s().ok()?))
}
