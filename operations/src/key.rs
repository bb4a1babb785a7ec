//! Master keys, from active over verifying to retired.

use std::sync::Arc;

use clock::UnixTime;
use domain::resources::MasterKeys;
use keys::{Binding, GenerateKeys, KeyRing, KeyState, UnwrapKeys, WrappedKey};
use model::SessionDuration;
use model::random::Random;
use store::{
    KeyEntry, ManageKeys, ManagePlugins, ManageSettings, ManageUsers, ReadService, StoredKeys,
};

use crate::error::{Error, or_conflict};
use crate::sealing::Resealing;
use crate::{plugin, settings, user};

/// How long a key may be needed after its rotation, in seconds: as long as the longest session
/// lives, and an hour for functions that had not yet heard of the rotation.
const NEEDED_AFTER_ROTATION: i64 = SessionDuration::LONGEST.secs() as i64 + 3600;

/// Makes and opens the master keys of one table. What it has opened it holds.
#[derive(Debug)]
pub struct Wrapper {
    generator: Arc<dyn GenerateKeys>,
    keys: MasterKeys,
    table: String,
}

impl Wrapper {
    /// Wraps by `generator` the keys of the table of that name.
    pub fn new(generator: impl GenerateKeys + 'static, table: &str) -> Self {
        let generator = Arc::new(generator);
        let unwrapper: Arc<dyn UnwrapKeys> = generator.clone();
        Self {
            generator,
            keys: MasterKeys::new(unwrapper, table),
            table: table.to_owned(),
        }
    }

    /// Unwraps the keys of these entries; the active one must open.
    pub async fn ring(&self, entries: &[KeyEntry], now: UnixTime) -> Result<KeyRing, Error> {
        Ok(self.keys.ring(entries, now).await?)
    }

    async fn generate(&self, kid: &str, random: &dyn Random) -> Result<WrappedKey, Error> {
        let table = &self.table;
        let binding = Binding { table, kid };
        Ok(self.generator.generate_key(binding, random).await?)
    }
}

/// The master keys of a table, at a moment.
#[derive(Debug)]
pub struct Keys<'a, S> {
    /// The table.
    pub store: &'a S,
    /// What makes and opens the keys.
    pub wrapper: &'a Wrapper,
    /// Where ids and nonces come from, and keys whose wrapper brings no randomness of its own.
    pub random: &'a dyn Random,
    /// The moment.
    pub now: UnixTime,
}

/// What a rotation did.
#[derive(Debug)]
pub struct Rotated {
    /// The id of the key that is active now.
    pub active: String,
    /// The id of the one that was.
    pub verifying: String,
}

impl<S: ManageKeys> Keys<'_, S> {
    /// Makes the first key, unless there are keys: then the active one must open. Returns its
    /// id, and whether it was made.
    pub async fn ensure(&self) -> Result<(String, bool), Error> {
        let read = self.store.stored_keys().await?;
        if !read.entries.is_empty() {
            let ring = self.wrapper.ring(&read.entries, self.now).await?;
            return Ok((ring.active_kid().to_owned(), false));
        }
        let entry = self.generate().await?;
        let kid = entry.kid.clone();
        self.store.replace_keys(&read, &[entry]).await?;
        Ok((kid, true))
    }

    /// Makes a new key the active one; the old one goes on verifying.
    pub async fn rotate(&self) -> Result<Rotated, Error> {
        let read = self.store.stored_keys().await?;
        // A key wrapped by something else than the present one would lock every function out.
        self.wrapper.ring(&read.entries, self.now).await?;
        let mut entries = read.entries.iter();
        let old = entries.find(|entry| entry.state == KeyState::Active);
        let new = self.generate().await?;
        let done = Rotated {
            active: new.kid.clone(),
            verifying: old.map(|entry| entry.kid.clone()).unwrap_or_default(),
        };
        let entries = rotated(&read.entries, new, self.now);
        self.replace(&read, &entries).await?;
        Ok(done)
    }

    /// A new key, wrapped and active.
    async fn generate(&self) -> Result<KeyEntry, Error> {
        let mut id = [0; 8];
        self.random.fill(&mut id)?;
        let kid = format!("k{:016x}", u64::from_be_bytes(id));
        Ok(KeyEntry {
            wrapped: self.wrapper.generate(&kid, self.random).await?,
            kid,
            state: KeyState::Active,
            created_at: self.now,
            rotated_at: None,
        })
    }

    async fn replace(&self, read: &StoredKeys, entries: &[KeyEntry]) -> Result<(), Error> {
        let replaced = self.store.replace_keys(read, entries).await;
        or_conflict(replaced, || {
            Error::Changed("somebody else changed the keys".to_owned())
        })
    }
}

impl<S> Keys<'_, S>
where
    S: ManageKeys + ManagePlugins + ManageSettings + ManageUsers + ReadService,
{
    /// Destroys a key, after sealing anew what it has sealed; returns how many secrets that
    /// were. Refuses one that sessions may need, unless it is `force`d: they die then.
    pub async fn retire(&self, kid: &str, force: bool) -> Result<usize, Error> {
        let read = self.store.stored_keys().await?;
        let entry = read.entries.iter().find(|e| e.kid == kid);
        let entry = entry.ok_or_else(|| Error::missing("key", kid))?;
        check_retirable(entry, self.now, force).map_err(Error::Refused)?;
        let remaining = retired(&read.entries, kid);
        let resealed = self.reseal(kid, (&read.entries, &remaining)).await?;
        self.replace(&read, &remaining).await?;
        Ok(resealed)
    }

    async fn reseal(
        &self,
        kid: &str,
        (before, after): (&[KeyEntry], &[KeyEntry]),
    ) -> Result<usize, Error> {
        let resealing = Resealing {
            kid,
            before: &self.wrapper.ring(before, self.now).await?,
            after: &self.wrapper.ring(after, self.now).await?,
            random: self.random,
        };
        let users = user::reseal(self.store, resealing).await?;
        let plugins = plugin::reseal(self.store, resealing).await?;
        Ok(users + plugins + settings::reseal(self.store, resealing).await?)
    }
}

/// The moment from which no session can need the key; `None` as long as it is active.
pub fn needed_until(entry: &KeyEntry) -> Option<UnixTime> {
    entry.rotated_at.map(|t| t.plus(NEEDED_AFTER_ROTATION))
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

#[cfg(test)]
mod tests {
    use keys::WrappedBy;

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
