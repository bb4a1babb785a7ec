//! What every command works with.

use std::path::{Path, PathBuf};

use shared::clock::{Clock as _, SystemClock, UnixTime};
use shared::keys::{KeyFile, KeyRing, KeyState};
use shared::random::OsRandom;
use shared::resources::unlock;
use shared::store::dynamodb::DynamoStore;
use shared::store::{KeyEntry, ManageKeys as _};
use zeroize::Zeroizing;

use crate::args::Global;
use crate::connect;
use crate::error::AdminError;

/// The table, the moment, and where keys are.
#[derive(Debug)]
pub(crate) struct Admin {
    /// The table.
    pub(crate) store: DynamoStore,
    /// When the command began.
    pub(crate) now: UnixTime,
    /// Where keys and secrets come from.
    pub(crate) random: OsRandom,
    key_file: Option<PathBuf>,
}

impl Admin {
    /// Finds credentials; nothing is sent to the table yet.
    pub(crate) async fn connect(global: Global) -> Result<Self, AdminError> {
        let table = global.table.clone().filter(|t| !t.is_empty());
        let table = table.ok_or_else(|| {
            AdminError::Usage("no table is named: use --table or STS_TABLE".to_owned())
        })?;
        let connection = connect::connection(&global).await?;
        Ok(Self {
            store: DynamoStore::new(connection.client(), table),
            now: SystemClock.now(),
            random: OsRandom,
            key_file: global.key_file.filter(|p| !p.as_os_str().is_empty()),
        })
    }

    /// The file that wraps the master keys.
    pub(crate) fn key_file(&self) -> Result<KeyFile, AdminError> {
        let path = self.key_file.as_deref().ok_or_else(|| {
            AdminError::Usage("this needs the key file: use --key-file or STS_KEY_FILE".to_owned())
        })?;
        Ok(KeyFile::read(path)?)
    }

    /// The keys in use, unwrapped.
    pub(crate) async fn key_ring(&self) -> Result<KeyRing, AdminError> {
        let file = self.key_file()?;
        self.unwrap(&file, &self.store.stored_keys().await?.entries)
    }

    /// Unwraps the keys of these entries; the active one must open.
    pub(crate) fn unwrap(
        &self,
        file: &KeyFile,
        entries: &[KeyEntry],
    ) -> Result<KeyRing, AdminError> {
        let active = entries
            .iter()
            .find(|entry| entry.state == KeyState::Active)
            .ok_or_else(|| {
                AdminError::Refused("the table holds no active key: run sts-admin init".to_owned())
            })?;
        let table = self.store.table();
        let ring = unlock(entries, file, table, self.now)
            .ok()
            .filter(|ring| ring.knows(&active.kid));
        ring.ok_or_else(|| {
            let kid = &active.kid;
            AdminError::Refused(format!(
                "the key file does not open the active key {kid} of table {table}"
            ))
        })
    }
}

/// Reads a file; `-` is standard input.
pub(crate) fn read_text(path: &Path) -> Result<Zeroizing<String>, AdminError> {
    let read = if path == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    read.map(Into::into).map_err(|source| AdminError::Io {
        path: path.to_owned(),
        source,
    })
}
