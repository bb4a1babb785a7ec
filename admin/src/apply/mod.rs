//! `apply`: bring users, groups, policies, plugins, providers and settings to what a YAML file
//! says.
//!
//! The file is read ([`mod@file`]), checked ([`desired`]) and compared with the table ([`plan`]);
//! only when nothing is left to be refused is anything written. What the file does not mention
//! stays as it is; a plugin or provider is declared as a whole.

mod desired;
mod file;
mod identity;
mod plan;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;
use shared::keys::{KeyRing, SealError, Sealed};
use shared::model::{AccessKeyId, IdKind, PolicyName, SecretAccessKey, UniqueId};
use shared::store::{
    Change, ManageGroups as _, ManagePlugins as _, ManagePolicies as _, ManageProviders as _,
    ManageSettings as _, ManageUsers as _, ReadGroups as _, ReadPolicies as _, ReadService as _,
    ReadUsers as _, Settings, SettingsChange, StoreError, StoredPolicy, User, UserChange,
};

use crate::args::ApplyArgs;
use crate::authorization::Authorization;
use crate::context::{Admin, read_text};
use crate::error::AdminError;
use crate::lint::{self, Finding, Supplied};
use crate::output::Output;
use crate::user;

pub(crate) use desired::{Desired, DesiredGroup, DesiredPolicy, DesiredUser};
pub(crate) use file::parse_yaml;
pub(crate) use plan::Item;

use file::{File, Mistake};
use plan::{Current, CurrentSettings, CurrentUser, NewUser, Plan, Write};

/// Reads the file, plans, and unless it is a dry run, writes.
pub(crate) async fn run(admin: &Admin, arguments: &ApplyArgs) -> Result<Output, AdminError> {
    let path = &arguments.file;
    let mistake = |m: Mistake| m.of(path);
    let text = read_text(path)?;
    let base = path.parent().unwrap_or(Path::new(""));
    let desired = File::parse(&text)
        .and_then(|file| Desired::from_file(file, base))
        .map_err(mistake)?;
    let prepared = Prepared::new(admin, desired, mistake).await?;
    lint::refuse(&prepared.findings, arguments.strict)?;
    bring_about(admin, prepared, arguments.dry_run).await
}

/// Brings about what a command wants, under the rules for files.
pub(crate) async fn declare(admin: &Admin, desired: Desired) -> Result<Output, AdminError> {
    let prepared = prepare(admin, desired).await?;
    bring_about(admin, prepared, false).await
}

/// Compares what a command wants with the table, under the rules for files.
pub(crate) async fn prepare(admin: &Admin, desired: Desired) -> Result<Prepared, AdminError> {
    Prepared::new(admin, desired, |m| AdminError::Refused(m.reason)).await
}

async fn bring_about(
    admin: &Admin,
    prepared: Prepared,
    dry_run: bool,
) -> Result<Output, AdminError> {
    let output = prepared.report(dry_run);
    if !dry_run {
        prepared.write(admin).await?;
    }
    Ok(output)
}

/// What has to be written, and the keys to seal it with. Nothing is written yet.
pub(crate) struct Prepared {
    ring: Option<KeyRing>,
    plan: Plan,
    /// What declared policies depend on and nobody supplies.
    pub(crate) findings: Vec<Finding>,
    notes: Vec<String>,
}

impl Prepared {
    async fn new(
        admin: &Admin,
        mut desired: Desired,
        mistake: impl Fn(Mistake) -> AdminError,
    ) -> Result<Self, AdminError> {
        let ring = if has_secrets(&desired) {
            Some(admin.key_ring().await?)
        } else {
            None
        };
        let mut current = read_current(admin, &desired, ring.as_ref()).await?;
        identity::read(admin, &desired, ring.as_ref(), &mut current).await?;
        let findings = findings(admin, &desired).await?;
        let compared = identity::compare_issuers(&mut desired).await;
        compared.map_err(&mistake)?;
        let notes = std::mem::take(&mut desired.notes);
        let plan = plan::plan(desired, &current).map_err(mistake)?;
        Ok(Self {
            ring,
            plan,
            findings,
            notes,
        })
    }

