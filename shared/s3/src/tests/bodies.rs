//! Condition keys that stand in bodies or are looked up.

use super::*;

#[test]
fn what_stands_in_the_body_cannot_be_known_from_the_head() {
    for (request, header, key) in [
        ("PUT /b", ("x-amz-acl", "private"), "s3:LocationConstraint"),
        (
            "PUT /b/k?tagging",
            ("x-amz-tagging", "team=red"),
            "s3:RequestObjectTag/team",
        ),
        (
            "PUT /b/k?tagging",
            ("x-amz-tagging", "team=red"),
            "s3:RequestObjectTagKeys",
        ),
        (
            "PUT /b/k?retention",
            ("x-amz-object-lock-mode", "GOVERNANCE"),
            "s3:object-lock-mode",
        ),
        (
            "PUT /b/k?retention",
            (
                "x-amz-object-lock-retain-until-date",
                "2030-01-01T00:00:00Z",
            ),
            "s3:object-lock-remaining-retention-days",
        ),
        (
            "PUT /b/k?legal-hold",
            ("x-amz-object-lock-legal-hold", "OFF"),
            "s3:object-lock-legal-hold",
        ),
    ] {
        let (method, uri) = request.split_once(' ').unwrap();
        let operation = with_headers(method, uri, &[header]).unwrap();
        let context = &asked(&operation)[0].context;
        assert_eq!(known(context, key), None, "{request} {key}");
    }
}

#[test]
fn a_guard_tells_what_the_body_says() {
    let one = |operation: &Operation, key: &str| asked(operation)[0].context.get(key).to_vec();
    let mut create = plain("PUT", "/b").unwrap();
    create.set_location(Some("eu-central-1"));
    assert_eq!(one(&create, "s3:LocationConstraint"), ["eu-central-1"]);
    create.set_location(None);
    let context = &asked(&create)[0].context;
    assert_eq!(known(context, "s3:LocationConstraint"), Some(vec![]));
    let tag = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut tagging = plain("PUT", "/b/k?tagging").unwrap();
    tagging.set_tags(vec![tag("team", "red")]);
    assert_eq!(one(&tagging, "s3:RequestObjectTag/team"), ["red"]);
    assert_eq!(one(&tagging, "s3:RequestObjectTagKeys"), ["team"]);
    tagging.set_tags(vec![tag("team", "red"), tag("TEAM", "blue")]);
    let context = &asked(&tagging)[0].context;
    assert_eq!(known(context, "s3:RequestObjectTag/team"), None);
    let mut retention = plain("PUT", "/b/k?retention").unwrap();
    retention.set_retention(Some("COMPLIANCE"), Some("2015-09-09T00:00:00.500Z"));
    assert_eq!(one(&retention, "s3:object-lock-mode"), ["COMPLIANCE"]);
    assert_eq!(
        one(&retention, "s3:object-lock-remaining-retention-days"),
        ["10"]
    );
    let mut hold = plain("PUT", "/b/k?legal-hold").unwrap();
    hold.set_legal_hold(Some("OFF"));
    assert_eq!(one(&hold, "s3:object-lock-legal-hold"), ["OFF"]);
}

#[test]
fn tags_of_objects_are_known_where_they_are_looked_up() {
    let mut operation = plain("GET", "/b/k").unwrap();
    let key = "s3:ExistingObjectTag/class";
    assert_eq!(known(&asked(&operation)[0].context, key), None);
    operation.checks[0].existing_tags = Some(vec![("class".to_owned(), "secret".to_owned())]);
    let context = &asked(&operation)[0].context;
    assert_eq!(context.get(key), ["secret"]);
    assert_eq!(known(context, "s3:ExistingObjectTag/other"), Some(vec![]));
    let twice = ["class", "Class"].map(|name| (name.to_owned(), "x".to_owned()));
    operation.checks[0].existing_tags = Some(twice.to_vec());
    assert_eq!(known(&asked(&operation)[0].context, key), None);
    let delete = plain("DELETE", "/b/k").unwrap();
    assert_eq!(known(&asked(&delete)[0].context, key), Some(vec![]));
}
