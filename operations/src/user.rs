//! Long-term users.

use keys::{KeyRing, Sealed};
use model::{AccessKeyId, IdKind, PolicyName, SecretAccessKey, UniqueId};
use store::{
    ManageUsers, ReadGroups, ReadPolicies, ReadSessions, ReadUsers, Status, User, UserChange,
};

use crate::differences::Differences;
use crate::error::{Error, or_conflict};
use crate::group::require_groups;
use crate::item::{Declared, Item};
use crate::limits::{SESSION_SECONDS, check_issuing, check_seconds, set};
use crate::names::{group_name, unique, user_name};
use crate::policy::require_policies;
use crate::references::Known;
use crate::sealing::{Resealing, Sealing};

/// A user as it shall be; what the change leaves out stays as it is. The secret is not sealed
/// yet.
#[derive(Debug)]
pub struct DesiredUser {
    access_key: AccessKeyId,
    secret: Option<SecretAccessKey>,
    change: UserChange,
}

/// A stored user, with the opened secret if it is needed and opens.
#[derive(Debug)]
pub struct CurrentUser {
    /// What is stored.
    pub user: User,
    /// The secret; `None` if it does not open, so that it is replaced.
    pub secret: Option<SecretAccessKey>,
}

/// A user that is not there yet, whose secret is not sealed yet.
#[derive(Debug)]
pub struct NewUser {
    access_key: AccessKeyId,
    secret: SecretAccessKey,
    change: UserChange,
}

/// A user that can be added.
#[derive(Debug)]
pub struct AdmittedUser(DesiredUser);

/// How a user is written.
#[derive(Debug)]
pub enum UserWrite {
    /// It is new.
    Create(NewUser),
    /// It is there, and may have a new secret.
    Change(AccessKeyId, UserChange, Option<SecretAccessKey>),
}

/// Looks whether a user can be added: policies and groups must exist. Nothing is written yet,
/// and no secret is needed.
pub async fn admit<S>(store: &S, desired: DesiredUser) -> Result<AdmittedUser, Error>
where
    S: ReadGroups + ReadPolicies + ReadSessions,
{
    require_policies(store, desired.policies()).await?;
    require_groups(store, desired.groups()).await?;
    refuse_session_name(store, &desired.access_key).await?;
    Ok(AdmittedUser(desired))
}

/// The user of that name.
pub async fn find<S: ReadUsers>(store: &S, name: &str) -> Result<User, Error> {
    let missing = || Error::missing(DesiredUser::KIND, name);
    let access_key = AccessKeyId::parse(name).map_err(|_| missing())?;
    store.user(&access_key).await?.ok_or_else(missing)
}

/// Enables or disables a user: requests and sessions of a disabled one are refused.
pub async fn set_status<S: ManageUsers>(
    store: &S,
    name: &str,
    status: Status,
) -> Result<(), Error> {
    let user = find(store, name).await?;
    let change = UserChange {
        status: Some(status),
        ..UserChange::default()
    };
    Ok(store.change_user(&user.access_key, &change).await?)
}

/// Replaces a user's secret.
pub async fn rotate_secret<S: ManageUsers>(
    store: &S,
    sealing: Sealing<'_>,
    access_key: &AccessKeyId,
    secret: &SecretAccessKey,
) -> Result<(), Error> {
    let change = UserChange {
        secret: Some(seal(sealing, access_key, secret)?),
        ..UserChange::default()
    };
    Ok(store.change_user(access_key, &change).await?)
}

/// Deletes a user, whose sessions die with it.
pub async fn remove<S: ManageUsers>(store: &S, name: &str) -> Result<(), Error> {
    let user = find(store, name).await?;
    Ok(store.delete_user(&user.access_key).await?)
}

/// Seals anew the secrets of users; returns how many.
pub(crate) async fn reseal<S: ManageUsers>(
    store: &S,
    resealing: Resealing<'_>,
) -> Result<usize, Error> {
    let mut count = 0;
    for user in store.list_users().await?.complete()? {
        let item = User::item_key(&user.access_key);
        if let Some(sealed) = resealing.again(&item, Some(&user.secret))? {
            or_conflict(store.reseal_user(&user, &sealed).await, || {
                Error::Changed(format!("user {} was changed", user.access_key))
            })?;
            count += 1;
        }
    }
    Ok(count)
}

/// What is stored of a user that is declared. One called like a session is refused: logs could
/// not tell them apart.
pub(crate) async fn read<S: ReadUsers + ReadSessions>(
    store: &S,
    ring: Option<&KeyRing>,
    access_key: &AccessKeyId,
) -> Result<Option<CurrentUser>, Error> {
    let Some(user) = store.user(access_key).await? else {
        refuse_session_name(store, access_key).await?;
        return Ok(None);
    };
    let secret = ring.and_then(|ring| open(ring, &user));
    Ok(Some(CurrentUser { user, secret }))
}

async fn refuse_session_name<S: ReadSessions>(
    store: &S,
    access_key: &AccessKeyId,
) -> Result<(), Error> {
    match store.session(access_key).await? {
        Some(_) => Err(Error::Refused(format!(
            "user {access_key} cannot be: it is the access key of a session"
        ))),
        None => Ok(()),
    }
}

impl Declared for DesiredUser {
    const KIND: &'static str = "user";

    fn name(&self) -> &str {
        self.access_key.as_str()
    }
}

impl DesiredUser {
    /// A user of that name, of which nothing else is said.
    pub fn new(name: &str) -> Result<Self, Error> {
        Ok(Self {
            access_key: user_name(name)?,
            secret: None,
            change: UserChange::default(),
        })
    }

