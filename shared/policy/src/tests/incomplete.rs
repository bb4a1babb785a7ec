//! ARNs that end early, or have a part that tells nothing apart.

use super::*;

#[test]
fn incomplete_arns_are_completed_in_stored_policies_only() {
    for (pattern, resource, covered) in [
        ("arn:aws:kms:*", "arn:aws:kms:eu-west-1:1:key/a", true),
        ("arn:aws:kms:*", "arn:aws:s3:::b", false),
        ("arn:aws:s3", "arn:aws:s3:::b/k", true),
        ("arn:aws:iam::1", "arn:aws:iam::1:role/a", true),
        ("arn:aws:iam::1", "arn:aws:iam::2:role/a", false),
        ("arn:aws:s3:eu-*", "arn:aws:s3:us-east-1:1:b", false),
    ] {
        assert_eq!(
            covers(pattern, resource, &json!({})),
            covered,
            "{pattern} {resource}"
        );
        let mut statement = json!({"Effect": "Allow", "Action": "*", "Resource": pattern});
        let document = |statement: &Value| {
            json!({"Version": "2012-10-17", "Statement": statement}).to_string()
        };
        assert!(
            Policy::parse(&document(&statement), Kind::Session).is_err(),
            "{pattern}"
        );
        statement["Principal"] = json!("*");
        assert!(
            Policy::parse(&document(&statement), Kind::Resource).is_err(),
            "{pattern}"
        );
    }
    for pattern in ["arn:aws", "arn", "arn:aws:", "arn:aws:*", "kms:*"] {
        let statement = json!({"Effect": "Allow", "Action": "*", "Resource": pattern});
        let document = json!({"Statement": statement}).to_string();
        assert!(Policy::parse(&document, Kind::Stored).is_err(), "{pattern}");
    }
}

#[test]
fn a_region_tells_no_roles_of_minio_apart() {
    let role = "arn:minio:iam:::role/builders";
    for (pattern, resource, covered) in [
        ("arn:minio:iam:eu-west-1::role/builders", role, true),
        ("arn:minio:iam:eu-west-1::role/*", role, true),
        (role, role, true),
        (role, "arn:minio:iam:eu-west-1::role/builders", true),
        ("arn:minio:iam:eu-west-1::role/others", role, false),
        ("arn:minio:iam:eu-west-1:1:role/builders", role, false),
        (
            "arn:aws:iam:eu-west-1::role/builders",
            "arn:aws:iam:::role/builders",
            false,
        ),
    ] {
        assert_eq!(
            covers(pattern, resource, &json!({})),
            covered,
            "{pattern} {resource}"
        );
    }
}
