//! The policies that a claim names: where it is found, and what becomes of names of nothing.

use serde_json::{Value, json};
use shared::model::PolicyName;
use shared::store::{Authority, Session};

use super::{ACTIONS, GRANTS, Setup, WEB};
use crate::audit::events;
use crate::check::Outcome::Success;
use crate::check::{DENIED, refusal, success};

/// The names that were granted, in order.
fn granted(session: &Session) -> Vec<&str> {
    let Authority::Granted(names) = &session.authority else {
        panic!("{session:?}");
    };
    names.iter().map(PolicyName::as_str).collect()
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
            let arns = session.asked.policy_arns.iter();
            assert_eq!(arns.map(PolicyName::as_str).collect::<Vec<_>>(), expected);
        }
    }
}

#[tokio::test]
async fn a_claim_that_grants_nothing_is_named_in_the_refusal() {
    let clients = [("app", ""), ("nested", "claim_name: storage.policy")];
    let it = Setup::of(&clients).await;
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
    assert_eq!(it.sts.writes(), 2, "two providers' keys, and no session");
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
    let it = Setup::of(&clients).await;
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

/// The events of the audit trail, each with the policies that it says do not exist.
fn missing(it: &Setup) -> Vec<(Value, Value)> {
    let events = events(&it.sts).into_iter();
    events
        .map(|event| (event["event"].clone(), event["missing_policies"].clone()))
        .collect()
}

#[tokio::test]
async fn names_that_do_not_exist_are_skipped_and_told_to_the_audit_trail() {
    let clients = [("app", ""), ("skipping", "missing_policies: skip")];
    for (client, _) in clients {
        let it = Setup::of(&clients).await;
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
        let token = it.token(&json!({"aud": client, "policy": "none,zz"}));
        it.check("none exists", &token, DENIED).await;
        let told = missing(&it).pop().unwrap();
        assert_eq!(told, (json!("refused"), Value::Null), "{client}");
    }
}

#[tokio::test]
async fn a_provider_may_refuse_claims_that_name_what_does_not_exist() {
    let clients = [("app", "missing_policies: refuse")];
    let it = Setup::of(&clients).await;
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
