//! A role of `template.yaml` allows what its function does, and nothing else.
//!
//! The proxy in front of the engine refuses what a function's role does not allow, in every
//! integration test. This one takes each function through all that it does, so that what a
//! role allows needlessly shows as well.

use std::collections::{BTreeMap, BTreeSet};

use hyper::Request;
use hyper::body::Bytes;
use serde_json::json;
use tests::authorizer::event;
use tests::client::Signer;
use tests::iam::Permission;
use tests::plugin::{Plugin, ROLE};
use tests::provider::{DISCOVERY, Provider, SigningKey, claims};
use tests::sts::{Credentials, SECRET, TestSts, USER, action, user};
use tests::template::Template;

use crate::check::success;

/// A role of nobody.
const NO_ROLE: &str = "arn:aws:iam::123456789012:role/none";
const STAGE: &str = "arn:aws:execute-api:us-east-1:123456789012:abcdef/$default";

/// One user who may do everything, a plugin, and providers whose tokens are for one use. All
/// that can be limited is. Every path that takes a token has a provider of its own, whose keys
/// its function is the first to fetch.
fn config(plugin: &Plugin, idp: &Provider) -> String {
    let limits = json!({"issue_per_minute": 1000, "max_live_sessions": 1000});
    let everything = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
    ]});
    let provider = |path: &str| {
        json!({
            "name": path, "config_url": idp.url(DISCOVERY), "client_ids": [path],
            "single_use": true, "limits": limits,
        })
    };
    json!({
        "settings": {"failed_attempts": {"per_source": 1000, "per_subject": 1000}},
        "policies": [{"name": "everything", "document": everything}],
        "groups": [{"name": "all", "policies": ["everything"]}],
        "users": [{"access_key": USER, "secret": SECRET, "groups": ["all"], "limits": limits}],
        "identity_plugins": [{
            "name": "test", "url": plugin.url, "role_id": "test", "role_policies": ["everything"],
            "limits": limits,
        }],
        "openid_providers": [
            provider("/"),
            provider("/AssumeRoleWithClientGrants"),
            provider("/AssumeRoleWithWebIdentity"),
        ],
    })
    .to_string()
}

/// The service, and whoever vouches for its callers.
struct Setup {
    sts: TestSts,
    idp: Provider,
    key: SigningKey,
    _plugin: Plugin,
}

impl Setup {
    async fn start() -> Self {
        let plugin = Plugin::for_alice().await;
        let key = SigningKey::new("ES256", "k1");
        let idp = Provider::start(&[&key]).await;
        let config = config(&plugin, &idp);
        Self {
            sts: TestSts::builder().kms().config(&config).start().await,
            idp,
            key,
            _plugin: plugin,
        }
    }

    /// A token that is good for one session, at one path.
    fn token(&self, path: &str, id: &str) -> String {
        let own = json!({
            "aud": path, "jti": format!("{id} at {path}"), "policy": "readwrite",
        });
        self.key.token(&claims(&self.idp.issuer, &own))
    }

    /// Calls an action, at the one endpoint and at its own path, with the signature of `signer`.
    async fn signed(&self, signer: &Signer, name: &str, parameters: &[(&str, &str)]) {
        for path in ["/", &format!("/{name}")] {
            let request = self.sts.client.form(path, &action(name, parameters));
            let reply = self.sts.client.send(signer.sign(request)).await;
            assert_eq!(reply.status, 200, "{path} {name}: {}", reply.text());
        }
    }

    /// Shows a token to an action, at the one endpoint and at its own path. The session comes
    /// from the latter.
    async fn exchange(
        &self,
        name: &str,
        parameter: &str,
        parameters: &[(&str, &str)],
    ) -> Credentials {
        let mut last = None;
        for path in ["/", &format!("/{name}")] {
            let token = self.token(path, name);
            let parameters = [&[(parameter, token.as_str())], parameters].concat();
            let request = || self.sts.client.form(path, &action(name, &parameters));
            let reply = self.sts.client.send(request()).await;
            success(&reply);
            last = Some(Credentials::of(&reply));
            // A token is good for one session; plugins decide for themselves.
            self.sts.client.send(request()).await;
        }
        last.unwrap()
    }

