//! What a session may do, and what is kept of its token.

use serde_json::{Value, json};
use shared::model::PolicyName;
use shared::store::{ReadProviders, Session};
use tests::provider::Provider;
use tests::sts::{TestSts, action};

use super::{ACTIONS, DENIED, GRANTS, NOT_BELIEVED, REJECTED, Setup, WEB, config, entry};
use crate::check::Outcome::Success;
use crate::check::{refusal, success};

/// The names that were granted, in order.
fn granted(session: &Session) -> Vec<&str> {
    let names = session.details.granted.iter().flatten();
    names.map(PolicyName::as_str).collect()
}

#[tokio::test]
async fn the_claim_grants_the_policies_that_exist() {
    let it = Setup::start().await;
    for (claim, expected) in [
        (json!("readonly"), &["readonly"][..]),
        (
            json!("readwrite, readonly,nothing"),
            &["readonly", "readwrite"],
        ),
        (json!(["nothing", "readonly"]), &["readonly"]),
        (
            json!(["readwrite,nothing", "readonly"]),
            &["readonly", "readwrite"],
        ),
        (json!("no/name at all,readonly,"), &["readonly"]),
    ] {
        for action in ACTIONS {
            let token = it.token(&json!({"policy": claim}));
            let session = it.session(action, &token, &[]).await;
            assert_eq!(granted(&session), expected, "{claim}");
        }
    }
}

#[tokio::test]
async fn claims_and_ceilings_name_policies_with_blanks() {
    let it = Setup::start().await;
    let policy = |name: &str| {
        format!(
            "  - {{name: {name}, document: {{Version: 2012-10-17, Statement: {{Effect: Allow, Action: 's3:*', Resource: '*'}}}}}}\n"
        )
    };
    let policies = ["1Password IT", "Jürgen's R&D"].map(policy).concat();
    it.sts.table.apply(&format!("policies:\n{policies}")).await;
    let ceiling = [
        ("PolicyArns.member.1.arn", "1Password IT"),
        (
            "PolicyArns.member.2.arn",
            "arn:aws:iam::aws:policy/Jürgen's R&D",
        ),
    ];
    let expected = ["1Password IT", "Jürgen's R&D"];
    for claim in [
        json!("Jürgen's R&D , 1Password IT"),
        json!(["1Password IT", " Jürgen's R&D"]),
    ] {
        for action in ACTIONS {
            let token = it.token(&json!({"policy": claim}));
            let session = it.session(action, &token, &ceiling).await;
            assert_eq!(granted(&session), expected, "{claim}");
            let arns = session.details.policy_arns.iter();
            assert_eq!(arns.map(PolicyName::as_str).collect::<Vec<_>>(), expected);
        }
    }
}

