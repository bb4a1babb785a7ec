//! What every command works with.

use std::path::Path;

use shared::clock::{Clock as _, SystemClock, UnixTime};
use shared::keys::KeyRing;
use shared::random::OsRandom;
use shared::store::ManageKeys as _;
use shared::store::dynamodb::DynamoStore;
use zeroize::Zeroizing;

use crate::args::Global;
use crate::connect;
use crate::error::AdminError;
use crate::stack;
use crate::wrapper::{Wrapper, Wrapping};

/// The table, the moment, and where keys are.
#[derive(Debug)]
pub(crate) struct Admin {
    /// The table.
    pub(crate) store: DynamoStore,
    /// When the command began.
    pub(crate) now: UnixTime,
    /// Where keys and secrets come from.
    pub(crate) random: OsRandom,
    wrapping: Wrapping,
}

impl Admin {
    /// Finds credentials; nothing is sent to the table yet.
    pub(crate) async fn connect(mut global: Global) -> Result<Self, AdminError> {
        stack::resolve(&mut global).await?;
        let table = global.table.clone().filter(|t| !t.is_empty());
        let table = table.ok_or_else(|| {
            AdminError::Usage("no table is named: use --stack, --table or STS_TABLE".to_owned())
        })?;
        let connection = connect::connection(&global).await?;
        Ok(Self {
            store: DynamoStore::new(connection.client(), table),
            now: SystemClock.now(),
            random: OsRandom,
            wrapping: Wrapping::new(&global, &connection),
        })
    }

    /// What makes and opens the master keys.
    pub(crate) fn wrapper(&self) -> Result<Wrapper, AdminError> {
        self.wrapping.wrapper(self.store.table())
    }

    /// The keys in use, unwrapped.
    pub(crate) async fn key_ring(&self) -> Result<KeyRing, AdminError> {
        let wrapper = self.wrapper()?;
        let read = self.store.stored_keys().await?;
        wrapper.ring(&read.entries, self.now).await
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
