//! What is declared: checked, compared with what is stored, and written only when nothing is
//! left to be refused. What is not declared stays as it is.

use std::collections::{BTreeMap, BTreeSet};

use domain::outbound::Outbound;
use keys::KeyRing;
use model::random::Random;
use model::{AccessKeyId, PolicyName};
use store::{
    Group, ManageGroups, ManagePlugins, ManagePolicies, ManageProviders, ManageSettings,
    ManageUsers, OpenIdProvider, ReadRoles, ReadService, ReadSessions, StoredPolicy,
};

use crate::error::Error;
use crate::group::{DesiredGroup, GroupWrite};
use crate::item::{Declared as _, Item};
use crate::lint::{Finding, Supplied};
use crate::plugin::{self, CurrentPlugin, DesiredPlugin, PluginWrite};
use crate::policy::{DesiredPolicy, PolicyWrite};
use crate::provider::{DesiredProvider, ProviderWrite};
use crate::references::{Known, RoleOwners};
use crate::sealing::Sealing;
use crate::settings::{self, CurrentSettings, DesiredSettings, SettingsWrite};
use crate::user::{self, CurrentUser, DesiredUser, UserWrite};

/// What a store must be able to do to take declarations.
pub trait TakeDeclarations:
    ManageGroups
    + ManagePlugins
    + ManagePolicies
    + ManageProviders
    + ManageSettings
    + ManageUsers
    + ReadRoles
    + ReadService
    + ReadSessions
{
}

impl<S> TakeDeclarations for S where
    S: ManageGroups
        + ManagePlugins
        + ManagePolicies
        + ManageProviders
        + ManageSettings
        + ManageUsers
        + ReadRoles
        + ReadService
        + ReadSessions
{
}

/// What is declared; each name stands once among those of its kind.
#[derive(Debug, Default)]
pub struct Desired {
    /// Policies.
    pub policies: Vec<DesiredPolicy>,
    /// Groups.
    pub groups: Vec<DesiredGroup>,
    /// Users.
    pub users: Vec<DesiredUser>,
    /// Identity plugins, each as a whole.
    pub plugins: Vec<DesiredPlugin>,
    /// OpenID providers, each as a whole.
    pub providers: Vec<DesiredProvider>,
    /// Settings.
    pub settings: DesiredSettings,
}

/// What is stored of that which is declared, and of what it refers to.
#[derive(Debug, Default)]
pub struct Current {
    /// Policies.
    pub policies: BTreeMap<PolicyName, StoredPolicy>,
    /// Groups.
    pub groups: BTreeMap<String, Group>,
    /// Users.
    pub users: BTreeMap<AccessKeyId, CurrentUser>,
    /// Identity plugins.
    pub plugins: BTreeMap<String, CurrentPlugin>,
    /// OpenID providers.
    pub providers: BTreeMap<String, OpenIdProvider>,
    /// Whose the roles are that are declared, by their ARNs.
    pub roles: BTreeMap<String, String>,
    /// All providers of the issuers that are declared.
    pub neighbours: Vec<OpenIdProvider>,
    /// Settings.
    pub settings: CurrentSettings,
}

/// How an item is written.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a plan has few writes, and lives for one command"
)]
pub enum Write {
    /// A policy.
    Policy(PolicyWrite),
    /// A group.
    Group(GroupWrite),
    /// A user.
    User(UserWrite),
    /// The settings.
    Settings(SettingsWrite),
    /// An identity plugin.
    Plugin(PluginWrite),
    /// An OpenID provider.
    Provider(ProviderWrite),
}

/// What to write, in order: policies before groups before users, so that nothing ever names
/// what is not there.
#[derive(Debug)]
pub struct Plan {
    /// All declared items, those that stay as they are too.
    pub items: Vec<Item<Write>>,
}

/// What has to be written, and the keys to seal it with. Nothing is written yet.
#[derive(Debug)]
pub struct Prepared {
    /// What has to be written.
    pub plan: Plan,
    /// What declared policies depend on and nobody supplies.
    pub findings: Vec<Finding>,
    /// What the operator has to know of providers besides.
    pub notes: Vec<String>,
    ring: Option<KeyRing>,
}

