//! Failed attempts of callers who do not sign: what counts, and that no more than the limit are
//! ever looked at.

mod at_once;
mod failures;

use serde_json::Value;
use tests::client::Reply;
use tests::plugin::Plugin;
use tests::provider::{SigningKey, claims, entry};
use tests::sts::{Builder, TestSts};

use crate::check::{Outcome, outcome};

const CUSTOM: &str = "AssumeRoleWithCustomToken";
const IDENTITY: [&str; 2] = ["AssumeRoleWithClientGrants", "AssumeRoleWithWebIdentity"];
const ISSUER: &str = "https://idp.example.com";

/// The service, a plugin, and the key of every identity token.
struct Setup {
    sts: TestSts,
    plugin: Plugin,
    key: SigningKey,
}

impl Setup {
    async fn start(attempts: &str) -> Self {
        Self::with(TestSts::builder(), attempts).await
    }

    async fn with(builder: Builder, attempts: &str) -> Self {
        let plugin = Plugin::for_alice().await;
        let key = SigningKey::new("ES256", "1");
        let provider = |client: &str, more: &str| entry(ISSUER, client, &key, more);
        let providers = [
            provider("app", ""),
            provider("jobs", "role_policies: [readonly]"),
            provider("strict", "missing_policies: refuse"),
            provider("once", "single_use: true"),
            provider("scoped", "scopes_required: [storage]"),
            provider("short", "max_token_length: 100"),
            provider("full", "limits: {max_live_sessions: 1}"),
        ];
        let config = format!(
            "settings: {{failed_attempts: {attempts}}}
policies:
  - name: never
    document: {{Version: 2012-10-17, Statement: [{{Effect: Deny, Action: 'sts:*', Resource: '*'}}]}}
identity_plugins: [{}, {}]
openid_providers: [{}]",
            plugin.entry("readwrite", ""),
            plugin.entry_of("off", "readwrite", "enabled: false"),
            providers.join(", ")
        );
        let sts = builder.config(&config).start().await;
        Self { sts, plugin, key }
    }

    async fn custom(&self, token: &str, role: &str) -> Reply {
        self.custom_with(token, role, &[]).await
    }

    async fn custom_with(&self, token: &str, role: &str, more: &[(&str, &str)]) -> Reply {
        self.sts.show(token, role, more).await
    }

    fn claims(changes: &Value) -> Value {
        claims(ISSUER, changes)
    }

    fn token(&self, changes: &Value) -> String {
        self.key.token(&Self::claims(changes))
    }

    /// What the counters hold whose name begins so.
    async fn counts(&self, name: &str) -> Vec<u32> {
        let client = self.sts.table.connection().client();
        let scan = client.scan().table_name(&self.sts.table.name);
        let items = scan.send().await.unwrap().items.unwrap_or_default();
        let of_name = items.iter().filter(|item| {
            let mut key = item["pk"].as_s().unwrap().splitn(3, '#');
            key.next() == Some("COUNT") && key.nth(1).is_some_and(|it| it.starts_with(name))
        });
        of_name
            .map(|item| item["count"].as_n().unwrap().parse().unwrap())
            .collect()
    }

    async fn failed(&self) -> u32 {
        self.counts("failed/source").await.iter().sum()
    }

    /// What a reply is to be, and how many failures it adds.
    async fn check(&self, case: &str, reply: &Reply, expected: Outcome, before: u32, adds: u32) {
        outcome(case, reply, expected);
        assert_eq!(self.failed().await, before + adds, "{case}");
    }
}