    /// With that secret.
    #[must_use]
    pub fn with_secret(self, secret: Option<SecretAccessKey>) -> Self {
        Self { secret, ..self }
    }

    /// With those attributes, as far as they can be checked alone.
    pub fn with(self, change: UserChange) -> Result<Self, Error> {
        let whose = format!("user {}", self.access_key);
        let seconds = set(change.max_session_seconds);
        check_seconds(Self::KIND, seconds, SESSION_SECONDS)?;
        for group in change.groups.iter().flatten() {
            group_name(group)?;
        }
        check_issuing(&whose, change.limits.unwrap_or_default())?;
        Ok(Self {
            change: UserChange {
                policies: change.policies.map(unique),
                groups: change.groups.map(unique),
                ..change
            },
            ..self
        })
    }

    /// The user's access key id.
    pub(crate) const fn access_key(&self) -> &AccessKeyId {
        &self.access_key
    }

    /// Whether there is something to seal.
    pub(crate) const fn has_secret(&self) -> bool {
        self.secret.is_some()
    }

    /// The policies that are attached.
    pub(crate) fn policies(&self) -> &[PolicyName] {
        self.change.policies.as_deref().unwrap_or_default()
    }

    /// The groups that the user joins.
    pub(crate) fn groups(&self) -> &[String] {
        self.change.groups.as_deref().unwrap_or_default()
    }

    pub(crate) fn check_references(&self, known: &Known<'_>) -> Result<(), Error> {
        known.check_policies(self, self.policies())?;
        known.check_groups(self, self.groups())
    }

    /// Compares.
    pub(crate) fn plan(self, stored: Option<&CurrentUser>) -> Result<Item<UserWrite>, Error> {
        if let Some(stored) = stored {
            return Ok(change(stored, self.change, self.secret));
        }
        let name = self.access_key.to_string();
        let write = UserWrite::Create(self.into_new()?);
        Ok(Item::new(Self::KIND, name, write))
    }

    fn into_new(self) -> Result<NewUser, Error> {
        let name = self.access_key.as_str();
        let missing = || Error::NoSecret(name.to_owned());
        Ok(NewUser {
            secret: self.secret.ok_or_else(missing)?,
            access_key: self.access_key,
            change: self.change,
        })
    }
}

impl AdmittedUser {
    /// Adds the user with that secret.
    pub async fn create<S: ManageUsers>(
        self,
        store: &S,
        sealing: Sealing<'_>,
        secret: SecretAccessKey,
    ) -> Result<(), Error> {
        let desired = self.0.with_secret(Some(secret));
        let user = desired.into_new()?.seal(sealing)?;
        or_conflict(store.create_user(&user).await, || {
            Error::exists(DesiredUser::KIND, &user.access_key)
        })
    }
}

impl NewUser {
    /// The user with an id of its own and a sealed secret; what is not said has its default.
    fn seal(self, sealing: Sealing<'_>) -> Result<User, Error> {
        let change = self.change;
        Ok(User {
            id: UniqueId::generate(IdKind::User, sealing.random)?,
            secret: seal(sealing, &self.access_key, &self.secret)?,
            access_key: self.access_key,
            status: change.status.unwrap_or(Status::Enabled),
            policies: change.policies.unwrap_or_default(),
            groups: change.groups.unwrap_or_default(),
            max_session_seconds: set(change.max_session_seconds),
            limits: change.limits.unwrap_or_default(),
        })
    }
}

fn change(
    stored: &CurrentUser,
    desired: UserChange,
    secret: Option<SecretAccessKey>,
) -> Item<UserWrite> {
    let user = &stored.user;
    let mut differences = Differences::default();
    let secret = differences.secret(secret, stored.secret.as_ref());
    let change = UserChange {
        secret: None,
        status: differences.status(desired.status, user.status),
        policies: differences.list("policies", desired.policies, &user.policies),
        groups: differences.list("groups", desired.groups, &user.groups),
        max_session_seconds: differences.number(
            "max_session_seconds",
            desired.max_session_seconds,
            user.max_session_seconds,
        ),
        limits: differences.of_issuing(desired.limits, user.limits),
    };
    let write = UserWrite::Change(user.access_key.clone(), change, secret);
    let name = user.access_key.as_str();
    Item::stored(DesiredUser::KIND, name, differences.0, write)
}

impl UserWrite {
    pub(crate) async fn carry_out<S: ManageUsers>(
        self,
        store: &S,
        sealing: Sealing<'_>,
    ) -> Result<(), Error> {
        let written = match self {
            Self::Create(new) => store.create_user(&new.seal(sealing)?).await,
            Self::Change(access_key, change, secret) => {
                let secret = secret.map(|secret| seal(sealing, &access_key, &secret));
                let change = UserChange {
                    secret: secret.transpose()?,
                    ..change
                };
                store.change_user(&access_key, &change).await
            }
        };
        or_conflict(written, Error::table_changed)
    }
}

fn seal(
    sealing: Sealing<'_>,
    access_key: &AccessKeyId,
    secret: &SecretAccessKey,
) -> Result<Sealed, Error> {
    let item = User::item_key(access_key);
    sealing.seal(&item, secret.expose().as_bytes())
}

fn open(ring: &KeyRing, user: &User) -> Option<SecretAccessKey> {
    let item = User::item_key(&user.access_key);
    SecretAccessKey::parse(ring.open_text(&item, &user.secret).ok()?.as_str()).ok()
}