impl Prepared {
    /// Compares what is declared with the table, and the issuers of providers with what they
    /// say of themselves. The keys are needed if it [has secrets](Desired::has_secrets).
    pub async fn new<S: TakeDeclarations>(
        store: &S,
        ring: Option<KeyRing>,
        outbound: &Outbound,
        desired: Desired,
    ) -> Result<Self, Error> {
        let current = Current::read(store, ring.as_ref(), &desired).await?;
        let findings = desired.findings(store).await?;
        let mut notes = Vec::new();
        for provider in &desired.providers {
            notes.extend(provider.compare_issuer(outbound).await?);
        }
        Ok(Self {
            plan: plan(desired, &current)?,
            findings,
            notes,
            ring,
        })
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.plan.items.iter().all(|item| item.write.is_none())
    }

    /// Takes out the items that exist and would change.
    pub fn keep_existing(&mut self) -> Vec<Item<Write>> {
        let changes = |item: &mut Item<Write>| item.sign() == '~';
        self.plan.items.extract_if(.., changes).collect()
    }

    /// Writes all items.
    pub async fn write<S: TakeDeclarations>(
        self,
        store: &S,
        random: &dyn Random,
    ) -> Result<(), Error> {
        let sealing = Sealing {
            random,
            ring: self.ring.as_ref(),
        };
        for write in self.plan.items.into_iter().filter_map(|item| item.write) {
            write.carry_out(store, sealing).await?;
        }
        Ok(())
    }
}

impl Write {
    async fn carry_out<S: TakeDeclarations>(
        self,
        store: &S,
        sealing: Sealing<'_>,
    ) -> Result<(), Error> {
        match self {
            Self::Policy(write) => write.carry_out(store, sealing.random).await,
            Self::Group(write) => write.carry_out(store).await,
            Self::User(write) => write.carry_out(store, sealing).await,
            Self::Settings(write) => write.carry_out(store, sealing).await,
            Self::Plugin(write) => write.carry_out(store, sealing).await,
            Self::Provider(write) => write.carry_out(store, sealing.random).await,
        }
    }
}

impl Plan {
    /// How many items have that [sign](Item::sign).
    pub fn count(&self, sign: char) -> usize {
        self.items.iter().filter(|item| item.sign() == sign).count()
    }
}

impl Desired {
    /// Whether there is anything to seal, or to compare with what is sealed.
    pub fn has_secrets(&self) -> bool {
        self.settings.has_secret()
            || self.users.iter().any(DesiredUser::has_secret)
            || self.plugins.iter().any(DesiredPlugin::has_secret)
    }

    /// What the declared policies depend on and nobody supplies, with all that is declared
    /// beside them.
    async fn findings<S: TakeDeclarations>(&self, store: &S) -> Result<Vec<Finding>, Error> {
        if self.policies.is_empty() {
            return Ok(Vec::new());
        }
        let mut supplied = Supplied::read(store).await?;
        supplied.add_settings(self.settings.condition_keys());
        for provider in &self.providers {
            supplied.add_provider(provider.provider());
        }
        let policies = self.policies.iter();
        let findings = policies.flat_map(|p| supplied.findings_of(p.name(), p.document()));
        Ok(findings.collect())
    }

    /// The policies that are declared or attached.
    fn policy_names(&self) -> BTreeSet<PolicyName> {
        let declared = self.policies.iter().map(DesiredPolicy::policy_name);
        let of_groups = self.groups.iter().flat_map(DesiredGroup::policies);
        let of_users = self.users.iter().flat_map(DesiredUser::policies);
        let of_plugins = self.plugins.iter().flat_map(|p| &p.plugin().policies);
        let of_providers = self.providers.iter().flat_map(DesiredProvider::policies);
        let attached = of_groups.chain(of_users).chain(of_plugins);
        let names = declared.chain(attached).chain(of_providers);
        names.cloned().collect()
    }

    /// The groups that are declared or joined.
    fn group_names(&self) -> BTreeSet<String> {
        let declared = self.groups.iter().map(|g| g.name().to_owned());
        let joined = self.users.iter().flat_map(DesiredUser::groups);
        declared.chain(joined.cloned()).collect()
    }