    /// All items.
    pub(crate) fn items(&self) -> impl Iterator<Item = &Item> {
        self.plan.items.iter()
    }

    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.plan.items.iter().all(|item| item.write.is_none())
    }

    /// Takes out the items that exist and would change.
    pub(crate) fn keep_existing(&mut self) -> Vec<Item> {
        let changes = |item: &mut Item| item.sign() == '~';
        self.plan.items.extract_if(.., changes).collect()
    }

    /// How much is written, in one line.
    pub(crate) fn summary(&self, dry_run: bool) -> String {
        let plan = &self.plan;
        let (added, changed, unchanged) = (plan.count('+'), plan.count('~'), plan.count('='));
        match (added + changed, dry_run) {
            (0, _) => "nothing to change".to_owned(),
            (_, false) => format!("{added} added, {changed} changed, {unchanged} unchanged"),
            (_, true) => format!(
                "{added} to add, {changed} to change, {unchanged} unchanged; nothing written"
            ),
        }
    }

    /// Writes all items.
    pub(crate) async fn write(self, admin: &Admin) -> Result<(), AdminError> {
        for write in self.plan.items.into_iter().filter_map(|item| item.write) {
            carry_out(admin, self.ring.as_ref(), write).await?;
        }
        Ok(())
    }

    fn report(&self, dry_run: bool) -> Output {
        let mut lines: Vec<String> = self.items().map(ToString::to_string).collect();
        lines.extend(lint::warnings(&self.findings));
        lines.extend(self.notes.iter().map(|note| format!("! {note}")));
        lines.push(self.summary(dry_run));
        let roles = || self.items().flat_map(|item| &item.roles);
        lines.extend(roles().map(|(owner, arn)| format!("role of {owner}: {arn}")));
        Output::Done {
            lines,
            record: json!({
                "dry_run": dry_run,
                "items": self.items().map(Item::record).collect::<Vec<_>>(),
                "warnings": self.findings.iter().map(Finding::record).collect::<Vec<_>>(),
                "notes": self.notes,
                "roles": roles()
                    .map(|(owner, arn)| json!({"owner": owner, "role_arn": arn}))
                    .collect::<Vec<_>>(),
            }),
        }
    }
}

/// What the declared policies depend on and nobody supplies, with all that is declared beside
/// them.
async fn findings(admin: &Admin, desired: &Desired) -> Result<Vec<Finding>, AdminError> {
    if desired.policies.is_empty() {
        return Ok(Vec::new());
    }
    let mut supplied = Supplied::read(admin).await?;
    supplied.add_settings(
        desired
            .settings
            .condition_keys
            .as_deref()
            .unwrap_or_default(),
    );
    for provider in &desired.providers {
        supplied.add_provider(&provider.definition.provider);
    }
    let policies = desired.policies.iter();
    let findings = policies.flat_map(|p| supplied.findings_of(p.name.as_str(), &p.document));
    Ok(findings.collect())
}

/// Whether there is anything to seal, or to compare with what is sealed.
fn has_secrets(desired: &Desired) -> bool {
    let mut plugins = desired.plugins.iter();
    let opa = &desired.settings.opa;
    matches!(opa, Change::Set(opa) if opa.authorization.is_some())
        || desired.users.iter().any(|u| u.secret.is_some())
        || plugins.any(|p| p.definition.authorization.is_some())
}

/// Reads what the file is about: the items it declares and those they refer to.
async fn read_current(
    admin: &Admin,
    desired: &Desired,
    ring: Option<&KeyRing>,
) -> Result<Current, AdminError> {
    let store = &admin.store;
    let policies: BTreeSet<PolicyName> = desired.policy_names().cloned().collect();
    let groups: BTreeSet<String> = desired.group_names().cloned().collect();
    let mut current = Current {
        settings: read_settings(admin, ring).await?,
        ..Current::default()
    };
    for policy in store.policies(&Vec::from_iter(policies)).await? {
        current.policies.insert(policy.name.clone(), policy);
    }
    for group in store.groups(&Vec::from_iter(groups)).await? {
        current.groups.insert(group.name.clone(), group);
    }
    for access_key in desired.users.iter().map(|u| &u.access_key) {
        match store.user(access_key).await? {
            Some(user) => {
                let secret = ring.and_then(|ring| open(ring, &user));
                let found = CurrentUser { user, secret };
                current.users.insert(access_key.clone(), found);
            }
            None => user::refuse_session_name(admin, access_key).await?,
        }
    }
    Ok(current)
}

