//! Sessions stay within what they were given, whatever they try.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use shared::model::AccessKeyId;
use shared::store::Parent;
use tests::client::Signer;
use tests::plugin::{Answer, Plugin, ROLE};
use tests::sts::Credentials;

use super::{SERVICE_SECRET, Setup, about, and, refusal};
use crate::check::Outcome::{Refused, Success};
use crate::check::outcome;

/// `admin` may do everything; whoever has the role of the plugin may read.
fn config(plugin: &Plugin) -> String {
    format!(
        "
policies:
  - name: everything
    document: {{Version: 2012-10-17, Statement: [{{Effect: Allow, Action: '*', Resource: '*'}}]}}
users:
  - {{access_key: admin, secret: admin-secret, policies: [everything]}}
  - {{access_key: foobar, secret: foo12345, policies: [readwrite]}}
  - {{access_key: gateway, secret: {SERVICE_SECRET}, policies: [everything]}}
identity_plugins: [{}]
",
        plugin.entry("readonly", "")
    )
}

async fn setup() -> (Setup, Plugin) {
    let plugin = Plugin::start(Answer::vouch("foobar", 3600)).await;
    let it = Setup::with(&config(&plugin), &[("STS_CACHE_SECONDS", "0")]).await;
    (it, plugin)
}

fn admin() -> Signer {
    Signer::new("admin", "admin-secret", None)
}

