//! Policies that depend on condition keys which nobody supplies.

use serde_json::{Value, json};

use crate::operator::{Operator, finish};

/// What is said of [`guarded`] by `aws:SourceIPs`, behind the policy's name.
const FOUND: &str = "statement Guard: nobody supplies the condition key aws:sourceips, \
                     so the statement denies whatever its value";

fn guarded(key: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {
            "Sid": "Guard", "Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {"StringEquals": {key: "x"}},
        },
    ]})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_with_a_key_that_nobody_supplies_is_warned_about() {
    let operator = Operator::ready().await;
    operator.write("p.json", &guarded("aws:SourceIPs").to_string());
    let added = operator.ok("policy add loose --file p.json");
    assert_eq!(
        added,
        format!("policy loose is added\nwarning: policy loose: {FOUND}\n")
    );
    let added = operator.json("policy add other --file p.json");
    assert_eq!(
        added["warnings"],
        json!([{
            "policy": "other", "statement": "Guard", "key": "aws:sourceips", "effect": "Deny",
            "supplied": false,
        }])
    );
    let refused = operator.refused("policy add strict --file p.json --strict");
    assert_eq!(refused, format!("policy strict: {FOUND}"));
    assert_eq!(
        operator.refused("policy show strict"),
        "policy strict does not exist"
    );
    operator.write("good.json", &guarded("s3:signatureAge").to_string());
    let added = operator.ok("policy add strict --file good.json --strict");
    assert_eq!(added, "policy strict is added\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn apply_warns_and_refuses_alike() {
    let operator = Operator::ready().await;
    let file = json!({"policies": [{"name": "loose", "document": guarded("aws:SourceIPs")}]});
    operator.write("a.yaml", &file.to_string());
    let refused = operator.refused("apply --file a.yaml --strict");
    assert_eq!(refused, format!("policy loose: {FOUND}"));
    let planned = operator.ok("apply --file a.yaml --dry-run");
    assert!(planned.contains(&format!("warning: policy loose: {FOUND}\n")));
    let applied = operator.json("apply --file a.yaml");
    assert_eq!(applied["warnings"][0]["key"], "aws:sourceips");
}

#[tokio::test(flavor = "multi_thread")]
async fn lint_finds_the_same_in_files_and_stored_policies() {
    let operator = Operator::ready().await;
    operator.write("p.json", &guarded("aws:SourceIPs").to_string());
    operator.ok("policy add loose --file p.json");
    for target in ["p.json", "loose"] {
        let ran = operator.run(&format!("policy lint {target}"));
        let found = format!("policy {target}: {FOUND}\n");
        assert_eq!((ran.code, ran.stdout), (1, found), "{}", ran.stderr);
    }
    let clean = operator.ok("policy lint readwrite");
    assert_eq!(clean, "policy readwrite: every condition key is supplied\n");
    assert_eq!(
        operator.refused("policy lint nothing"),
        "policy nothing does not exist"
    );
    operator.write("broken.json", "{}");
    assert!(
        operator
            .refused("policy lint broken.json")
            .contains("policy broken.json")
    );
    // A file needs no table.
    let mut command = operator.command("policy lint p.json");
    command.env_remove("STS_TABLE");
    assert_eq!(finish(command, "").code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn declared_keys_and_kept_claims_are_supplied() {
    let operator = Operator::ready().await;
    operator.write("claim.json", &guarded("jwt:dept").to_string());
    operator.write("own.json", &guarded("gateway:tenant").to_string());
    for file in ["claim.json", "own.json"] {
        assert_eq!(
            operator.run(&format!("policy lint {file}")).code,
            1,
            "{file}"
        );
    }
    let settings = json!({
        "settings": {"condition_keys": ["gateway:"]},
        "openid_providers": [{
            "name": "idp", "issuer": "https://idp.example.com", "client_ids": ["app"],
            "jwks_url": "https://idp.example.com/keys", "claim_name": "policy",
            "kept_claims": ["sub", "dept"],
        }],
    });
    operator.write("a.yaml", &settings.to_string());
    let changed = operator.ok("apply --file a.yaml");
    assert!(
        changed.contains("condition_keys [] -> [gateway:]"),
        "{changed}"
    );
    for file in ["claim.json", "own.json"] {
        operator.ok(&format!("policy lint {file}"));
    }
    operator.write("bad.yaml", "settings: {condition_keys: ['']}\n");
    let refused = operator.refused("apply --file bad.yaml");
    assert!(refused.ends_with("\"\" is no beginning of a condition key"));
}
