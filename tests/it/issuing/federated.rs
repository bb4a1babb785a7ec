//! The same for tokens: policies of roles, and of a claim, refuse to issue.

use serde_json::json;
use shared::clock::{Clock, SystemClock};
use tests::client::Reply;
use tests::plugin::{Answer, Plugin};
use tests::provider::{SigningKey, entry};
use tests::sts::TestSts;

use crate::check::Outcome::{self, Success};
use crate::check::{DENIED, outcome};

const ACTIONS: [&str; 3] = [
    "AssumeRoleWithClientGrants",
    "AssumeRoleWithCustomToken",
    "AssumeRoleWithWebIdentity",
];

/// A Deny with this condition, the seconds asked for, and what becomes of the call.
const CASES: [(&str, &str, Outcome); 9] = [
    (
        "NumericGreaterThan: {sts:DurationSeconds: 3600}",
        "3600",
        Success,
    ),
    (
        "NumericGreaterThan: {sts:DurationSeconds: 3600}",
        "3601",
        DENIED,
    ),
    ("NotIpAddress: {aws:SourceIp: 192.0.2.0/24}", "3600", DENIED),
    ("NotIpAddress: {aws:SourceIp: 127.0.0.0/8}", "3600", Success),
    (
        "DateGreaterThan: {aws:CurrentTime: '2020-01-01T00:00:00Z'}",
        "3600",
        DENIED,
    ),
    (
        "DateLessThan: {aws:CurrentTime: '2020-01-01T00:00:00Z'}",
        "3600",
        Success,
    ),
    (
        "NumericLessThan: {aws:EpochTime: 9999999999}",
        "3600",
        DENIED,
    ),
    ("Bool: {aws:SecureTransport: false}", "3600", Success),
    ("StringEquals: {jwt:team: red}", "3600", DENIED),
];

/// The entry of a provider with the issuer `https://<client>.example.com` that keeps one claim.
fn provider(key: &SigningKey, client: &str, kept: &str, more: &str) -> String {
    let issuer = format!("https://{client}.example.com");
    let more = format!("kept_claims: [{kept}], {more}");
    entry(&issuer, client, key, &more)
}

/// A token for `client` of the issuer `https://<client>.example.com`.
fn token(key: &SigningKey, client: &str, policies: &str) -> String {
    let now = SystemClock.now();
    key.token(&json!({
        "iss": format!("https://{client}.example.com"), "aud": client, "sub": "alice",
        "iat": now.secs(), "exp": now.plus(7200).secs(), "team": "red", "policy": policies,
    }))
}

struct Setup {
    sts: TestSts,
    key: SigningKey,
    _plugin: Plugin,
}

impl Setup {
    /// For each case a policy, and a role of a plugin and one of a provider with that policy.
    /// The last provider takes the policies from a claim.
    async fn start() -> Self {
        let claims =
            json!({"user": "Alice", "maxValiditySeconds": 7200, "claims": {"team": "red"}});
        let plugin = Plugin::start(Answer::json(200, &claims)).await;
        let key = SigningKey::new("ES256", "1");
        let provider = |client: &str, more: &str| provider(&key, client, "team", more);
        let (mut policies, mut plugins, mut providers) = (Vec::new(), Vec::new(), Vec::new());
        for (n, (condition, ..)) in CASES.iter().enumerate() {
            policies.push(deny(&format!("deny-{n}"), &ACTIONS, condition));
            plugins.push(plugin.entry_of(&format!("r{n}"), &format!("deny-{n}"), ""));
            let role = format!("role_policies: [deny-{n}]");
            providers.push(provider(&format!("app{n}"), &role));
        }
        let always = "'Null': {aws:CurrentTime: false}";
        policies.push(deny("one-action", &ACTIONS[..1], always));
        providers.push(provider("claims", ""));
        let [plugins, providers] = [plugins, providers].map(|all| all.join(", "));
        let config = format!(
            "policies:\n{}identity_plugins: [{plugins}]\nopenid_providers: [{providers}]",
            policies.concat()
        );
        Self {
            sts: TestSts::builder().config(&config).start().await,
            key,
            _plugin: plugin,
        }
    }

    /// Shows a token of case `n`.
    async fn exchange(&self, action: &str, n: usize, seconds: &str) -> Reply {
        let role = format!("arn:minio:iam:::role/idmp-r{n}");
        let token = token(&self.key, &format!("app{n}"), "readwrite");
        let duration = ("DurationSeconds", seconds);
        let parameters = match action {
            "AssumeRoleWithCustomToken" => {
                vec![("Token", "aaa"), ("RoleArn", role.as_str()), duration]
            }
            "AssumeRoleWithClientGrants" => vec![("Token", token.as_str()), duration],
            _ => vec![("WebIdentityToken", token.as_str()), duration],
        };
        self.sts.call(action, &parameters).await
    }

    /// Shows a token that names its policies in a claim.
    async fn exchange_claim(&self, action: &str, policies: &str) -> Reply {
        let token = token(&self.key, "claims", policies);
        self.sts.call(action, &[("Token", &token)]).await
    }
}

/// The entry of a policy that denies these actions.
fn deny(name: &str, actions: &[&str], condition: &str) -> String {
    let actions: Vec<_> = actions.iter().map(|name| format!("sts:{name}")).collect();
    format!(
        "  - name: {name}\n    document: {{Version: 2012-10-17, Statement: [{{Effect: Deny, Action: {actions:?}, Resource: '*', Condition: {{{condition}}}}}]}}\n"
    )
}

#[tokio::test]
async fn roles_refuse_by_length_address_time_and_claims() {
    let it = Setup::start().await;
    for action in ACTIONS {
        for (n, (condition, seconds, expected)) in CASES.into_iter().enumerate() {
            let reply = it.exchange(action, n, seconds).await;
            outcome((action, condition, seconds), &reply, expected);
        }
    }
}

#[tokio::test]
async fn policies_of_a_claim_refuse_both_actions_if_they_name_one() {
    let it = Setup::start().await;
    for (action, policies, expected) in [
        ("AssumeRoleWithClientGrants", "one-action", DENIED),
        ("AssumeRoleWithClientGrants", "readwrite,one-action", DENIED),
        ("AssumeRoleWithClientGrants", "readwrite", Success),
        ("AssumeRoleWithWebIdentity", "one-action", DENIED),
        ("AssumeRoleWithWebIdentity", "readwrite", Success),
        ("AssumeRoleWithWebIdentity", "readwrite,deny-2", DENIED),
    ] {
        let reply = it.exchange_claim(action, policies).await;
        outcome((action, policies), &reply, expected);
    }
}

#[tokio::test]
async fn a_deny_on_a_claim_that_the_provider_does_not_keep_denies() {
    let key = SigningKey::new("ES256", "1");
    let rule = deny("rule", &ACTIONS, "StringEquals: {jwt:dept: secret}");
    let of = |client: &str, kept: &str| provider(&key, client, kept, "role_policies: [rule]");
    let (without, with) = (of("without", "team"), of("with", "dept"));
    let config = format!("policies:\n{rule}openid_providers: [{without}, {with}]");
    let sts = TestSts::builder().config(&config).start().await;
    for (client, expected) in [("without", DENIED), ("with", Success)] {
        let token = token(&key, client, "");
        let reply = sts.call(ACTIONS[2], &[("WebIdentityToken", &token)]).await;
        outcome(client, &reply, expected);
    }
}