async fn read_settings(
    admin: &Admin,
    ring: Option<&KeyRing>,
) -> Result<CurrentSettings, AdminError> {
    let settings = admin.store.service_record().await?.settings;
    let sealed = settings.opa.as_ref().and_then(|o| o.authorization.as_ref());
    let open = |ring| Authorization::open(ring, Settings::ITEM_KEY, sealed);
    Ok(CurrentSettings {
        opa_authorization: ring.and_then(open),
        settings,
    })
}

/// The stored secret; `None` if it does not open, so that it is replaced.
fn open(ring: &KeyRing, user: &User) -> Option<SecretAccessKey> {
    let item = User::item_key(&user.access_key);
    let secret = ring.open(&item, &user.secret).ok()?;
    SecretAccessKey::parse(std::str::from_utf8(&secret).ok()?).ok()
}

async fn carry_out(admin: &Admin, ring: Option<&KeyRing>, write: Write) -> Result<(), AdminError> {
    let store = &admin.store;
    let result = match write {
        Write::CreatePolicy(name, document) => {
            let policy = StoredPolicy::new(name, document, &admin.random)?;
            store.create_policy(&policy).await
        }
        Write::ChangePolicy(name, document) => store.change_policy(&name, &document).await,
        Write::CreateGroup(group) => store.create_group(&group).await,
        Write::ChangeGroup(name, change) => store.change_group(&name, &change).await,
        Write::CreateUser(new) => store.create_user(&sealed_user(admin, ring, new)?).await,
        Write::ChangeUser(access_key, change, secret) => {
            let secret = secret.map(|s| seal(admin, ring, &access_key, &s));
            let change = UserChange {
                secret: secret.transpose()?,
                ..change
            };
            store.change_user(&access_key, &change).await
        }
        Write::ChangeSettings(change, authorization) => {
            let change = sealed_settings(admin, ring, change, authorization)?;
            store.change_settings(&change).await
        }
        Write::SavePlugin(read, plugin, authorization) => {
            let plugin = identity::completed(admin, ring, plugin, authorization)?;
            match read {
                Some(read) => store.change_plugin(&read, &plugin).await,
                None => store.create_plugin(&plugin).await,
            }
        }
        Write::SaveProvider(read, mut provider) => {
            provider.give_ids(&admin.random)?;
            match read {
                Some(read) => store.change_provider(&read, &provider).await,
                None => store.create_provider(&provider).await,
            }
        }
    };
    match result {
        Err(StoreError::Conflict) => Err(AdminError::Refused(
            "the table was changed meanwhile: try again".to_owned(),
        )),
        result => Ok(result?),
    }
}

fn sealed_settings(
    admin: &Admin,
    ring: Option<&KeyRing>,
    mut change: SettingsChange,
    authorization: Option<Authorization>,
) -> Result<SettingsChange, AdminError> {
    if let (Change::Set(opa), Some(authorization)) = (&mut change.opa, authorization) {
        let ring = ring.ok_or(SealError::Failed)?;
        opa.authorization = Some(authorization.seal(admin, ring, Settings::ITEM_KEY)?);
    }
    Ok(change)
}

fn sealed_user(admin: &Admin, ring: Option<&KeyRing>, new: NewUser) -> Result<User, AdminError> {
    Ok(User {
        id: UniqueId::generate(IdKind::User, &admin.random)?,
        secret: seal(admin, ring, &new.access_key, &new.secret)?,
        access_key: new.access_key,
        status: new.status,
        policies: new.policies,
        groups: new.groups,
        max_session_seconds: new.max_session_seconds,
        limits: new.limits,
    })
}

fn seal(
    admin: &Admin,
    ring: Option<&KeyRing>,
    access_key: &AccessKeyId,
    secret: &SecretAccessKey,
) -> Result<Sealed, AdminError> {
    let ring = ring.ok_or(SealError::Failed)?;
    user::seal(admin, ring, access_key, secret)
}
