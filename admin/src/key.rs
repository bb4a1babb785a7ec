//! `key`: master keys, from active over verifying to retired.

use serde_json::{Value, json};
use shared::clock::UnixTime;
use shared::keys::{KeyRing, KeyState, WrappedKey};
use shared::model::SessionDuration;
use shared::random::Random as _;
use shared::store::{
    IdentityPlugin, KeyEntry, ManageKeys as _, ManagePlugins as _, ManageSettings as _,
    ManageUsers as _, OpaSettings, ReadService as _, Role, Settings, StoreError, StoredKeys, User,
};

use crate::args::KeyCommand;
use crate::context::Admin;
use crate::error::AdminError;
use crate::names::missing;
use crate::output::Output;
use crate::wrapper::Wrapper;

/// How long a key may be needed after its rotation, in seconds: as long as the longest session
/// lives, and an hour for functions that had not yet heard of the rotation.
const NEEDED_AFTER_ROTATION: i64 = SessionDuration::LONGEST.secs() as i64 + 3600;

const COLUMNS: &[&str] = &["kid", "state", "created_at", "rotated_at", "needed_until"];

/// Carries a `key` command out.
pub(crate) async fn run(admin: &Admin, command: KeyCommand) -> Result<Output, AdminError> {
    match command {
        KeyCommand::List => {
            let keys = admin.store.stored_keys().await?;
            Ok(Output::List {
                columns: COLUMNS,
                rows: keys.entries.iter().map(view).collect(),
                corrupt: Vec::new(),
            })
        }
        KeyCommand::Rotate => rotate(admin).await,
        KeyCommand::Retire { kid, force } => retire(admin, &kid, force).await,
    }
}

/// A new key, wrapped and active.
pub(crate) async fn generate(admin: &Admin, wrapper: &Wrapper) -> Result<KeyEntry, AdminError> {
    let mut id = [0; 8];
    admin.random.fill(&mut id)?;
    let kid = format!("k{:016x}", u64::from_be_bytes(id));
    Ok(KeyEntry {
        wrapped: wrapper.generate(&kid, &admin.random).await?,
        kid,
        state: KeyState::Active,
        created_at: admin.now,
        rotated_at: None,
    })
}

async fn rotate(admin: &Admin) -> Result<Output, AdminError> {
    let wrapper = admin.wrapper()?;
    admin.check_clock().await?;
    let read = admin.store.stored_keys().await?;
    // A key wrapped by something else than the present one would lock every function out.
    wrapper.ring(&read.entries, admin.now).await?;
    let active = read
        .entries
        .iter()
        .find(|entry| entry.state == KeyState::Active);
    let old = active.map(|entry| entry.kid.clone()).unwrap_or_default();
    let new = generate(admin, &wrapper).await?;
    let kid = new.kid.clone();
    let entries = rotated(&read.entries, new, admin.now);
    replace(admin, &read, &entries).await?;
    Ok(Output::line(
        format!("key {kid} is active, {old} goes on verifying"),
        json!({"active": kid, "verifying": old}),
    ))
}

/// The ring with `new` as its active key.
fn rotated(entries: &[KeyEntry], new: KeyEntry, now: UnixTime) -> Vec<KeyEntry> {
    let step_down = |entry: &KeyEntry| match entry.state {
        KeyState::Active => KeyEntry {
            state: KeyState::Verifying,
            rotated_at: Some(now),
            ..entry.clone()
        },
        KeyState::Verifying | KeyState::Retired => entry.clone(),
    };
    entries.iter().map(step_down).chain([new]).collect()
}

