//! What every command works with.

use operations::key::Wrapper;
use operations::sealing::Sealing;
use shared::clock::{Clock as _, SystemClock, UnixTime};
use shared::keys::KeyRing;
use shared::random::OsRandom;
use shared::store::ManageKeys as _;
use shared::store::dynamodb::DynamoStore;

use crate::connect;
use crate::error::AdminError;
use crate::global::Global;
use crate::output::complain;
use crate::stack;
use crate::wrapper::Wrapping;

/// How far this machine's clock may be off the table's, in seconds.
const MAX_CLOCK_DIFFERENCE: i64 = 5;

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

    /// Refuses to go on if this machine's clock is not the table's: what depends on moments
    /// would be done as of another time than functions have.
    ///
    /// The later of both clocks, so that what is revoked by it is revoked by either.
    pub(crate) async fn check_clock(&self) -> Result<UnixTime, AdminError> {
        let before = SystemClock.now();
        let Some(table) = self.store.time().await? else {
            complain(
                "the table does not say what time it is, so nobody knows if this machine's clock is right",
            );
            return Ok(self.now);
        };
        compare_clocks(table, before, SystemClock.now())?;
        Ok(self.now.max(table))
    }

    /// What makes and opens the master keys.
    pub(crate) fn wrapper(&self) -> Result<Wrapper, AdminError> {
        self.wrapping.wrapper(self.store.table())
    }

    /// The keys in use, unwrapped.
    pub(crate) async fn key_ring(&self) -> Result<KeyRing, AdminError> {
        let wrapper = self.wrapper()?;
        let read = self.store.stored_keys().await?;
        Ok(wrapper.ring(&read.entries, self.now).await?)
    }

    /// What makes ids, and seals with those keys.
    pub(crate) const fn sealing<'a>(&'a self, ring: &'a KeyRing) -> Sealing<'a> {
        Sealing {
            random: &self.random,
            ring: Some(ring),
        }
    }
}

/// Refuses a reply of the table whose time is not between question and answer, give or take
/// what clocks may differ.
fn compare_clocks(table: UnixTime, before: UnixTime, after: UnixTime) -> Result<(), AdminError> {
    let ours = table.clamp(before, after);
    let difference = ours.since(table);
    if difference.abs() <= MAX_CLOCK_DIFFERENCE {
        return Ok(());
    }
    Err(AdminError::Refused(format!(
        "this machine's clock says {ours} and the table's {table}: \
         set it right, they may differ by {MAX_CLOCK_DIFFERENCE} seconds"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_may_differ_by_five_seconds_besides_the_time_that_a_reply_takes() {
        let at = UnixTime::from_secs;
        for (table, fits) in [
            (994, false),
            (995, true),
            (1000, true),
            (1003, true),
            (1008, true),
            (1009, false),
        ] {
            let compared = compare_clocks(at(table), at(1000), at(1003));
            assert_eq!(compared.is_ok(), fits, "{table}: {compared:?}");
        }
        let refusal = compare_clocks(at(940), at(1000), at(1000)).unwrap_err();
        assert_eq!(
            refusal.line(),
            "this machine's clock says 1970-01-01T00:16:40Z and the table's 1970-01-01T00:15:40Z: \
             set it right, they may differ by 5 seconds"
        );
    }
}
