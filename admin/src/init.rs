//! `init`: the table, the first master key, the canned policies.

use std::time::Duration;

use operations::policy;
use serde_json::json;

use crate::context::Admin;
use crate::error::AdminError;
use crate::key;
use crate::output::Output;

/// How often, and how many times, a new table is looked at until it can be used.
const POLL: (Duration, u32) = (Duration::from_secs(1), 120);

/// What `init` found or made.
struct Steps(Vec<(bool, String)>);

/// Makes what is missing and leaves alone what is there.
pub(crate) async fn run(admin: &Admin) -> Result<Output, AdminError> {
    // Without something that wraps keys nothing is begun.
    let wrapper = admin.wrapper()?;
    let mut steps = Steps(Vec::new());
    let table = admin.store.table();
    steps.note(ensure_table(admin).await?, format!("table {table}"));
    steps.note(
        admin.store.enable_expiry().await?,
        "expiry of items".to_owned(),
    );
    admin.check_clock().await?;
    let (kid, made) = key::keys(admin, &wrapper).ensure().await?;
    steps.note(made, format!("key {kid}"));
    for (name, made) in policy::add_canned(&admin.store, &admin.random).await? {
        steps.note(made, format!("policy {name}"));
    }
    Ok(steps.into_output())
}

/// Creates the table unless there is one, and waits until it can be used.
async fn ensure_table(admin: &Admin) -> Result<bool, AdminError> {
    let store = &admin.store;
    let created = store.table_state().await?.is_none();
    if created {
        store.create_table().await?;
    }
    for _ in 0..POLL.1 {
        match store.table_state().await? {
            Some(state) if !state.differences.is_empty() => {
                return Err(AdminError::Refused(format!(
                    "table {} cannot serve: {}",
                    store.table(),
                    state.differences.join("; ")
                )));
            }
            Some(state) if state.active => return Ok(created),
            _ => tokio::time::sleep(POLL.0).await,
        }
    }
    Err(AdminError::Refused(format!(
        "table {} is not active yet: run init again later",
        store.table()
    )))
}

impl Steps {
    fn note(&mut self, made: bool, what: String) {
        self.0.push((made, what));
    }

    fn into_output(self) -> Output {
        let sign = |made: bool| if made { '+' } else { '=' };
        let names = |wanted: bool| -> Vec<&String> {
            self.0
                .iter()
                .filter(|(made, _)| *made == wanted)
                .map(|(_, what)| what)
                .collect()
        };
        Output::Done {
            lines: self
                .0
                .iter()
                .map(|(made, what)| format!("{} {what}", sign(*made)))
                .collect(),
            record: json!({"made": names(true), "present": names(false)}),
        }
    }
}
