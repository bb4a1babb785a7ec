//! What a session may do, and what is kept of its token.

use serde_json::{Value, json};
use shared::store::{Authority, ReadProviders};
use tests::provider::Provider;
use tests::sts::{TestSts, action};

use super::{ACTIONS, GRANTS, Setup, WEB, config, entry};
use crate::check::Outcome::Success;
use crate::check::{DENIED, REJECTED, success};

#[tokio::test]
async fn operators_see_who_a_federated_session_is() {
    let clients = [
        ("app", ""),
        ("sparse", "kept_claims: [sub]"),
        ("silent", "kept_claims: [iss]"),
    ];
    let it = Setup::of(&clients).await;
    for (client, expected) in [
        ("app", json!("Alice B. <alice@example.com>")),
        ("sparse", json!("alice")),
        ("silent", json!(null)),
    ] {
        let token = it.token(&json!({
            "aud": client, "policy": "readonly", "name": "Alice B.", "email": "alice@example.com",
        }));
        let session = it.session(&WEB, &token, &[]).await;
        let access_key = session.access_key.as_str();
        let list = it.sts.table.admin(&["session", "list", "--output", "json"]);
        let list: Vec<Value> = serde_json::from_str(&list.await).unwrap();
        let row = list.iter().find(|row| row["access_key"] == access_key);
        assert_eq!(row.unwrap()["who"], expected, "{client}");
        let shown = it.sts.table.admin(&["session", "show", access_key]).await;
        let name = expected.as_str().unwrap_or("-");
        assert!(shown.contains(name), "{client}: {shown}");
    }
}

#[tokio::test]
async fn groups_come_from_the_configured_claim() {
    let clients = [("app", ""), ("grouped", "groups_claim: realm_access.roles")];
    let it = Setup::of(&clients).await;
    for (client, expected) in [("app", json!(["plain"])), ("grouped", json!(["a", "b"]))] {
        let claims = json!({
            "aud": client, "groups": ["plain"], "realm_access": {"roles": ["a", "b"]},
        });
        for action in ACTIONS {
            let session = it.session(action, &it.token(&claims), &[]).await;
            assert_eq!(session.claims.values["groups"], expected);
        }
    }
}

/// Another claim of the name says nothing of groups.
#[tokio::test]
async fn without_the_configured_claim_there_are_no_groups() {
    let clients = [("grouped", "groups_claim: realm_access.roles")];
    let it = Setup::of(&clients).await;
    let claims = json!({"aud": "grouped", "groups": ["admins"]});
    let session = it.session(&WEB, &it.token(&claims), &[]).await;
    assert_eq!(session.claims.values.get("groups"), None);
}

#[tokio::test]
async fn every_required_scope_must_be_there() {
    let clients = [("app", "scopes_required: [storage, write]")];
    let it = Setup::of(&clients).await;
    for (changes, expected) in [
        (json!({"scope": "openid storage write"}), Success),
        (json!({"scope": ["write", "storage"]}), Success),
        (json!({"scp": ["storage", "write"]}), Success),
        (json!({}), REJECTED),
        (json!({"scope": "storage"}), REJECTED),
        (json!({"scope": "storage,write"}), REJECTED),
        (json!({"scope": "storage writer"}), REJECTED),
        (json!({"scope": {"storage": true, "write": true}}), REJECTED),
    ] {
        it.check(&changes, &it.token(&changes), expected).await;
    }
}

const NOBODYS: &str = "arn:minio:iam:::role/nobodys";

#[tokio::test]
async fn a_role_grants_its_policies_by_arn_or_by_audience() {
    let clients = [("app", ""), ("jobs", "role_policies: [readwrite]")];
    let it = Setup::of(&clients).await;
    let providers = it.sts.store().providers(&it.idp.issuer).await.unwrap();
    let role = providers.iter().find_map(|p| p.role_arns().next()).unwrap();
    let role = role.as_str();
    let token = it.token(&json!({"aud": "jobs", "policy": "nothing"}));
    for action in ACTIONS {
        for parameters in [&[("RoleArn", role)][..], &[]] {
            let session = it.session(action, &token, parameters).await;
            assert_eq!(session.role_arn().unwrap().as_str(), role);
            assert!(
                matches!(session.authority, Authority::Role(_)),
                "as the role's are when it is used"
            );
        }
        let reply = it.call(action, &it.token(&json!({})), &[]).await;
        assert_eq!(reply.field("Audience").as_deref(), Some("app"));
    }
    for (case, aud, arn, expected) in [
        ("of nobody, a claim grants", "app", NOBODYS, Success),
        ("of nobody, roles grant", "jobs", NOBODYS, DENIED),
        ("of another audience", "app", role, REJECTED),
    ] {
        let token = it.token(&json!({"aud": aud}));
        it.check_with(case, &token, &[("RoleArn", arn)], expected)
            .await;
    }
}

#[tokio::test]
async fn a_policy_that_denies_one_action_denies_both() {
    let deny = |name: &str, action: &str| {
        format!(
            "  - name: {name}\n    document: {{Version: 2012-10-17, Statement: \
             [{{Effect: Deny, Action: 'sts:{action}', Resource: '*'}}]}}\n"
        )
    };
    let key = tests::provider::SigningKey::new("ES256", "k1");
    let idp = Provider::start(&[&key]).await;
    let config = format!(
        "policies:\n{}{}{}",
        deny("no-grants", GRANTS.name),
        deny("no-web", WEB.name),
        config([entry(&idp, "app", "")].into_iter())
    );
    let sts = TestSts::builder().config(&config).start().await;
    let it = Setup { sts, idp, key };
    for policy in ["readonly,no-grants", "readonly,no-web"] {
        it.check(policy, &it.token(&json!({"policy": policy})), DENIED)
            .await;
    }
    it.check("readonly", &it.token(&json!({})), Success).await;
}

/// Claims with the names of the service's own keys are of no effect, wherever they come from.
#[tokio::test]
async fn t26_claims_and_headers_set_nothing_of_the_services_own() {
    let it = Setup::start().await;
    let forged = json!({
        "aws:userid": "root", "aws:PrincipalArn": "root", "aws:PrincipalTag/x": "root",
        "is_admin": true, "parent": "root", "accessKey": "ROOTROOTROOTROOTROOT",
        "sessionPolicy": "root", "sa-policy": "root", "roleArn": "arn:minio:iam:::role/root",
        "username": "root", "tokenRevokeType": "root", "EXP": 1,
    });
    for own in ACTIONS {
        let token = it.token(&forged);
        let parameters = [(own.token, token.as_str())];
        let mut request = it.sts.client.form("/", &action(own.name, &parameters));
        for name in ["x-amz-parent", "x-minio-is-admin", "aws-userid"] {
            request.headers_mut().insert(name, "root".parse().unwrap());
        }
        let credentials = success(&it.sts.client.send(request).await);
        let plain = it.session(own, &it.token(&json!({})), &[]).await;
        let stored = it.sts.stored(&credentials.access_key).await.unwrap();
        assert_eq!(stored.parent, plain.parent);
        assert_eq!(stored.asked, plain.asked);
        assert_eq!(stored.claims, plain.claims);
        assert_eq!(stored.authority, plain.authority);
    }
}
