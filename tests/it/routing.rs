//! From path, method, `Action` and `Version` to an action, or to an error of XML.

use hyper::Request;
use hyper::body::Bytes;
use tests::client::{Client, encode};
use tests::sts::{TestSts, VERSION, action, user};

use crate::check::Outcome::{self, Refused, Success};
use crate::check::{INVALID_ACTION, UNSIGNED, outcome, refusal};

const MISSING_ACTION: Outcome = Refused(400, "MissingAction");
/// What the action for unsigned requests says when its parameters are missing.
const VALIDATION: Outcome = Refused(400, "ValidationError");
const TWICE: Outcome = Refused(400, "InvalidParameterCombination");

fn sign(request: Request<Bytes>) -> Request<Bytes> {
    user().sign(request)
}

/// A request with these parts of the target and this body.
fn raw(client: &Client, method: &str, target: &str, body: &str) -> Request<Bytes> {
    let mut request = client.request(method, target);
    *request.body_mut() = Bytes::copy_from_slice(body.as_bytes());
    request
}

#[tokio::test]
async fn parameters_may_stand_in_query_or_body_in_any_order_and_encoding() {
    let sts = TestSts::start().await;
    let whole = encode(&action("AssumeRole", &[]));
    for (target, body) in [
        ("/", whole.as_str()),
        (&format!("/?{whole}"), ""),
        ("/?Action=AssumeRole", "Version=2011-06-15"),
        ("/?Version=2011-06-15", "&&Action=AssumeRole&"),
        ("/", "Version=2011%2d06%2D15&%41ction=Assume%52ole"),
        ("/AssumeRole", &whole),
        ("/AssumeRole?Version=2011-06-15", "Action=AssumeRole"),
    ] {
        let request = sign(raw(&sts.client, "POST", target, body));
        let reply = sts.client.send(request).await;
        outcome((target, body), &reply, Success);
    }
    let spaces = "Tags.member.1.Key=a+b%20c&Tags.member.1.Value=%2B+";
    let body = format!("{whole}&{spaces}");
    let reply = sts.client.send(sign(raw(&sts.client, "POST", "/", &body)));
    let credentials = crate::check::success(&reply.await);
    let kept = sts.stored(&credentials.access_key).await.unwrap().asked;
    assert_eq!((kept.tags[0].key(), kept.tags[0].value()), ("a b c", "+ "));
}

#[tokio::test]
async fn requests_for_no_action_are_refused() {
    let sts = TestSts::start().await;
    let whole = encode(&action("AssumeRole", &[]));
    let custom = encode(&action("AssumeRoleWithCustomToken", &[]));
    for (method, target, body, expected) in [
        ("POST", "/", "", MISSING_ACTION),
        ("POST", "/", "Version=2011-06-15", MISSING_ACTION),
        (
            "POST",
            "/",
            "action=AssumeRole&Version=2011-06-15",
            MISSING_ACTION,
        ),
        ("POST", "/", "Action=&Version=2011-06-15", INVALID_ACTION),
        ("POST", "/", "Action=AssumeRole", INVALID_ACTION),
        ("POST", "/", "Action=AssumeRole&Version=", INVALID_ACTION),
        (
            "POST",
            "/",
            "Action=AssumeRole&Version=2010-05-08",
            INVALID_ACTION,
        ),
        (
            "POST",
            "/",
            "Action=AssumeRole&Version=2011-06-15%20",
            INVALID_ACTION,
        ),
        (
            "POST",
            "/",
            "Action=assumerole&Version=2011-06-15",
            INVALID_ACTION,
        ),
        (
            "POST",
            "/",
            "Action=AssumeRole%00&Version=2011-06-15",
            INVALID_ACTION,
        ),
        (
            "POST",
            "/",
            "Action=GetCallerIdentityX&Version=2011-06-15",
            INVALID_ACTION,
        ),
        ("POST", "/?Action=AssumeRole", &whole, TWICE),
        ("POST", "/", &format!("{whole}&Version=2011-06-15"), TWICE),
        (
            "POST",
            "/",
            "Action=%zz",
            Refused(400, "MalformedQueryString"),
        ),
        (
            "POST",
            "/?Action=%e4",
            "",
            Refused(400, "MalformedQueryString"),
        ),
        ("POST", "/other", &whole, INVALID_ACTION),
        ("POST", "/AssumeRole/", &whole, INVALID_ACTION),
        ("POST", "/assumerole", &whole, INVALID_ACTION),
        ("POST", "/AssumeRole", &custom, INVALID_ACTION),
        ("POST", "/AssumeRoleWithCustomToken", &whole, INVALID_ACTION),
        ("GET", &format!("/?{whole}"), "", INVALID_ACTION),
        ("GET", "/", "", MISSING_ACTION),
        ("GET", "/favicon.ico", "", MISSING_ACTION),
        ("PUT", "/", &whole, INVALID_ACTION),
        ("DELETE", "/", &whole, INVALID_ACTION),
        ("OPTIONS", "/", &whole, INVALID_ACTION),
    ] {
        let request = sign(raw(&sts.client, method, target, body));
        let reply = sts.client.send(request).await;
        outcome((method, target, body), &reply, expected);
    }
}