#[tokio::test]
async fn operators_see_who_a_federated_session_is() {
    let clients = [
        ("app", ""),
        ("sparse", "kept_claims: [sub]"),
        ("silent", "kept_claims: [iss]"),
    ];
    let it = Setup::with(TestSts::builder(), &clients).await;
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
async fn a_claim_that_grants_nothing_is_named_in_the_refusal() {
    let clients = [("app", ""), ("nested", "claim_name: storage.policy")];
    let it = Setup::with(TestSts::builder(), &clients).await;
    for (client, claim, changes) in [
        ("app", "policy", json!({"policy": "nothing"})),
        ("app", "policy", json!({"policy": ""})),
        ("app", "policy", json!({"policy": []})),
        (
            "nested",
            "storage.policy",
            json!({"storage": {"policy": "nothing"}}),
        ),
    ] {
        let token = it.token(&and(changes, "aud", client));
        for action in ACTIONS {
            let message = refusal(&it.call(action, &token, &[]).await, 403, "AccessDenied");
            assert!(message.contains(&format!("'{claim}'")), "{message}");
        }
    }
    for (client, claim, changes) in [
        ("app", "policy", json!({"policy": null})),
        ("app", "policy", json!({"policy": 7})),
        ("app", "policy", json!({"policy": {"a": "readonly"}})),
        ("app", "policy", json!({"policy": ["readonly", 7]})),
        ("nested", "storage.policy", json!({"storage": "readonly"})),
    ] {
        let token = it.token(&and(changes, "aud", client));
        for action in ACTIONS {
            let message = refusal(&it.call(action, &token, &[]).await, 403, "IDPRejectedClaim");
            assert!(message.contains(&format!("'{claim}'")), "{message}");
        }
    }
    assert_eq!(it.writes(), 2, "two providers' keys, and no session");
}

fn and(mut claims: Value, name: &str, value: &str) -> Value {
    claims[name] = value.into();
    claims
}

#[tokio::test]
async fn claims_are_found_where_they_are_configured() {
    let clients = [
        ("nested", "claim_name: realm.storage.policy"),
        ("dotted", "claim_name: storage.policy"),
        (
            "prefixed",
            "claim_prefix: 'https://example.com/', claim_name: pol",
        ),
        ("prefix-only", "claim_prefix: my_"),
    ];
    let it = Setup::with(TestSts::builder(), &clients).await;
    for (client, claim) in [
        (
            "nested",
            json!({"realm": {"storage": {"policy": "readwrite"}}}),
        ),
        ("dotted", json!({"storage.policy": "readwrite"})),
        ("prefixed", json!({"https://example.com/pol": "readwrite"})),
        ("prefix-only", json!({"my_policy": "readwrite"})),
    ] {
        for action in ACTIONS {
            let token = it.token(&and(claim.clone(), "aud", client));
            let session = it.session(action, &token, &[]).await;
            assert_eq!(granted(&session), ["readwrite"], "{client}");
        }
    }
}

#[tokio::test]
async fn the_names_are_fixed_at_issue() {
    let it = Setup::start().await;
    let read = it.token(&json!({"policy": "readonly"}));
    let first = success(&it.call(&GRANTS, &read, &[]).await);
    let write = it.token(&json!({"policy": "readwrite"}));
    let second = success(&it.call(&WEB, &write, &[]).await);
    let [first, second] = [first, second].map(|it| it.access_key);
    let first = it.sts.stored(&first).await.unwrap();
    let second = it.sts.stored(&second).await.unwrap();
    assert_eq!(first.parent, second.parent);
    assert_eq!(granted(&first), ["readonly"]);
    assert_eq!(granted(&second), ["readwrite"]);
}

#[tokio::test]
async fn groups_come_from_the_configured_claim() {
    let clients = [("app", ""), ("grouped", "groups_claim: realm_access.roles")];
    let it = Setup::with(TestSts::builder(), &clients).await;
    for (client, expected) in [("app", json!(["plain"])), ("grouped", json!(["a", "b"]))] {
        let claims = json!({
            "aud": client, "groups": ["plain"], "realm_access": {"roles": ["a", "b"]},
        });
        for action in ACTIONS {
            let session = it.session(action, &it.token(&claims), &[]).await;
            assert_eq!(session.details.claims["groups"], expected);
        }
    }
}

#[tokio::test]
async fn every_required_scope_must_be_there() {
    let clients = [("app", "scopes_required: [storage, write]")];
    let it = Setup::with(TestSts::builder(), &clients).await;
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
    let it = Setup::with(TestSts::builder(), &clients).await;
    let providers = it.sts.store().providers(&it.idp.issuer).await.unwrap();
    let role = providers.iter().find_map(|p| p.role_arns().next()).unwrap();
    let role = role.as_str();
    let token = it.token(&json!({"aud": "jobs", "policy": "nothing"}));
    for action in ACTIONS {
        for parameters in [&[("RoleArn", role)][..], &[]] {
            let session = it.session(action, &token, parameters).await;
            assert_eq!(session.details.role_arn.unwrap().as_str(), role);
            assert_eq!(
                session.details.granted, None,
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

#[tokio::test]
async fn a_token_for_one_use_opens_one_session() {
    let clients = [("app", "single_use: true")];
    let it = Setup::with(TestSts::builder(), &clients).await;
    let first = it.token(&json!({"jti": "1"}));
    success(&it.call(&GRANTS, &first, &[]).await);
    it.check("the same token", &first, NOT_BELIEVED).await;
    let signed_anew = it.token(&json!({"jti": "1", "sub": "bob"}));
    it.check("the same id", &signed_anew, NOT_BELIEVED).await;
    success(&it.call(&WEB, &it.token(&json!({"jti": "2"})), &[]).await);
    for jti in [json!(null), json!(""), json!(7)] {
        it.check(&jti, &it.token(&json!({"jti": jti})), NOT_BELIEVED)
            .await;
    }
    // Refused for another reason, it is not used up.
    let third = it.token(&json!({"jti": "3"}));
    it.check_with(
        "duration",
        &third,
        &[("DurationSeconds", "1")],
        super::INVALID,
    )
    .await;
    success(&it.call(&WEB, &third, &[]).await);
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
        assert_eq!(stored.details, plain.details);
    }
}

/// To leave some out might be to leave the one out that denies.
#[tokio::test]
async fn a_claim_of_more_than_a_hundred_names_is_refused_and_never_cut() {
    let it = Setup::start().await;
    let names = |count: usize, last: &str| {
        let mut names: Vec<_> = (1..count).map(|n| format!("p{n}")).collect();
        names.push(last.to_owned());
        names
    };
    let (hundred, more) = (names(100, "readonly"), names(101, "readonly"));
    let mut repeated = hundred.clone();
    repeated.extend(hundred.clone());
    for (case, claim) in [
        ("a list", json!(hundred)),
        ("a text", json!(hundred.join(","))),
        ("each twice", json!(repeated)),
        ("blanks", json!([hundred.join(", ,"), "", ","])),
    ] {
        let token = it.token(&json!({"policy": claim}));
        assert_eq!(
            granted(&it.session(&WEB, &token, &[]).await),
            ["readonly"],
            "{case}"
        );
    }
    for (case, claim) in [
        ("a list", json!(more)),
        ("a text", json!(more.join(","))),
        (
            "lists of texts",
            json!([
                names(51, "a").join(","),
                names(51, "zz-deny").join(","),
                hundred.join(",")
            ]),
        ),
        (
            "names of none",
            json!(
                names(101, "readonly")
                    .iter()
                    .map(|name| format!("{name}/*"))
                    .collect::<Vec<_>>()
            ),
        ),
    ] {
        let token = it.token(&json!({"policy": claim}));
        let message = refusal(&it.call(&WEB, &token, &[]).await, 403, "IDPRejectedClaim");
        assert_eq!(
            message, "The identity token's claim 'policy' names more than 100 policies.",
            "{case}"
        );
    }
}

/// The audit trail's events of identity tokens.
fn missing(it: &Setup) -> Vec<(Value, Value)> {
    let lines = it.sts.emulator.logs().into_iter();
    let lines = lines.map(|line| serde_json::from_str::<Value>(&line).expect(&line));
    lines
        .filter(|line| line["message"] == "audit")
        .map(|line| (line["event"].clone(), line["missing_policies"].clone()))
        .collect()
}

#[tokio::test]
async fn names_that_do_not_exist_are_skipped_and_told_to_the_audit_trail() {
    let clients = [("app", ""), ("skipping", "missing_policies: skip")];
    for (client, _) in clients {
        let it = Setup::with(TestSts::builder(), &clients).await;
        let long = "/".repeat(500);
        for (claim, expected) in [
            (json!("readonly"), Value::Null),
            (json!("readonly,nothing"), json!(["nothing"])),
            (
                json!(["readonly", "none,zz", "no/name"]),
                json!(["no/name", "none", "zz"]),
            ),
            (json!(["readonly", "a\nb"]), json!(["ab"])),
            (json!(["readonly", long]), json!(["/".repeat(128)])),
        ] {
            let token = it.token(&json!({"aud": client, "policy": claim}));
            it.session(&WEB, &token, &[]).await;
            let told = missing(&it).pop().unwrap();
            assert_eq!(told, (json!("issued"), expected), "{client} {claim}");
        }
    }
}

#[tokio::test]
async fn a_provider_may_refuse_claims_that_name_what_does_not_exist() {
    let clients = [("app", "missing_policies: refuse")];
    let it = Setup::with(TestSts::builder(), &clients).await;
    for claim in [
        json!("readonly"),
        json!("readonly,readwrite,,"),
        json!(["readonly", ""]),
    ] {
        it.check(&claim, &it.token(&json!({"policy": claim})), Success)
            .await;
    }
    for (claim, expected) in [
        (json!("nothing"), json!(["nothing"])),
        (json!("readonly,nothing"), json!(["nothing"])),
        (json!(["readonly", "no/name"]), json!(["no/name"])),
        (json!(["zz", "readonly,a"]), json!(["a", "zz"])),
    ] {
        let token = it.token(&json!({"policy": claim}));
        for action in ACTIONS {
            let reply = it.call(action, &token, &[]).await;
            let message = refusal(&reply, 403, "IDPRejectedClaim");
            let text = "The identity token's claim 'policy' names policies that do not exist.";
            assert_eq!(message, text);
            let told = missing(&it).pop().unwrap();
            assert_eq!(told, (json!("refused"), expected.clone()));
        }
    }
    let empty = it.token(&json!({"policy": ""}));
    it.check("none at all", &empty, DENIED).await;
}

/// Another claim of the name says nothing of groups.
#[tokio::test]
async fn without_the_configured_claim_there_are_no_groups() {
    let clients = [("grouped", "groups_claim: realm_access.roles")];
    let it = Setup::with(TestSts::builder(), &clients).await;
    let claims = json!({"aud": "grouped", "groups": ["admins"]});
    let session = it.session(&WEB, &it.token(&claims), &[]).await;
    assert_eq!(session.details.claims.get("groups"), None);
}
