//! What replies have in common.

use std::fmt::Debug;

use tests::client::Reply;
use tests::provider::Received;
use tests::sts::{Credentials, TestSts};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// The message of an error reply, which has the one form that clients parse.
#[track_caller]
pub(crate) fn refusal(reply: &Reply, status: u16, code: &str) -> String {
    let text = reply.text();
    let leaves = reply.leaves();
    let paths: Vec<_> = leaves.iter().map(|(path, _)| path.as_str()).collect();
    let expected = [
        "ErrorResponse/Error/Type",
        "ErrorResponse/Error/Code",
        "ErrorResponse/Error/Message",
        "ErrorResponse/RequestId",
    ];
    assert_eq!(paths, expected, "{text}");
    let values: Vec<_> = leaves.iter().map(|(_, value)| value.as_str()).collect();
    let fault = if status < 500 { "Sender" } else { "Receiver" };
    assert_eq!(
        (reply.status.as_u16(), values[0], values[1]),
        (status, fault, code),
        "{text}"
    );
    assert_document(reply, "ErrorResponse", values[3]);
    values[2].to_owned()
}

/// The credentials of a successful reply.
#[track_caller]
pub(crate) fn success(reply: &Reply) -> Credentials {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let leaves = reply.leaves();
    let (root, _) = leaves[0].0.split_once('/').unwrap();
    assert_document(reply, root, &reply.field("RequestId").unwrap());
    Credentials::of(reply)
}

/// What is expected of a call: credentials, or a refusal with status and code.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome {
    Success,
    Refused(u16, &'static str),
}

// What more than one file expects.
pub(crate) const DENIED: Outcome = Outcome::Refused(403, "AccessDenied");
pub(crate) const EXPIRED: Outcome = Outcome::Refused(400, "ExpiredTokenException");
pub(crate) const INVALID: Outcome = Outcome::Refused(400, "ValidationError");
pub(crate) const INVALID_ACTION: Outcome = Outcome::Refused(400, "InvalidAction");
pub(crate) const INVALID_KEY: Outcome = Outcome::Refused(403, "InvalidClientTokenId");
pub(crate) const NOT_BELIEVED: Outcome = Outcome::Refused(400, "InvalidIdentityToken");
pub(crate) const REJECTED: Outcome = Outcome::Refused(403, "IDPRejectedClaim");
pub(crate) const THROTTLED: Outcome = Outcome::Refused(400, "Throttling");
pub(crate) const UNAVAILABLE: Outcome = Outcome::Refused(503, "ServiceUnavailable");
pub(crate) const UNREACHABLE: Outcome = Outcome::Refused(400, "IDPCommunicationError");
pub(crate) const UNSIGNED: Outcome = Outcome::Refused(403, "MissingAuthenticationToken");
pub(crate) const WRONG_SIGNATURE: Outcome = Outcome::Refused(403, "SignatureDoesNotMatch");

/// Checks a reply against what was expected of the case.
#[track_caller]
pub(crate) fn outcome(case: impl Debug, reply: &Reply, expected: Outcome) {
    let code = reply.field("Code").unwrap_or_default();
    let (status, expected_code) = match expected {
        Outcome::Success => (200, ""),
        Outcome::Refused(status, code) => (status, code),
    };
    assert_eq!(
        (reply.status.as_u16(), code.as_str()),
        (status, expected_code),
        "{case:?}: {}",
        reply.text()
    );
    if status == 200 {
        success(reply);
    } else {
        refusal(reply, status, expected_code);
    }
}

/// Whether a session may act. One that may not is told that its key is none.
pub(crate) async fn lives(sts: &TestSts, session: &Credentials) -> bool {
    let reply = sts
        .call_as(&session.signer(), "GetCallerIdentity", &[])
        .await;
    if reply.status != 200 {
        let code = reply.field("Code");
        assert_eq!(code.as_deref(), Some("InvalidClientTokenId"));
    }
    reply.status == 200
}

/// Every request of this service's own says who asks and what is read.
#[track_caller]
pub(crate) fn assert_introduced(request: &Received) {
    let agent = format!("lambda-sts/{}", env!("CARGO_PKG_VERSION"));
    for (name, value) in [
        ("user-agent", agent.as_str()),
        ("accept", "application/json"),
        ("accept-encoding", "identity"),
    ] {
        assert_eq!(request.header(name), Some(value), "{request:?}");
    }
}

#[track_caller]
fn assert_document(reply: &Reply, root: &str, request_id: &str) {
    let start =
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"{NAMESPACE}\">");
    assert!(reply.text().starts_with(&start), "{}", reply.text());
    assert!(!request_id.is_empty());
    for (name, value) in [
        ("content-type", "application/xml"),
        ("cache-control", "no-store"),
        ("x-amzn-requestid", request_id),
        ("x-amz-request-id", request_id),
    ] {
        assert_eq!(reply.header(name), Some(value), "{name}");
    }
}
