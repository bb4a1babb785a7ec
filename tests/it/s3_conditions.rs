//! Conditions on what a request to an object store says of itself, at the gateway of the local
//! stack.

use std::time::Duration;

use serde_json::{Value, json};
use tests::s3_gateway::{S3Gateway, signer};
use tests::sts::TestSts;

/// A service whose user may do everything with S3, but for these statements, and a gateway.
async fn with(statements: &[Value]) -> (TestSts, S3Gateway) {
    let mut all = vec![json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})];
    all.extend_from_slice(statements);
    started(&json!(all)).await
}

async fn started(statements: &Value) -> (TestSts, S3Gateway) {
    let builder = TestSts::builder().statements(&statements.to_string());
    let sts = builder.start().await;
    let gateway = S3Gateway::start(&sts).await;
    (sts, gateway)
}

fn deny(action: &str, condition: &Value) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition})
}

#[tokio::test]
async fn an_old_signature_is_denied_by_its_age() {
    let old = json!({"NumericGreaterThan": {"s3:signatureAge": "600000"}});
    let (_sts, gateway) = with(&[deny("s3:GetObject", &old)]).await;
    let put = gateway.request("PUT", "/demo/k", &[], "text");
    assert_eq!(gateway.send(put).await, 200);
    for (minutes, expected) in [(1, 200), (15, 403)] {
        let mut signer = signer();
        signer.time = signer.time.plus(-60 * minutes);
        let get = gateway.client.request("GET", "/demo/k");
        let get = signer.presign(get, Duration::from_hours(1));
        let reply = gateway.client.send(get).await;
        let status = reply.status.as_u16();
        assert_eq!(status, expected, "{minutes} minutes: {}", reply.text());
    }
}

#[tokio::test]
async fn tags_that_a_request_sets_are_denied_in_head_and_body() {
    let secret = json!({"StringEquals": {"s3:RequestObjectTag/class": "secret"}});
    let keys = json!({"ForAnyValue:StringEquals": {"s3:RequestObjectTagKeys": ["owner"]}});
    let (_sts, gateway) = with(&[deny("s3:Put*", &secret), deny("s3:Put*", &keys)]).await;
    for (tagging, expected) in [
        ("class=public", 200),
        ("class=secret", 403),
        ("Class=secret", 403),
        ("cl%61ss=secret", 403),
        ("class=public&owner=me", 403),
        ("class=public&other=a+b", 403),
    ] {
        let tagging = [("x-amz-tagging", tagging)];
        let put = gateway.request("PUT", "/demo/k", &tagging, "text");
        assert_eq!(gateway.send(put).await, expected, "{tagging:?}");
    }
    for (body, expected) in [
        (
            "<Tagging><TagSet><Tag><Key>class</Key><Value>public</Value></Tag></TagSet></Tagging>",
            200,
        ),
        (
            "<Tagging><TagSet><Tag><Key>class</Key><Value>secret</Value></Tag></TagSet></Tagging>",
            403,
        ),
        (
            "<Tagging><TagSet><Tag><Key>owner</Key><Value>me</Value></Tag></TagSet></Tagging>",
            403,
        ),
    ] {
        // The header says nothing of a request whose tags stand in the body.
        let headers = [("x-amz-tagging", "class=public")];
        let put = gateway.request("PUT", "/demo/k?tagging=", &headers, body);
        assert_eq!(gateway.send(put).await, expected, "{body}");
    }
}

