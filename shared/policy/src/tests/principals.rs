//! `Principal` and `NotPrincipal` in policies of resources.

use super::*;

const ALICE: &str = "arn:aws:iam::123456789012:user/alice";
const ROOT: &str = "arn:aws:iam::123456789012:root";
const ROLE: &str = "arn:aws:iam::123456789012:role/team/app";
const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/app/s1";

fn answer(effect: &str, element: &str, named: &Value, principal: Principal<'_>) -> Answer {
    let mut statement = json!({"Effect": effect, "Action": "sts:AssumeRole"});
    statement[element] = named.clone();
    let policy = policy(Kind::Resource, &statement);
    let context = Context::new();
    let layers = Layers {
        resource: &[NamedPolicy {
            name: "trust",
            policy: &policy,
        }],
        ..Layers::default()
    };
    let query = Query {
        principal,
        ..query(
            "sts:AssumeRole",
            "arn:aws:iam::123456789012:role/r",
            &context,
        )
    };
    Answer::from(&decide(&layers, &query))
}

fn allows(named: &Value, principal: Principal<'_>) -> bool {
    answer("Allow", "Principal", named, principal) == Answer::Allow
}

#[test]
fn names_cover_themselves_their_account_and_their_sessions() {
    let table = [
        (json!("*"), ALICE, true),
        (json!({"AWS": "*"}), ALICE, true),
        (json!({"AWS": ALICE}), ALICE, true),
        (json!({"AWS": [ROLE, ALICE]}), ALICE, true),
        (
            json!({"AWS": ALICE}),
            "arn:aws:iam::123456789012:user/alice2",
            false,
        ),
        (
            json!({"AWS": ALICE}),
            "arn:aws:iam::123456789012:user/Alice",
            false,
        ),
        (
            json!({"AWS": ALICE}),
            "arn:aws:iam::999999999999:user/alice",
            false,
        ),
        (json!({"AWS": "123456789012"}), ALICE, true),
        (json!({"AWS": "123456789012"}), SESSION, true),
        (json!({"AWS": "123456789012"}), ROOT, true),
        (json!({"AWS": ROOT}), ALICE, true),
        (
            json!({"AWS": ROOT}),
            "arn:aws-cn:iam::123456789012:user/alice",
            false,
        ),
        (
            json!({"AWS": "arn:aws:sts::123456789012:root"}),
            ALICE,
            false,
        ),
        (json!({"AWS": "999999999999"}), ALICE, false),
        (
            json!({"AWS": "123456789012"}),
            "arn:aws:s3::123456789012:user/alice",
            false,
        ),
        (json!({"AWS": ROLE}), ROLE, true),
        (json!({"AWS": ROLE}), SESSION, true),
        (
            json!({"AWS": ROLE}),
            "arn:aws:sts::123456789012:assumed-role/app2/s1",
            false,
        ),
        (
            json!({"AWS": ROLE}),
            "arn:aws:sts::123456789012:assumed-role/app",
            false,
        ),
        (
            json!({"AWS": ROLE}),
            "arn:aws:sts::999999999999:assumed-role/app/s1",
            false,
        ),
        (
            json!({"AWS": ROLE}),
            "arn:aws:iam::123456789012:assumed-role/app/s1",
            false,
        ),
        (json!({"AWS": SESSION}), SESSION, true),
        (json!({"AWS": SESSION}), ROLE, false),
        (
            json!({"AWS": SESSION}),
            "arn:aws:sts::123456789012:assumed-role/app/s2",
            false,
        ),
        (json!({"Federated": ALICE}), ALICE, false),
        (
            json!({"Service": "ec2.amazonaws.com", "AWS": ALICE}),
            ALICE,
            true,
        ),
        (json!({"AWS": "123456789012"}), "123456789012", false),
    ];
    for (named, principal, expected) in table {
        assert_eq!(
            allows(&named, Principal::Aws(principal)),
            expected,
            "{named} {principal}"
        );
    }
}

#[test]
fn kinds_of_principals_do_not_mix() {
    let provider = "arn:aws:iam::123456789012:oidc-provider/idp.example.com";
    let evil = "arn:aws:iam::123456789012:oidc-provider/idp.example.com.evil.org";
    let named = json!({"Federated": provider});
    assert!(allows(&named, Principal::Federated(provider)));
    assert!(!allows(&named, Principal::Federated(evil)));
    assert!(!allows(&named, Principal::Aws(provider)));
    assert!(!allows(
        &json!({"AWS": "123456789012"}),
        Principal::Federated(provider)
    ));
    let service = json!({"Service": "ec2.amazonaws.com"});
    assert!(allows(&service, Principal::Service("ec2.amazonaws.com")));
    assert!(!allows(
        &service,
        Principal::Service("ec2.amazonaws.com.cn")
    ));
    assert!(!allows(&service, Principal::Anonymous));
    assert!(allows(
        &json!({"CanonicalUser": "79a5"}),
        Principal::CanonicalUser("79a5")
    ));
    assert!(allows(&json!("*"), Principal::Anonymous));
    assert!(allows(&json!({"AWS": "*"}), Principal::Anonymous));
}

#[test]
fn not_principal_never_errs_to_the_permissive_side() {
    let deny = |named: Value, who| answer("Deny", "NotPrincipal", &named, Principal::Aws(who));
    let both = json!({"AWS": [ALICE, ROOT]});
    assert_eq!(deny(both.clone(), ALICE), Answer::ImplicitDeny);
    let bob = "arn:aws:iam::123456789012:user/bob";
    assert_eq!(deny(both, bob), Answer::ExplicitDeny);
    assert_eq!(deny(json!({"AWS": ROLE}), SESSION), Answer::ExplicitDeny);
    assert_eq!(deny(json!({"AWS": SESSION}), SESSION), Answer::ImplicitDeny);

    let allow = |named: Value, who| answer("Allow", "NotPrincipal", &named, Principal::Aws(who));
    assert_eq!(allow(json!({"AWS": ALICE}), bob), Answer::Allow);
    assert_eq!(allow(json!({"AWS": ROOT}), bob), Answer::ImplicitDeny);
    assert_eq!(allow(json!({"AWS": ROLE}), SESSION), Answer::ImplicitDeny);
    assert_eq!(allow(json!("*"), bob), Answer::ImplicitDeny);
}