const TWO_BUCKETS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::a/*","arn:aws:s3:::b/*"]}]}"#;
const DENY_ONLY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:DeleteObject","Resource":"*"}]}"#;
const EVERYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

impl Setup {
    /// A session of `admin`.
    async fn session_of_admin(&self, parameters: &[(&str, &str)]) -> Credentials {
        Credentials::of(&self.sts.assume_role_as(&admin(), parameters).await)
    }

    async fn allows(&self, session: &Credentials, asked: &str, resource: &str) -> bool {
        let question = json!({"action": asked, "resource": resource});
        let reply = self.ask(&and(about(session), &question)).await;
        reply["decision"]["allowed"].as_bool().expect("a decision")
    }
}

/// Nothing has to allow issuing, so that a policy which denies something else must not count
/// as one which allows.
#[tokio::test]
async fn t30_a_restricted_session_of_an_admin_changes_nothing() {
    let (it, _plugin) = setup().await;
    let victim = it.sts.session().await;
    let sibling = it.session_of_admin(&[]).await;
    let mutations: &[(&str, &[(&str, &str)])] = &[
        ("AssumeRole", &[]),
        ("AssumeRole", &[("Policy", EVERYTHING)]),
        ("RevokeSession", &[("AccessKeyId", &victim.access_key)]),
        ("RevokeSession", &[("AccessKeyId", &sibling.access_key)]),
        ("RevokeSession", &[("Parent", "user/admin")]),
        ("RevokeSession", &[("Parent", "user/foobar")]),
        (
            "RevokeSession",
            &[("Parent", "user/foobar"), ("FullRevoke", "true")],
        ),
        (
            "RevokeSession",
            &[("Parent", "user/foobar"), ("TokenRevokeType", "laptop")],
        ),
        ("RevokeSession", &[("Parent", "federated/custom:foobar")]),
    ];
    for policy in [TWO_BUCKETS, DENY_ONLY] {
        let session = it.session_of_admin(&[("Policy", policy)]).await;
        for (name, parameters) in mutations {
            let reply = it.sts.call_as(&session.signer(), name, parameters).await;
            let denied = Refused(403, "AccessDenied");
            outcome((policy, name, parameters), &reply, denied);
        }
        let reply = it.ask_as(&session.signer(), &about(&victim)).await;
        assert_eq!(refusal(&reply), (403, "AccessDenied".to_owned()));
    }
    for session in [&victim, &sibling] {
        assert_eq!(it.ask(&about(session)).await["active"], true);
    }
    let unrestricted = it.session_of_admin(&[]).await.signer();
    let revoke = [("AccessKeyId", victim.access_key.as_str())];
    let reply = it
        .sts
        .call_as(&unrestricted, "RevokeSession", &revoke)
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(it.ask(&about(&victim)).await["active"], false);
}

#[tokio::test]
async fn t31_nobody_gets_the_credentials_of_another_parent() {
    let (it, plugin) = setup().await;
    for name in [
        "AccessKeyId",
        "Parent",
        "ParentUser",
        "TargetUser",
        "UserName",
    ] {
        for other in ["root", "foobar"] {
            let reply = it
                .sts
                .call_as(&admin(), "AssumeRole", &[(name, other)])
                .await;
            outcome((name, other), &reply, Refused(400, "ValidationError"));
        }
    }
    let named = [
        ("RoleArn", "arn:aws:iam::123456789012:user/foobar"),
        ("RoleSessionName", "foobar"),
        ("SourceIdentity", "foobar"),
        ("Tags.member.1.Key", "parent"),
        ("Tags.member.1.Value", "foobar"),
    ];
    let session = it.session_of_admin(&named).await;
    let stored = it.sts.stored(&session.access_key).await.unwrap();
    let admin = AccessKeyId::parse("admin").unwrap();
    assert_eq!(stored.parent, Parent::User(admin));
    // A plugin speaks for its own people, and not for users of the same name.
    for user in ["foobar", "admin", "root", "user/admin"] {
        plugin.answer(Answer::vouch(user, 3600));
        let reply = it.sts.show("aaa", ROLE, &[]).await;
        outcome(user, &reply, Success);
        let session = Credentials::of(&reply);
        let stored = it.sts.stored(&session.access_key).await.unwrap();
        assert_eq!(stored.parent, Parent::Federated(format!("custom:{user}")));
    }
}

/// The token with another session policy inside, under the old signature and under none.
fn widened(token: &str) -> [String; 2] {
    let mut parts = token.split('.');
    let [header, payload, signature] = [(); 3].map(|()| parts.next().expect("three parts"));
    let mut claims: Value =
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    let policy = claims["sessionPolicy"].as_str().expect("a policy");
    assert!(!policy.is_empty());
    claims["sessionPolicy"] = EVERYTHING.into();
    let payload = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
    let none = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    [
        format!("{header}.{payload}.{signature}"),
        format!("{none}.{payload}."),
    ]
}

#[tokio::test]
async fn t32_a_session_cannot_widen_its_own_policy() {
    let (it, _plugin) = setup().await;
    let session = it.session_of_admin(&[("Policy", TWO_BUCKETS)]).await;
    let wide = [("Policy", EVERYTHING)];
    let own = session.signer();
    for (name, expected) in [
        ("AssumeRole", Refused(403, "AccessDenied")),
        ("GetCallerIdentity", Refused(400, "ValidationError")),
        ("RevokeSession", Refused(400, "ValidationError")),
    ] {
        outcome(name, &it.sts.call_as(&own, name, &wide).await, expected);
    }
    for token in widened(&session.token) {
        let signer = Signer::new(&session.access_key, &session.secret, Some(&token));
        let reply = it.sts.call_as(&signer, "GetCallerIdentity", &[]).await;
        outcome("token", &reply, Refused(403, "InvalidClientTokenId"));
        let asked = json!({"access_key_id": session.access_key, "session_token": token});
        assert_eq!(it.ask(&asked).await, json!({"active": false}));
    }
    assert!(
        it.allows(&session, "s3:PutObject", "arn:aws:s3:::a/x")
            .await
    );
    for (asked, resource) in [
        ("s3:GetObject", "arn:aws:s3:::c/x"),
        ("sts:RevokeSession", "*"),
        ("sts:IntrospectSession", "*"),
    ] {
        assert!(!it.allows(&session, asked, resource).await, "{asked}");
    }
}

#[tokio::test]
async fn t34_a_session_of_a_role_has_the_rights_of_the_role_only() {
    let (it, plugin) = setup().await;
    for user in ["admin", "foobar"] {
        plugin.answer(Answer::vouch(user, 3600));
        for policy in [&[][..], &[("Policy", EVERYTHING)]] {
            let reply = it.sts.show("aaa", ROLE, policy).await;
            let session = Credentials::of(&reply);
            for (asked, allowed) in [
                ("s3:GetObject", true),
                ("s3:PutObject", false),
                ("sts:RevokeSession", false),
                ("admin:CreateUser", false),
            ] {
                let decided = it.allows(&session, asked, "arn:aws:s3:::a/x").await;
                assert_eq!(decided, allowed, "{user}: {asked}");
            }
        }
    }
}

#[tokio::test]
async fn t53_introspection_logs_no_secret() {
    let variables = [("STS_CACHE_SECONDS", "0"), ("STS_LOG", "trace")];
    let it = Setup::with(super::CONFIG, &variables).await;
    let session = it.sts.session().await;
    let date = super::today();
    let signing = json!({"date": date, "region": "us-east-1", "service": "s3"});
    let key = it
        .ask(&and(about(&session), &json!({"signing": signing})))
        .await;
    let wrong = Signer::new("gateway", "wrong-secret", None);
    it.ask_as(&wrong, &about(&session)).await;
    it.ask_as(&session.signer(), &about(&session)).await;
    it.ask(&json!({"access_key_id": "x", "session_token": "token-marker"}))
        .await;
    let logs = it.lambda.logs().join("\n");
    assert!(logs.contains("\"action\":\"Introspect\""), "{logs}");
    for secret in [
        &session.token,
        &session.secret,
        SERVICE_SECRET,
        "wrong-secret",
        "token-marker",
        key["signing_key"].as_str().unwrap(),
    ] {
        assert!(!logs.contains(secret), "{secret} in {logs}");
    }
}