    /// Every way to get a session: that of a user, and that of a role.
    async fn issue(&self) -> [Credentials; 2] {
        let policies = [("PolicyArns.member.1.arn", "everything")];
        self.signed(&user(), "AssumeRole", &policies).await;
        let no_role = [("RoleArn", NO_ROLE), policies[0]];
        self.exchange("AssumeRoleWithClientGrants", "Token", &no_role)
            .await;
        let no_role = [("RoleArn", NO_ROLE), ("RoleSessionName", "name")];
        self.exchange("AssumeRoleWithWebIdentity", "WebIdentityToken", &no_role)
            .await;
        let role = [("RoleArn", ROLE), policies[0]];
        let role = self.exchange("AssumeRoleWithCustomToken", "Token", &role);
        [self.sts.session().await, role.await]
    }

    /// What no session gets, once it is known as such.
    async fn refuse(&self, session: &Credentials) {
        let parameters = action("AssumeRole", &[]);
        for path in ["/", "/AssumeRole"] {
            let request = self.sts.client.form(path, &parameters);
            let reply = self.sts.client.send(session.signer().sign(request)).await;
            let code = reply.field("Code");
            assert_eq!(code.as_deref(), Some("AccessDenied"), "{}", reply.text());
        }
    }

    /// Every way to end one.
    async fn revoke(&self, session: &Credentials) {
        let victim = self.sts.session().await.access_key;
        let name = "RevokeSession";
        self.signed(&user(), name, &[("AccessKeyId", &victim)])
            .await;
        self.signed(&user(), name, &[("Parent", "federated/alice")])
            .await;
        let own = action(name, &[]);
        for path in ["/RevokeSession", "/"] {
            let request = self.sts.client.form(path, &own);
            // The second time it is over already.
            self.sts.client.send(session.signer().sign(request)).await;
        }
    }

    async fn identify(&self, session: &Credentials) {
        for signer in [user(), session.signer()] {
            self.signed(&signer, "GetCallerIdentity", &[]).await;
        }
    }

    async fn introspect(&self, session: &Credentials) {
        let question = json!({
            "access_key_id": session.access_key, "session_token": session.token,
            "action": "s3:GetObject", "resource": "arn:aws:s3:::a/b",
        });
        let mut request = self.sts.client.request("POST", "/introspect");
        *request.body_mut() = question.to_string().into();
        let reply = self.sts.client.send(user().sign(request)).await;
        assert!(
            reply.text().contains("\"allowed\":true"),
            "{}",
            reply.text()
        );
    }

    async fn authorize(&self, session: &Credentials) {
        for mut signer in [user(), session.signer()] {
            "execute-api".clone_into(&mut signer.service);
            let request = Request::get("http://api.example.com/items");
            let request = signer.sign(request.body(Bytes::new()).unwrap());
            let event = event(&request, STAGE);
            let reply = self.sts.emulator.invoke_raw("authorizer", &event).await;
            let reply = reply.unwrap();
            assert_eq!(reply["isAuthorized"], true, "{reply}");
        }
    }
}

/// What each function needed so far.
fn needed(sts: &mut TestSts) -> BTreeMap<String, BTreeSet<Permission>> {
    let operations = [sts.proxy.operations(), sts.kms().proxy.operations()];
    let mut needed = BTreeMap::<_, BTreeSet<_>>::new();
    for operation in operations.into_iter().flatten() {
        let function = operation.function.expect("a function's own endpoint");
        needed.entry(function).or_default().extend(operation.needs);
    }
    needed
}

/// What the role of each function allows on table and key.
fn allowed() -> BTreeMap<String, BTreeSet<Permission>> {
    let functions = Template::get().functions().iter();
    functions
        .map(|(name, function)| {
            let permissions = function.permissions.iter();
            let relevant = permissions.filter(|it| {
                let (service, _) = it.action.split_once(':').unwrap();
                ["dynamodb", "kms"].contains(&service)
            });
            (name.clone(), relevant.cloned().collect())
        })
        .collect()
}

#[tokio::test]
async fn roles_allow_what_functions_do_and_nothing_else() {
    let mut it = Setup::start().await;
    let sessions = it.issue().await;
    for session in &sessions {
        it.refuse(session).await;
        it.identify(session).await;
        it.introspect(session).await;
        it.authorize(session).await;
    }
    for session in &sessions {
        it.revoke(session).await;
    }
    assert_eq!(needed(&mut it.sts), allowed());
}
