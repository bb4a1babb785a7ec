//! Who is refused, and how: keys and signatures.

use std::time::Duration;

use hyper::Request;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use tests::client::{Client, Signer, encode};
use tests::sts::{CONFIG, SECRET, TestSts, USER, action, user};

use crate::check::Outcome::{self, Refused, Success};
use crate::check::{INVALID_KEY, UNSIGNED, WRONG_SIGNATURE, outcome, refusal};

const INCOMPLETE: Outcome = Refused(400, "IncompleteSignature");

fn assume_role(client: &Client) -> Request<Bytes> {
    client.form("/", &action("AssumeRole", &[]))
}

fn set(mut request: Request<Bytes>, name: &'static str, value: &str) -> Request<Bytes> {
    let value = HeaderValue::from_str(value).unwrap();
    request.headers_mut().insert(name, value);
    request
}

/// The request with its `Authorization` header changed.
fn edit(request: Request<Bytes>, from: &str, to: &str) -> Request<Bytes> {
    let authorization = request.headers()["authorization"].to_str().unwrap();
    assert!(authorization.contains(from), "{from} in {authorization}");
    let changed = authorization.replace(from, to);
    set(request, "authorization", &changed)
}

fn with_body(mut request: Request<Bytes>, body: &str) -> Request<Bytes> {
    *request.body_mut() = Bytes::copy_from_slice(body.as_bytes());
    request
}

#[tokio::test]
async fn callers_without_a_valid_key_are_refused() {
    let sts = TestSts::start().await;
    sts.table
        .admin_with_input(&["user", "add", "gone", "--secret-stdin"], "gone-secret")
        .await;
    sts.table.admin(&["user", "disable", "gone"]).await;
    for (access_key, secret, expected) in [
        (USER, SECRET, Success),
        (USER, "foo12346", WRONG_SIGNATURE),
        (USER, "", WRONG_SIGNATURE),
        ("nobody", SECRET, INVALID_KEY),
        ("FOOBAR", SECRET, INVALID_KEY),
        ("fo", SECRET, INVALID_KEY),
        ("gone", "gone-secret", Refused(403, "AccessDenied")),
        // Whether a user is disabled is told to nobody else.
        ("gone", "wrong-secret", WRONG_SIGNATURE),
    ] {
        let reply = sts
            .assume_role_as(&Signer::new(access_key, secret, None), &[])
            .await;
        outcome((access_key, secret), &reply, expected);
    }
}

type Change = fn(&mut Signer);

#[tokio::test]
async fn t50_scope_and_time_of_a_signature_must_fit() {
    let sts = TestSts::start().await;
    let changes: [(&str, Change, Outcome); 9] = [
        ("none", |_| (), Success),
        ("15 minutes old", |s| s.time = s.time.plus(-890), Success),
        ("older", |s| s.time = s.time.plus(-910), WRONG_SIGNATURE),
        ("15 minutes ahead", |s| s.time = s.time.plus(890), Success),
        (
            "further ahead",
            |s| s.time = s.time.plus(910),
            WRONG_SIGNATURE,
        ),
        (
            "any region",
            |s| "mars-1".clone_into(&mut s.region),
            Success,
        ),
        ("the empty region", |s| s.region.clear(), Success),
        (
            "service s3",
            |s| "s3".clone_into(&mut s.service),
            WRONG_SIGNATURE,
        ),
        ("no service", |s| s.service.clear(), WRONG_SIGNATURE),
    ];
    for (case, change, expected) in changes {
        let mut caller = user();
        change(&mut caller);
        let reply = sts.assume_role_as(&caller, &[]).await;
        outcome(case, &reply, expected);
    }
}

#[tokio::test]
async fn t50_the_operator_may_name_the_regions() {
    let settings = "settings:\n  regions: [eu-1, '']\n";
    let sts = TestSts::builder().config(&format!("{settings}{CONFIG}"));
    let sts = sts.start().await;
    for (region, expected) in [
        ("eu-1", Success),
        ("", Success),
        ("us-east-1", WRONG_SIGNATURE),
        ("EU-1", WRONG_SIGNATURE),
    ] {
        let mut caller = user();
        region.clone_into(&mut caller.region);
        let reply = sts.assume_role_as(&caller, &[]).await;
        outcome(region, &reply, expected);
    }
}

