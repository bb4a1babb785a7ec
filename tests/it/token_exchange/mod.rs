//! `AssumeRoleWithClientGrants` and `AssumeRoleWithWebIdentity` with an OpenID provider that
//! does as it is told.

mod grants;
mod key_sets;
mod limits;
mod names;
mod policy_claims;
mod providers;
mod refusals;
mod replaced_keys;
mod replays;
mod replies;
mod secrecy;
mod tokens;
mod unproven;

use std::fmt::Debug;

use serde_json::Value;
use shared::clock::{Clock, SystemClock};
use shared::store::Session;
use tests::client::Reply;
use tests::provider::{DISCOVERY, Provider, SigningKey, claims};
use tests::sts::{Builder, TestSts};

use crate::check::Outcome::{self, Refused};
use crate::check::{outcome, success};

/// What the two actions differ in.
#[derive(Debug)]
struct Action {
    name: &'static str,
    token: &'static str,
    subject: &'static str,
}

const GRANTS: Action = Action {
    name: "AssumeRoleWithClientGrants",
    token: "Token",
    subject: "SubjectFromToken",
};
const WEB: Action = Action {
    name: "AssumeRoleWithWebIdentity",
    token: "WebIdentityToken",
    subject: "SubjectFromWebIdentityToken",
};
const ACTIONS: [&Action; 2] = [&GRANTS, &WEB];

/// The client whose tokens are exchanged unless a test says otherwise.
const APP: &str = "app";

/// The service, its provider, and the key that the provider publishes.
struct Setup {
    sts: TestSts,
    idp: Provider,
    key: SigningKey,
}

impl Setup {
    /// A provider whose claim `policy` grants.
    async fn start() -> Self {
        Self::of(&[(APP, "")]).await
    }

    async fn of(clients: &[(&str, &str)]) -> Self {
        Self::with(TestSts::builder(), clients).await
    }

    /// Providers of one issuer and one key set, each with its client and further settings.
    async fn with(builder: Builder, clients: &[(&str, &str)]) -> Self {
        let key = SigningKey::new("ES256", "k1");
        let idp = Provider::start(&[&key]).await;
        let entries = clients
            .iter()
            .map(|(client, more)| entry(&idp, client, more));
        let sts = builder.config(&config(entries)).start().await;
        idp.forget();
        Self { sts, idp, key }
    }

    fn claims(&self, changes: &Value) -> Value {
        claims(&self.idp.issuer, changes)
    }

    fn token(&self, changes: &Value) -> String {
        self.key.token(&self.claims(changes))
    }

    async fn call(&self, action: &Action, token: &str, more: &[(&str, &str)]) -> Reply {
        let parameters = [&[(action.token, token)], more].concat();
        self.sts.call(action.name, &parameters).await
    }

    /// The session that an action opens.
    async fn session(&self, action: &Action, token: &str, more: &[(&str, &str)]) -> Session {
        let credentials = success(&self.call(action, token, more).await);
        let session = self.sts.stored(&credentials.access_key).await.unwrap();
        assert_eq!(session.expires_at, credentials.expiration);
        session
    }

    /// Both actions do the same. No refusal repeats any of the token.
    async fn check(&self, case: impl Debug, token: &str, expected: Outcome) {
        self.check_with(case, token, &[], expected).await;
    }

    async fn check_with(
        &self,
        case: impl Debug,
        token: &str,
        more: &[(&str, &str)],
        expected: Outcome,
    ) {
        for action in ACTIONS {
            let reply = self.call(action, token, more).await;
            outcome((action.name, &case), &reply, expected);
            if matches!(expected, Refused(..)) {
                assert_untold(token, reply.text());
            }
        }
    }
}

/// What `sts-admin apply` gets.
fn config(entries: impl Iterator<Item = String>) -> String {
    let entries: String = entries.collect();
    format!("openid_providers:\n{entries}")
}

/// A provider that is named after its client.
fn entry(idp: &Provider, client: &str, more: &str) -> String {
    let url = idp.url(DISCOVERY);
    format!("  - {{name: {client}, client_ids: [{client}], config_url: '{url}', {more}}}\n")
}

fn now() -> i64 {
    SystemClock.now().secs()
}

/// Neither the token nor its claims nor its signature. Its header is no secret.
#[track_caller]
fn assert_untold(token: &str, told: &str) {
    let parts = token.split('.').skip(1).filter(|part| part.len() > 8);
    for text in parts {
        assert!(!told.contains(text), "{text} in {told}");
    }
}
