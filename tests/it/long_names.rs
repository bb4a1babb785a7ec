//! Roles, issuers and parents as long as a request lets them be: an item's key has a limit.

use serde_json::json;
use shared::model::RoleArn;
use shared::store::{ManagePlugins, ReadPlugins};
use tests::plugin::{Plugin, ROLE};
use tests::provider::SigningKey;
use tests::sts::TestSts;

use crate::check::{refusal, success};

/// A role's ARN of 2,048 characters, which each take so many bytes.
fn role(character: char) -> String {
    let prefix = "arn:minio:iam:::role/";
    let name = character.to_string().repeat(2048 - prefix.len());
    format!("{prefix}{name}")
}

#[tokio::test]
async fn an_unknown_role_of_any_length_is_an_unknown_role() {
    let sts = TestSts::start().await;
    let assume = async |role: &str| sts.show("token", role, &[]).await;
    let short = assume("arn:minio:iam:::role/unknown").await;
    let long = assume(&role('x')).await;
    let expected = refusal(&short, 403, "AccessDenied");
    assert_eq!(refusal(&long, 403, "AccessDenied"), expected);
    for character in ['\u{e9}', '\u{20ac}', '\u{1f511}'] {
        let reply = assume(&role(character)).await;
        assert!(reply.status.is_client_error(), "{}", reply.text());
    }
}

#[tokio::test]
async fn an_unknown_issuer_of_any_length_is_an_unknown_issuer() {
    let sts = TestSts::start().await;
    let key = SigningKey::new("ES256", "k1");
    for length in [10, 1024, 2048, 2049, 9000] {
        let issuer = format!("https://{}", "i".repeat(length));
        let token = key.token(&json!({"iss": issuer, "sub": "alice", "aud": "app"}));
        for (action, parameter) in [
            ("AssumeRoleWithClientGrants", "Token"),
            ("AssumeRoleWithWebIdentity", "WebIdentityToken"),
        ] {
            let parameters = [(parameter, token.as_str()), ("RoleSessionName", "name")];
            let reply = sts.call(action, &parameters).await;
            refusal(&reply, 400, "InvalidIdentityToken");
        }
    }
}

/// A service whose plugin has that role. `sts-admin` would make a shorter one.
async fn service(plugin: &Plugin, role: &str) -> TestSts {
    let config = format!("identity_plugins: [{}]", plugin.entry("readwrite", ""));
    let sts = TestSts::builder().config(&config).start().await;
    let store = sts.store();
    let made = store.plugin(ROLE).await;
    let made = made.unwrap().unwrap();
    let mut changed = made.clone();
    changed.role_arn = RoleArn::parse(role).unwrap();
    store.change_plugin(&made, &changed).await.unwrap();
    sts
}

#[tokio::test]
async fn a_session_with_a_long_role_is_used_listed_and_revoked_like_any_other() {
    let plugin = Plugin::for_alice().await;
    let role = role('x');
    let sts = service(&plugin, &role).await;
    let session = success(&sts.show("token", &role, &[]).await);
    let kept = sts.stored(&session.access_key).await.unwrap();
    assert_eq!(kept.role_arn().unwrap().as_str(), role);
    let signer = session.signer();
    let identity = async || sts.call_as(&signer, "GetCallerIdentity", &[]).await;
    assert_eq!(identity().await.status, 200);
    let parent = "federated/custom:Alice";
    for line in [
        &["session", "list"][..],
        &["session", "list", "--parent", parent],
    ] {
        let listed = sts.table.admin(line).await;
        assert!(listed.contains(&session.access_key), "{listed}");
    }
    sts.table
        .admin(&["session", "revoke", "--parent", parent])
        .await;
    refusal(&identity().await, 403, "InvalidClientTokenId");
}

#[tokio::test]
async fn a_parent_of_any_length_is_refused_like_another() {
    let sts = TestSts::start().await;
    let signer = sts.session().await.signer();
    for (length, status, code) in [
        (10, 403, "AccessDenied"),
        (2000, 403, "AccessDenied"),
        (2049, 400, "ValidationError"),
        (200_000, 400, "ValidationError"),
    ] {
        let parent = format!("federated/{}", "p".repeat(length));
        let parameters = [("Parent", parent.as_str())];
        let reply = sts.call_as(&signer, "RevokeSession", &parameters).await;
        refusal(&reply, status, code);
    }
}