async fn retire(admin: &Admin, kid: &str, force: bool) -> Result<Output, AdminError> {
    let wrapper = admin.wrapper()?;
    admin.check_clock().await?;
    let read = admin.store.stored_keys().await?;
    let entry = read.entries.iter().find(|e| e.kid == kid);
    let entry = entry.ok_or_else(|| missing("key", kid))?;
    check_retirable(entry, admin.now, force).map_err(AdminError::Refused)?;
    let remaining = retired(&read.entries, kid);
    let rings = (
        wrapper.ring(&read.entries, admin.now).await?,
        wrapper.ring(&remaining, admin.now).await?,
    );
    let rings = (&rings.0, &rings.1);
    let users = reseal_users(admin, rings, kid).await?;
    let plugins = reseal_plugins(admin, rings, kid).await?;
    let resealed = users + plugins + reseal_opa(admin, rings, kid).await?;
    replace(admin, &read, &remaining).await?;
    Ok(Output::line(
        format!("key {kid} is retired; {resealed} secrets were sealed anew"),
        json!({"retired": kid, "resealed": resealed}),
    ))
}

/// Says why a key cannot be retired.
fn check_retirable(entry: &KeyEntry, now: UnixTime, force: bool) -> Result<(), String> {
    let kid = &entry.kid;
    match entry.state {
        KeyState::Active => Err(format!("key {kid} is active: rotate first")),
        KeyState::Retired => Err(format!("key {kid} is retired already")),
        KeyState::Verifying => match needed_until(entry) {
            Some(moment) if now < moment && !force => Err(format!(
                "sessions may need key {kid} until {moment}: wait, or end them with --force"
            )),
            _ => Ok(()),
        },
    }
}

/// The moment from which no session can need the key; `None` as long as it is active.
fn needed_until(entry: &KeyEntry) -> Option<UnixTime> {
    entry.rotated_at.map(|t| t.plus(NEEDED_AFTER_ROTATION))
}

/// The ring without the material of `kid`.
fn retired(entries: &[KeyEntry], kid: &str) -> Vec<KeyEntry> {
    let wipe = |entry: &KeyEntry| {
        if entry.kid == kid {
            KeyEntry {
                state: KeyState::Retired,
                wrapped: WrappedKey {
                    by: entry.wrapped.by,
                    bytes: Vec::new(),
                },
                ..entry.clone()
            }
        } else {
            entry.clone()
        }
    };
    entries.iter().map(wipe).collect()
}

