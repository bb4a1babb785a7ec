//! Settings of the whole service, Open Policy Agent among them: changed one by one, the agent
//! as a whole.

use domain::outbound::check_configured;
use keys::KeyRing;
use store::{Change, ManageSettings, OpaSettings, ReadService, Settings, SettingsChange};

use crate::authorization::Authorization;
use crate::differences::Differences;
use crate::error::{Error, or_conflict};
use crate::item::Item;
use crate::limits::{SESSION_SECONDS, check_attempts, check_seconds, set};
use crate::lint::is_beginning;
use crate::names::{unique, visible_url};
use crate::sealing::{Resealing, Sealing};

/// Settings as they shall be; what the change leaves out stays as it is. The authorization of
/// Open Policy Agent is not sealed yet.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct DesiredSettings {
    change: SettingsChange,
    authorization: Option<Authorization>,
}

/// The stored settings, with the opened authorization if it is needed and opens.
#[derive(Debug, Default)]
pub struct CurrentSettings {
    /// What is stored.
    pub settings: Settings,
    /// The authorization of Open Policy Agent.
    pub authorization: Option<Authorization>,
}

/// How settings are written: with an authorization for Open Policy Agent that is not sealed yet.
#[derive(Debug)]
pub struct SettingsWrite(SettingsChange, Option<Authorization>);

/// What is stored.
pub(crate) async fn read<S: ReadService>(
    store: &S,
    ring: Option<&KeyRing>,
) -> Result<CurrentSettings, Error> {
    let settings = store.service_record().await?.settings;
    let sealed = settings.opa.as_ref().and_then(|o| o.authorization.as_ref());
    Ok(CurrentSettings {
        authorization: Authorization::open(ring, Settings::ITEM_KEY, sealed),
        settings,
    })
}

/// Seals anew what Open Policy Agent expects; returns how many secrets that were.
pub(crate) async fn reseal<S: ManageSettings + ReadService>(
    store: &S,
    resealing: Resealing<'_>,
) -> Result<usize, Error> {
    let Some(read) = store.service_record().await?.settings.opa else {
        return Ok(0);
    };
    let Some(sealed) = resealing.again(Settings::ITEM_KEY, read.authorization.as_ref())? else {
        return Ok(0);
    };
    let opa = OpaSettings {
        authorization: Some(sealed),
        ..read.clone()
    };
    store.replace_opa(&read, &opa).await?;
    Ok(1)
}

impl DesiredSettings {
    /// Checks everything that can be checked of the settings alone.
    pub fn new(
        change: SettingsChange,
        authorization: Option<Authorization>,
    ) -> Result<Self, Error> {
        let seconds = set(change.max_session_seconds);
        check_seconds("settings", seconds, SESSION_SECONDS)?;
        let invalid = |text: String| Err(Error::Invalid(text));
        if let Some(region) = change.regions.iter().flatten().find(|r| !is_region(r)) {
            return invalid(format!("{region:?} is no region"));
        }
        let mut declared = change.condition_keys.iter().flatten();
        if let Some(key) = declared.find(|key| !is_beginning(key)) {
            return invalid(format!("{key:?} is no beginning of a condition key"));
        }
        check_attempts(change.failed_attempts.unwrap_or_default())?;
        if let Change::Set(opa) = &change.opa {
            check_configured(&opa.url, opa.allow_http)
                .map_err(|error| Error::Invalid(format!("opa: url: {error}")))?;
        }
        Ok(Self {
            change: SettingsChange {
                regions: change.regions.map(unique),
                condition_keys: change.condition_keys.map(unique),
                ..change
            },
            authorization,
        })
    }

    /// What condition keys begin with that somebody else supplies, if anything is said of them.
    pub(crate) fn condition_keys(&self) -> &[String] {
        self.change.condition_keys.as_deref().unwrap_or_default()
    }

    /// Whether there is something to seal.
    pub(crate) const fn has_secret(&self) -> bool {
        self.authorization.is_some()
    }

    /// Compares.
    pub(crate) fn plan(self, current: &CurrentSettings) -> Item<SettingsWrite> {
        let (desired, stored) = (self.change, &current.settings);
        let mut differences = Differences::default();
        let mut change = SettingsChange {
            max_session_seconds: differences.number(
                "max_session_seconds",
                desired.max_session_seconds,
                stored.max_session_seconds,
            ),
            regions: differences.list("regions", desired.regions, &stored.regions),
            condition_keys: differences.list(
                "condition_keys",
                desired.condition_keys,
                &stored.condition_keys,
            ),
            failed_attempts: differences
                .of_attempts(desired.failed_attempts, stored.failed_attempts),
            opa: Change::Keep,
        };
        let authorization = self.authorization.as_ref();
        if differences.of_opa((&desired.opa, authorization), current) {
            change.opa = desired.opa;
        }
        let write = SettingsWrite(change, self.authorization);
        Item::stored("settings", "", differences.0, write)
    }
}

impl Differences {
    /// Whether anything about Open Policy Agent changes.
    fn of_opa(
        &mut self,
        (desired, authorization): (&Change<OpaSettings>, Option<&Authorization>),
        current: &CurrentSettings,
    ) -> bool {
        let stored = current.settings.opa.as_ref();
        let wanted = match desired {
            Change::Keep => return false,
            Change::Set(opa) => Some(opa),
            Change::Remove => None,
        };
        let before = self.0.len();
        let place = |opa: Option<&OpaSettings>| {
            opa.map_or_else(|| "none".to_owned(), |opa| visible_url(&opa.url))
        };
        let (from, to) = (place(stored), place(wanted));
        if from != to {
            self.0.push(format!("opa {from} -> {to}"));
        } else if !same_place(stored, wanted) {
            // What is hidden in a URL, and the permission to use plain HTTP.
            self.0.push("opa changed".to_owned());
        }
        let is_sealed = stored.is_some_and(|opa| opa.authorization.is_some());
        let is_same =
            authorization == current.authorization.as_ref() && authorization.is_some() == is_sealed;
        if !is_same && stored.is_some() && wanted.is_some() {
            self.0.push("opa auth_token changed".to_owned());
        }
        self.0.len() != before
    }
}

impl SettingsWrite {
    pub(crate) async fn carry_out<S: ManageSettings>(
        self,
        store: &S,
        sealing: Sealing<'_>,
    ) -> Result<(), Error> {
        let Self(mut change, authorization) = self;
        if let (Change::Set(opa), Some(authorization)) = (&mut change.opa, authorization) {
            opa.authorization = Some(authorization.seal(sealing, Settings::ITEM_KEY)?);
        }
        or_conflict(store.change_settings(&change).await, Error::table_changed)
    }
}

fn is_region(region: &str) -> bool {
    region
        .bytes()
        .all(|b| b.is_ascii_graphic() && !b"/,=".contains(&b))
}

fn same_place(a: Option<&OpaSettings>, b: Option<&OpaSettings>) -> bool {
    let place = |opa: &OpaSettings| (opa.url.clone(), opa.allow_http);
    a.map(place) == b.map(place)
}
