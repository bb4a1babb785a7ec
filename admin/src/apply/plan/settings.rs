//! Settings: compared one by one, Open Policy Agent as a whole.

use shared::store::{Change, OpaSettings, Settings, SettingsChange};

use super::super::desired::DesiredSettings;
use super::{Differences, Item, Write};
use crate::authorization::Authorization;
use crate::names::visible_url;
use crate::opa::OpaDefinition;

/// The stored settings, with the opened authorization if it is needed and opens.
#[derive(Debug, Default)]
pub(crate) struct CurrentSettings {
    pub(crate) settings: Settings,
    pub(crate) opa_authorization: Option<Authorization>,
}

/// Compares.
pub(super) fn plan(desired: DesiredSettings, current: &CurrentSettings) -> Item {
    let stored = &current.settings;
    let mut differences = Differences::default();
    let max_session_seconds =
        differences.limit(desired.max_session_seconds, stored.max_session_seconds);
    let regions = differences.list("regions", desired.regions, &stored.regions);
    let condition_keys = differences.list(
        "condition_keys",
        desired.condition_keys,
        &stored.condition_keys,
    );
    let failed_attempts = differences.of_attempts(desired.failed_attempts, stored.failed_attempts);
    let (opa, authorization) = match differences.opa(desired.opa, current) {
        Change::Keep => (Change::Keep, None),
        Change::Remove => (Change::Remove, None),
        Change::Set(opa) => (Change::Set(opa.settings), opa.authorization),
    };
    let change = SettingsChange {
        max_session_seconds,
        regions,
        condition_keys,
        failed_attempts,
        opa,
    };
    let write = Write::ChangeSettings(change, authorization);
    differences.into_item("settings", String::new(), write)
}

impl Differences {
    fn opa(
        &mut self,
        desired: Change<OpaDefinition>,
        current: &CurrentSettings,
    ) -> Change<OpaDefinition> {
        let stored = current.settings.opa.as_ref();
        let (wanted, authorization) = match &desired {
            Change::Keep => return Change::Keep,
            Change::Set(opa) => (Some(&opa.settings), opa.authorization.as_ref()),
            Change::Remove => (None, None),
        };
        let before = self.0.len();
        let place = |opa: Option<&OpaSettings>| {
            opa.map_or_else(|| "none".to_owned(), |opa| visible_url(&opa.url))
        };
        if place(stored) != place(wanted) {
            self.0
                .push(format!("opa {} -> {}", place(stored), place(wanted)));
        } else if !same_place(stored, wanted) {
            // What is hidden in a URL, and the permission to use plain HTTP.
            self.0.push("opa changed".to_owned());
        }
        let is_sealed = stored.is_some_and(|opa| opa.authorization.is_some());
        let is_same = authorization == current.opa_authorization.as_ref()
            && authorization.is_some() == is_sealed;
        if !is_same && stored.is_some() && wanted.is_some() {
            self.0.push("opa auth_token changed".to_owned());
        }
        if self.0.len() == before {
            return Change::Keep;
        }
        desired
    }
}

fn same_place(a: Option<&OpaSettings>, b: Option<&OpaSettings>) -> bool {
    let place = |opa: &OpaSettings| (opa.url.clone(), opa.allow_http);
    a.map(place) == b.map(place)
}