/// Nobody writes over what a policy protects, nor labels a copy as what it is not.
#[tokio::test]
async fn a_copy_is_no_way_around_a_condition() {
    let unguarded = json!({
        "Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"},
    });
    let (_sts, gateway) = with(&[deny("s3:PutObject", &unguarded)]).await;
    let once = [("if-none-match", "*")];
    for (key, expected) in [("worm", 200), ("evil", 200), ("worm", 412)] {
        let put = gateway.request("PUT", &format!("/demo/{key}"), &once, "text");
        assert_eq!(gateway.send(put).await, expected, "{key}");
    }
    for headers in [
        &[("x-amz-copy-source", "demo/evil")][..],
        &[("x-amz-copy-source", "demo/evil"), ("if-none-match", "*")],
        &[("x-amz-copy-source", "demo/evil"), ("if-match", "x")],
    ] {
        let copy = gateway.request("PUT", "/demo/worm", headers, "");
        let status = gateway.send(copy).await;
        assert!(matches!(status, 403 | 501), "{headers:?}: {status}");
    }
    let secret = json!({"StringEquals": {"s3:RequestObjectTag/class": "secret"}});
    let (_sts, gateway) = with(&[deny("s3:PutObject", &secret)]).await;
    let put = gateway.request("PUT", "/demo/k", &[("x-amz-tagging", "class=public")], "");
    assert_eq!(gateway.send(put).await, 200);
    let tagging =
        "<Tagging><TagSet><Tag><Key>class</Key><Value>secret</Value></Tag></TagSet></Tagging>";
    let source = ("x-amz-copy-source", "demo/k");
    let public = ("x-amz-tagging", "class=public");
    let copy = |headers: &[(&'static str, &str)]| gateway.request("PUT", "/demo/copy", headers, "");
    assert_eq!(gateway.send(copy(&[source])).await, 200);
    let put = gateway.request("PUT", "/demo/k?tagging=", &[], tagging);
    assert_eq!(gateway.send(put).await, 200, "the Deny is of PutObject");
    assert_eq!(gateway.send(copy(&[source])).await, 403);
    assert_eq!(gateway.send(copy(&[source, public])).await, 403);
    let replace = ("x-amz-tagging-directive", "REPLACE");
    assert_eq!(gateway.send(copy(&[source, public, replace])).await, 200);
}

#[tokio::test]
async fn tags_that_an_object_has_are_looked_up() {
    let secret = json!({"StringEquals": {"s3:ExistingObjectTag/class": "secret"}});
    let (_sts, gateway) = with(&[deny("s3:GetObject", &secret)]).await;
    for (key, class) in [("open", "class=public"), ("closed", "class=secret")] {
        let tagging = [("x-amz-tagging", class)];
        let put = gateway.request("PUT", &format!("/demo/{key}"), &tagging, "text");
        assert_eq!(gateway.send(put).await, 200);
    }
    for (key, expected) in [("open", 200), ("closed", 403), ("nothing", 404)] {
        let get = gateway.request("GET", &format!("/demo/{key}"), &[], "");
        assert_eq!(gateway.send(get).await, expected, "{key}");
        let source = [("x-amz-copy-source", &*format!("demo/{key}"))];
        let copy = gateway.request("PUT", "/demo/copy", &source, "");
        assert_eq!(gateway.send(copy).await, expected, "copy of {key}");
    }
}

#[tokio::test]
async fn the_region_of_a_new_bucket_is_that_of_its_body() {
    let away = json!({"StringLike": {"s3:LocationConstraint": "us-*"}});
    let (_sts, gateway) = with(&[deny("s3:CreateBucket", &away)]).await;
    for (bucket, body, expected) in [
        (
            "first",
            "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>",
            200,
        ),
        (
            "second",
            "<CreateBucketConfiguration><LocationConstraint>us-west-2</LocationConstraint></CreateBucketConfiguration>",
            403,
        ),
        ("third", "", 200),
    ] {
        let put = gateway.request("PUT", &format!("/{bucket}"), &[], body);
        assert_eq!(gateway.send(put).await, expected, "{bucket}");
    }
}

#[tokio::test]
async fn a_deny_that_nobody_can_decide_denies() {
    for condition in [
        json!({"StringEquals": {"aws:SourceIPs": "192.0.2.1"}}),
        json!({"StringEquals": {"s3:prefxi": "a"}}),
        json!({"StringEquals": {"s3:ResourceAccount": "123456789012"}}),
        json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}),
        json!({"Null": {"nobody:knows": "false"}}),
    ] {
        let (_sts, gateway) = with(&[deny("s3:GetObject", &condition)]).await;
        let get = gateway.request("GET", "/demo/k", &[], "");
        assert_eq!(gateway.send(get).await, 403, "{condition}");
        let put = gateway.request("PUT", "/demo/k", &[], "text");
        assert_eq!(gateway.send(put).await, 200, "{condition}");
    }
    let absent = json!({"StringEquals": {"jwt:dept": "x", "aws:PrincipalTag/team": "b"}});
    let (_sts, gateway) = with(&[deny("s3:GetObject", &absent)]).await;
    let get = gateway.request("GET", "/demo/k", &[], "");
    assert_eq!(gateway.send(get).await, 404, "a user has neither");
}

#[tokio::test]
async fn a_prefix_in_the_query_opens_no_object() {
    let home = json!([{
        "Effect": "Allow", "Action": "s3:*",
        "Resource": ["arn:aws:s3:::demo", "arn:aws:s3:::demo/*"],
        "Condition": {"StringLike": {"s3:prefix": "home/me/*"}},
    }]);
    let (_sts, gateway) = started(&home).await;
    for (method, target, expected) in [
        ("GET", "/demo?list-type=2&prefix=home%2Fme%2F", 200),
        ("GET", "/demo?list-type=2&prefix=hidden%2F", 403),
        ("GET", "/demo/hidden/secret.txt", 403),
        ("GET", "/demo/hidden/secret.txt?prefix=home%2Fme%2Fx", 403),
        ("HEAD", "/demo/hidden/secret.txt?prefix=home%2Fme%2Fx", 403),
        ("PUT", "/demo/hidden/secret.txt?prefix=home%2Fme%2Fx", 403),
        (
            "DELETE",
            "/demo/hidden/secret.txt?prefix=home%2Fme%2Fx",
            403,
        ),
        ("GET", "/demo?uploads=&prefix=home%2Fme%2Fx", 403),
        ("GET", "/demo?location=&prefix=home%2Fme%2Fx", 403),
    ] {
        let request = gateway.request(method, target, &[], "");
        assert_eq!(gateway.send(request).await, expected, "{method} {target}");
    }
}

#[tokio::test]
async fn values_that_read_in_two_ways_pass_no_deny() {
    let many = json!({"NumericGreaterThan": {"s3:max-keys": "1"}});
    let version = json!({"StringEquals": {"s3:VersionId": "null"}});
    let (_sts, gateway) = with(&[
        deny("s3:ListBucket", &many),
        deny("s3:GetObject*", &version),
    ])
    .await;
    let put = gateway.request("PUT", "/demo/k", &[], "text");
    assert_eq!(gateway.send(put).await, 200);
    for (max_keys, expected) in [
        ("1", 200),
        ("5", 403),
        ("%2B5", 400),
        ("05", 403),
        ("5%20", 400),
        ("-5", 400),
    ] {
        let list = format!("/demo?list-type=2&max-keys={max_keys}");
        let list = gateway.request("GET", &list, &[], "");
        assert_eq!(gateway.send(list).await, expected, "{max_keys}");
    }
    for (source, expected) in [("/demo/k", 200), ("/demo/k?versionId=null", 403)] {
        let copy = gateway.request("PUT", "/demo/copy", &[("x-amz-copy-source", source)], "");
        assert_eq!(gateway.send(copy).await, expected, "{source}");
    }
    let get = gateway.request("GET", "/demo/k?versionId=null", &[], "");
    assert_eq!(gateway.send(get).await, 403);
}