#[tokio::test]
async fn t50_altered_requests_are_refused() {
    let sts = TestSts::start().await;
    let client = &sts.client;
    let signed = || user().sign(assume_role(client));
    let form = encode(&action("AssumeRole", &[]));
    let longer = form.clone() + "&DurationSeconds=43200";
    let twice = user().sign(with_body(assume_role(client), &format!("{form}&{form}")));
    let cases = [
        ("no signature", assume_role(client), UNSIGNED),
        ("body", with_body(signed(), &longer), WRONG_SIGNATURE),
        (
            "date",
            set(signed(), "x-amz-date", "20150830T123600Z"),
            WRONG_SIGNATURE,
        ),
        (
            "host",
            set(signed(), "host", "sts.example.com"),
            WRONG_SIGNATURE,
        ),
        (
            "type",
            set(signed(), "content-type", "text/plain"),
            WRONG_SIGNATURE,
        ),
        (
            "unsigned token",
            set(signed(), "x-amz-security-token", "x"),
            WRONG_SIGNATURE,
        ),
        (
            "host not signed",
            edit(signed(), "host;", ""),
            WRONG_SIGNATURE,
        ),
        (
            "date not signed",
            edit(signed(), ";x-amz-date", ""),
            WRONG_SIGNATURE,
        ),
        (
            "no headers signed",
            edit(signed(), "SignedHeaders", "Headers"),
            INCOMPLETE,
        ),
        (
            "algorithm",
            edit(signed(), "HMAC-SHA256", "HMAC-SHA1"),
            INCOMPLETE,
        ),
        (
            "no algorithm",
            set(signed(), "authorization", "Bearer x"),
            UNSIGNED,
        ),
        (
            "given twice",
            twice,
            Refused(400, "InvalidParameterCombination"),
        ),
    ];
    for (case, request, expected) in cases {
        outcome(case, &client.send(request).await, expected);
    }
}

#[tokio::test]
async fn t50_the_body_is_always_hashed_here() {
    let sts = TestSts::start().await;
    let client = &sts.client;
    let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    for value in [
        "UNSIGNED-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        hash,
        "",
    ] {
        let request = set(assume_role(client), "x-amz-content-sha256", value);
        let reply = client.send(user().sign(request)).await;
        outcome(value, &reply, WRONG_SIGNATURE);
    }
    let mut chunked = set(assume_role(client), "content-encoding", "aws-chunked");
    let body = format!("5e;chunk-signature={hash}\r\n");
    *chunked.body_mut() = [body.as_bytes(), chunked.body()].concat().into();
    let reply = client.send(user().sign(chunked)).await;
    outcome("aws-chunked", &reply, Refused(400, "MissingAction"));
    let large = with_body(
        assume_role(client),
        &format!("Action=AssumeRole&x={}", "a".repeat(400_000)),
    );
    let reply = client.send(user().sign(large)).await;
    let message = refusal(&reply, 400, "ValidationError");
    assert_eq!(message, "The request body is too large.");
}

/// A CDN in front of the service adds one to every request.
#[tokio::test]
async fn headers_that_nobody_reads_need_not_be_signed() {
    let sts = TestSts::start().await;
    let client = &sts.client;
    let url = "/?Action=AssumeRole&Version=2011-06-15";
    let presigned = user().presign(client.request("POST", url), Duration::from_mins(1));
    for request in [user().sign(assume_role(client)), presigned] {
        let request = set(request, "x-amz-cf-id", "bP2k-8mwLhnZ0w==");
        let request = set(request, "x-amz-target", "x");
        outcome("added", &client.send(request).await, Success);
    }
}

#[tokio::test]
async fn t50_presigned_requests_are_verified_with_their_body() {
    let sts = TestSts::start().await;
    let client = &sts.client;
    let minute = Duration::from_mins(1);
    let query = "/?Action=AssumeRole&Version=2011-06-15&DurationSeconds=900";
    let presigned = || user().presign(client.request("POST", query), minute);
    let with_form = || user().presign(assume_role(client), minute);
    let old = |seconds: i64| {
        let mut caller = user();
        caller.time = caller.time.plus(-seconds);
        caller.presign(client.request("POST", query), minute)
    };
    let target = |request: &Request<Bytes>| request.uri().path_and_query().unwrap().to_string();
    let longer = client.request("POST", &target(&presigned()).replace("=900", "=43200"));
    let plus = client.request("POST", &format!("{}&ExternalId=a+b", target(&presigned())));
    let get = user().presign(client.request("GET", query), minute);
    for (case, request, expected) in [
        ("parameters in the query", presigned(), Success),
        ("parameters in the body", with_form(), Success),
        (
            "a body that was not signed",
            with_body(presigned(), "ExternalId=abc"),
            WRONG_SIGNATURE,
        ),
        (
            "no body",
            with_body(with_form(), ""),
            Refused(400, "MissingAction"),
        ),
        ("another parameter", longer, WRONG_SIGNATURE),
        ("a plus sign", plus, Refused(400, "MalformedQueryString")),
        ("in time", old(50), Success),
        ("too late", old(70), WRONG_SIGNATURE),
        ("GET", get, Refused(400, "InvalidAction")),
    ] {
        let reply = client.send(request).await;
        outcome(case, &reply, expected);
    }
}