/// Seals with the remaining keys what is sealed with `kid`; returns how many secrets that were.
async fn reseal_users(
    admin: &Admin,
    (ring, remaining): (&KeyRing, &KeyRing),
    kid: &str,
) -> Result<usize, AdminError> {
    let mut count = 0;
    let users = admin.store.list_users().await?.complete()?;
    for user in users.iter().filter(|u| u.secret.kid() == Some(kid)) {
        let item = User::item_key(&user.access_key);
        let secret = ring.open(&item, &user.secret)?;
        let sealed = remaining.seal(&item, &secret, &admin.random)?;
        match admin.store.reseal_user(user, &sealed).await {
            Ok(()) => count += 1,
            Err(StoreError::Conflict) => {
                return Err(AdminError::Refused(format!(
                    "user {} was changed meanwhile: try again",
                    user.access_key
                )));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(count)
}

/// The same for what plugins expect as authorization.
async fn reseal_plugins(
    admin: &Admin,
    (ring, remaining): (&KeyRing, &KeyRing),
    kid: &str,
) -> Result<usize, AdminError> {
    let mut count = 0;
    for read in admin.store.list_plugins().await?.complete()? {
        let Some(sealed) = read.authorization.as_ref().filter(|s| s.kid() == Some(kid)) else {
            continue;
        };
        let item = Role::item_key(read.role_arn.as_str());
        let secret = ring.open(&item, sealed)?;
        let plugin = IdentityPlugin {
            authorization: Some(remaining.seal(&item, &secret, &admin.random)?),
            ..read.clone()
        };
        admin.store.change_plugin(&read, &plugin).await?;
        count += 1;
    }
    Ok(count)
}

/// The same for what Open Policy Agent expects.
async fn reseal_opa(
    admin: &Admin,
    (ring, remaining): (&KeyRing, &KeyRing),
    kid: &str,
) -> Result<usize, AdminError> {
    let Some(read) = admin.store.service_record().await?.settings.opa else {
        return Ok(0);
    };
    let Some(sealed) = read.authorization.as_ref().filter(|s| s.kid() == Some(kid)) else {
        return Ok(0);
    };
    let secret = ring.open(Settings::ITEM_KEY, sealed)?;
    let opa = OpaSettings {
        authorization: Some(remaining.seal(Settings::ITEM_KEY, &secret, &admin.random)?),
        ..read.clone()
    };
    admin.store.replace_opa(&read, &opa).await?;
    Ok(1)
}

async fn replace(admin: &Admin, read: &StoredKeys, entries: &[KeyEntry]) -> Result<(), AdminError> {
    match admin.store.replace_keys(read, entries).await {
        Err(StoreError::Conflict) => Err(AdminError::Refused(
            "somebody else changed the keys meanwhile: try again".to_owned(),
        )),
        result => Ok(result?),
    }
}

fn view(entry: &KeyEntry) -> Value {
    let needed = needed_until(entry).filter(|_| entry.state == KeyState::Verifying);
    json!({
        "kid": entry.kid,
        "state": entry.state.as_str(),
        "created_at": entry.created_at.iso8601(),
        "rotated_at": entry.rotated_at.map(UnixTime::iso8601),
        "needed_until": needed.map(UnixTime::iso8601),
    })
}

#[cfg(test)]
mod tests {
    use shared::keys::WrappedBy;

    use super::*;

    const NOW: UnixTime = UnixTime::from_secs(1_763_800_000);

    fn entry(kid: &str, state: KeyState, rotated: Option<i64>) -> KeyEntry {
        KeyEntry {
            kid: kid.to_owned(),
            state,
            wrapped: WrappedKey {
                by: WrappedBy::Kms,
                bytes: vec![1],
            },
            created_at: NOW.plus(-1_000_000),
            rotated_at: rotated.map(|ago| NOW.plus(-ago)),
        }
    }

    #[test]
    fn a_rotation_leaves_one_active_key() {
        let ring = [
            entry("k1", KeyState::Verifying, Some(5)),
            entry("k2", KeyState::Active, None),
        ];
        let states: Vec<_> = rotated(&ring, entry("k3", KeyState::Active, None), NOW)
            .into_iter()
            .map(|e| (e.kid, e.state, e.rotated_at.map(|t| NOW.since(t))))
            .collect();
        let expected = [
            ("k1", KeyState::Verifying, Some(5)),
            ("k2", KeyState::Verifying, Some(0)),
            ("k3", KeyState::Active, None),
        ];
        assert_eq!(states, expected.map(|(k, s, t)| (k.to_owned(), s, t)));
    }

    #[test]
    fn a_key_is_retired_only_when_nothing_can_need_it() {
        let limit = NEEDED_AFTER_ROTATION;
        let cases = [
            (entry("k", KeyState::Active, None), true, false),
            (entry("k", KeyState::Retired, Some(limit)), false, false),
            (entry("k", KeyState::Verifying, Some(0)), true, true),
            (
                entry("k", KeyState::Verifying, Some(limit - 1)),
                false,
                false,
            ),
            (entry("k", KeyState::Verifying, Some(limit)), false, true),
        ];
        for (entry, force, retirable) in cases {
            let result = check_retirable(&entry, NOW, force);
            assert_eq!(result.is_ok(), retirable, "{entry:?}: {result:?}");
        }
    }

    #[test]
    fn retiring_wipes_the_material() {
        let ring = [
            entry("k1", KeyState::Verifying, Some(9)),
            entry("k2", KeyState::Active, None),
        ];
        let after = retired(&ring, "k1");
        assert_eq!(
            (after[0].state, after[0].wrapped.bytes.len()),
            (KeyState::Retired, 0)
        );
        assert_eq!(after[1], ring[1]);
    }
}