    /// Every policy and group that is named must be declared or stored.
    fn check_references(&self, current: &Current) -> Result<(), Error> {
        let policies = self.policies.iter().map(DesiredPolicy::policy_name);
        let groups = self.groups.iter().map(DesiredGroup::name);
        let stored_groups = current.groups.keys().map(String::as_str);
        let known = Known {
            policies: policies.chain(current.policies.keys()).collect(),
            groups: groups.chain(stored_groups).collect(),
        };
        for group in &self.groups {
            group.check_references(&known)?;
        }
        for user in &self.users {
            user.check_references(&known)?;
        }
        for plugin in &self.plugins {
            plugin.check_references(&known)?;
        }
        for provider in &self.providers {
            provider.check_references(&known)?;
        }
        Ok(())
    }
}

impl Current {
    /// Reads the items that are declared and those they refer to.
    async fn read<S: TakeDeclarations>(
        store: &S,
        ring: Option<&KeyRing>,
        desired: &Desired,
    ) -> Result<Self, Error> {
        let mut current = Self {
            settings: settings::read(store, ring).await?,
            ..Self::default()
        };
        let names = Vec::from_iter(desired.policy_names());
        for policy in store.policies(&names).await? {
            current.policies.insert(policy.name.clone(), policy);
        }
        let names = Vec::from_iter(desired.group_names());
        for group in store.groups(&names).await? {
            current.groups.insert(group.name.clone(), group);
        }
        for access_key in desired.users.iter().map(DesiredUser::access_key) {
            if let Some(user) = user::read(store, ring, access_key).await? {
                current.users.insert(access_key.clone(), user);
            }
        }
        current.read_identity(store, ring, desired).await?;
        Ok(current)
    }

    /// Plugins and providers of those names, who has their roles, and the other providers of
    /// their issuers.
    async fn read_identity<S: TakeDeclarations>(
        &mut self,
        store: &S,
        ring: Option<&KeyRing>,
        desired: &Desired,
    ) -> Result<(), Error> {
        let (mut roles, mut issuers) = (BTreeSet::new(), BTreeSet::new());
        for wanted in desired.plugins.iter().map(DesiredPlugin::plugin) {
            roles.insert(wanted.role_arn.to_string());
            if let Some(plugin) = plugin::read(store, ring, &wanted.name).await? {
                self.plugins.insert(wanted.name.clone(), plugin);
            }
        }
        for wanted in desired.providers.iter().map(DesiredProvider::provider) {
            roles.extend(wanted.role_arns().map(|arn| arn.to_string()));
            issuers.insert(wanted.issuer.clone());
            if let Some(provider) = store.provider_named(&wanted.name).await? {
                self.providers.insert(wanted.name.clone(), provider);
            }
        }
        for arn in roles {
            if let Some(role) = store.role(&arn).await? {
                self.roles.insert(arn, role.provider);
            }
        }
        for issuer in issuers {
            self.neighbours.extend(store.providers(&issuer).await?);
        }
        Ok(())
    }
}

/// Compares; refuses what refers to nothing, and what others have. Pure.
pub fn plan(desired: Desired, current: &Current) -> Result<Plan, Error> {
    desired.check_references(current)?;
    let mut items = Vec::new();
    if desired.settings != DesiredSettings::default() {
        let item = desired.settings.plan(&current.settings);
        items.push(item.map(Write::Settings));
    }
    for policy in desired.policies {
        let stored = current.policies.get(policy.policy_name());
        items.push(policy.plan(stored).map(Write::Policy));
    }
    for group in desired.groups {
        let stored = current.groups.get(group.name());
        items.push(group.plan(stored).map(Write::Group));
    }
    for user in desired.users {
        let stored = current.users.get(user.access_key());
        items.push(user.plan(stored)?.map(Write::User));
    }
    let mut owners = RoleOwners(current.roles.clone());
    for plugin in desired.plugins {
        let stored = current.plugins.get(plugin.name());
        let item = plugin.plan(stored, &mut owners)?;
        items.push(item.map(Write::Plugin));
    }
    let mut neighbours = current.neighbours.clone();
    for provider in desired.providers {
        let stored = current.providers.get(provider.name());
        let item = provider.plan(stored, &mut owners, &mut neighbours)?;
        items.push(item.map(Write::Provider));
    }
    Ok(Plan { items })
}