/// Every action that an STS is known for, and spellings of one that needs no signature.
const UNSERVED: [&str; 18] = [
    "AssumeRoleWithSAML",
    "AssumeRoot",
    "DecodeAuthorizationMessage",
    "GetAccessKeyInfo",
    "GetDelegatedAccessToken",
    "GetFederationToken",
    "GetSessionToken",
    "GetWebIdentityToken",
    "AssumeRoleWithLDAPIdentity",
    "AssumeRoleWithCertificate",
    "assumeRoleWithCustomToken",
    "AssumeRoleWithCustomTokens",
    "AssumeRoleWithCustomToken ",
    " AssumeRoleWithCustomToken",
    "AssumeRoleWithCustomToken\0",
    "AssumeRoleWithCustomToken,AssumeRole",
    "AssumeRoleWithCustomToken&Action=AssumeRole",
    "AssumeRoleWithCustomT\u{43e}ken",
];

#[tokio::test]
async fn t22_only_the_exact_actions_pass_without_a_signature() {
    let sts = TestSts::start().await;
    for name in UNSERVED {
        let reply = sts.call(name, &[]).await;
        outcome(name, &reply, INVALID_ACTION);
    }
    for name in ["AssumeRole", "GetCallerIdentity", "RevokeSession"] {
        outcome(name, &sts.call(name, &[]).await, UNSIGNED);
    }
    for name in [
        "AssumeRoleWithClientGrants",
        "AssumeRoleWithCustomToken",
        "AssumeRoleWithWebIdentity",
    ] {
        outcome(name, &sts.call(name, &[]).await, VALIDATION);
    }
    assert_eq!(
        sts.take_operations(),
        ["BatchGetItem"],
        "no caller was looked up"
    );
}

#[tokio::test]
async fn t22_order_duplicates_places_and_content_types_do_not_open_a_signed_action() {
    let sts = TestSts::start().await;
    let (own, other) = ("Action=AssumeRole", "Action=AssumeRoleWithCustomToken");
    let version = "Version=2011-06-15";
    let both = format!("{other}&{version}&{own}");
    for (target, body, expected) in [
        ("/", format!("{version}&{own}"), UNSIGNED),
        (&format!("/?{own}"), version.to_owned(), UNSIGNED),
        (&format!("/?{other}&{version}"), own.to_owned(), TWICE),
        (&format!("/?{own}&{version}"), other.to_owned(), TWICE),
        ("/", both.clone(), TWICE),
        (&format!("/?{both}"), String::new(), TWICE),
        ("/AssumeRole", format!("{other}&{version}"), INVALID_ACTION),
        (
            "/AssumeRoleWithCustomToken",
            format!("{own}&{version}"),
            INVALID_ACTION,
        ),
        (
            &format!("/?X-Amz-Action=x&{own}"),
            version.to_owned(),
            UNSIGNED,
        ),
    ] {
        for content_type in [
            "application/x-www-form-urlencoded",
            "application/json",
            "multipart/form-data; boundary=x",
            "text/plain",
        ] {
            let mut request = raw(&sts.client, "POST", target, &body);
            let value = content_type.parse().unwrap();
            request.headers_mut().insert("content-type", value);
            let reply = sts.client.send(request).await;
            outcome((target, &body, content_type), &reply, expected);
        }
    }
}

#[tokio::test]
async fn t59_what_an_error_repeats_is_escaped_and_cut() {
    let sts = TestSts::start().await;
    let hostile = "</Message><Code>OK</Code>]]><!--&amp;\u{0}\u{7}\u{85}\u{fffe}'\"";
    let reply = sts.call(hostile, &[]).await;
    let message = refusal(&reply, 400, "InvalidAction");
    assert_eq!(
        message,
        "Could not find operation </Message><Code>OK</Code>]]><!--&amp;\u{fffd}'\" for version 2011-06-15"
    );
    let parameters = [(hostile, "1"), VERSION];
    let reply = sts.assume_role(&parameters[..1]).await;
    refusal(&reply, 400, "ValidationError");
    let long = "x".repeat(10_000);
    let reply = sts.call(&long, &[]).await;
    assert!(refusal(&reply, 400, "InvalidAction").len() < 128);
}
