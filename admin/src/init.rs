//! `init`: the table, the first master key, the canned policies.

use std::slice;
use std::time::Duration;

use serde_json::json;
use shared::model::PolicyName;
use shared::policy::canned;
use shared::store::{ManageKeys as _, ManagePolicies as _, ReadPolicies as _, StoredPolicy};

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
    admin.wrapper()?;
    let mut steps = Steps(Vec::new());
    let table = admin.store.table();
    steps.note(ensure_table(admin).await?, format!("table {table}"));
    steps.note(
        admin.store.enable_expiry().await?,
        "expiry of items".to_owned(),
    );
    admin.check_clock().await?;
    let (made, kid) = ensure_key(admin).await?;
    steps.note(made, format!("key {kid}"));
    ensure_policies(admin, &mut steps).await?;
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

/// Makes the first key; where there are keys, the key file or KMS key must fit them.
async fn ensure_key(admin: &Admin) -> Result<(bool, String), AdminError> {
    let read = admin.store.stored_keys().await?;
    let wrapper = admin.wrapper()?;
    if !read.entries.is_empty() {
        let ring = wrapper.ring(&read.entries, admin.now).await?;
        return Ok((false, ring.active_kid().to_owned()));
    }
    let entry = key::generate(admin, &wrapper).await?;
    let kid = entry.kid.clone();
    admin.store.replace_keys(&read, &[entry]).await?;
    Ok((true, kid))
}

async fn ensure_policies(admin: &Admin, steps: &mut Steps) -> Result<(), AdminError> {
    let canned = canned::ALL
        .iter()
        .filter_map(|(name, document)| Some((PolicyName::parse(*name).ok()?, *document)));
    for (name, document) in canned {
        let missing = admin
            .store
            .policies(slice::from_ref(&name))
            .await?
            .is_empty();
        if missing {
            let policy = StoredPolicy::new(name.clone(), document, &admin.random)?;
            admin.store.create_policy(&policy).await?;
        }
        steps.note(missing, format!("policy {name}"));
    }
    Ok(())
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
