//! The shared table of cases; expected decisions are those of the AWS IAM User Guide.

use super::*;

const CASES: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/testdata/policy-cases.json"
));

#[test]
fn every_case_of_the_table_is_decided_as_expected() {
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    assert_eq!(cases.len(), 40);
    for case in cases {
        let text = |field: &str| case[field].as_str().unwrap();
        let is_trust = text("name").starts_with("trust:");
        let kind = if is_trust {
            Kind::Resource
        } else {
            Kind::Stored
        };
        let policy = Policy::parse(&case["policy"].to_string(), kind).unwrap();
        let named = [NamedPolicy {
            name: "p",
            policy: &policy,
        }];
        let layers = if is_trust {
            Layers {
                resource: &named,
                ..Layers::default()
            }
        } else {
            Layers {
                identity: &named,
                ..Layers::default()
            }
        };
        let context = context(&case["context"]);
        let principal = match text("principal_kind") {
            "AWS" => Principal::Aws(text("principal")),
            _ => Principal::Federated(text("principal")),
        };
        let query = Query {
            principal,
            ..query(text("action"), text("resource"), &context)
        };
        let decision = decide(&layers, &query);
        let answer = format!("{:?}", Answer::from(&decision));
        assert_eq!(answer, text("expect"), "{}: {decision}", text("name"));
    }
}

#[test]
fn canned_policies_grant_what_their_names_say() {
    let key = "arn:aws:s3:::b/k";
    let table = [
        ("readonly", "s3:GetObject", true),
        ("readonly", "s3:GetBucketLocation", true),
        ("readonly", "s3:ListBucket", false),
        ("readonly", "s3:PutObject", false),
        ("readwrite", "s3:PutObject", true),
        ("readwrite", "s3:DeleteBucket", true),
        ("readwrite", "admin:ServerInfo", false),
        ("writeonly", "s3:PutObject", true),
        ("writeonly", "s3:GetObject", false),
        ("diagnostics", "admin:ServerInfo", true),
        ("diagnostics", "admin:CreateUser", false),
        ("diagnostics", "s3:GetObject", false),
        ("consoleAdmin", "admin:CreateUser", true),
        ("consoleAdmin", "kms:CreateKey", true),
        ("consoleAdmin", "s3:GetObject", true),
        ("consoleAdmin", "sts:AssumeRole", false),
    ];
    for (name, action, expected) in table {
        let (_, text) = canned::ALL.iter().find(|(n, _)| *n == name).unwrap();
        let policy = Policy::parse(text, Kind::Stored).unwrap();
        let allowed = ask(&policy, action, key, &json!({})) == Answer::Allow;
        assert_eq!(allowed, expected, "{name} {action}");
    }
    assert_eq!(canned::ALL.len(), 5);
}
