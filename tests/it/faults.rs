//! What callers see when the table does not do what it should.

use std::time::Duration;

use shared::store::ManageSessions;
use tests::fault_proxy::{Fault, Rule};
use tests::sts::TestSts;

use crate::check::Outcome::{self, Refused, Success};
use crate::check::{THROTTLED, UNAVAILABLE, outcome, success};

/// A service whose function has answered a call already.
async fn warm() -> TestSts {
    let sts = TestSts::start().await;
    sts.session().await;
    sts.proxy.clear();
    sts
}

/// How many sessions the table holds.
async fn sessions(sts: &TestSts) -> usize {
    sts.store()
        .list_sessions()
        .await
        .unwrap()
        .complete()
        .unwrap()
        .len()
}

async fn refused(fault: Fault, rule: Rule, expected: Outcome) {
    let sts = warm().await;
    sts.proxy.inject(fault, rule);
    let reply = sts.assume_role(&[]).await;
    outcome((fault, rule), &reply, expected);
    assert_eq!(sessions(&sts).await, 1, "{fault:?}");

    sts.proxy.clear();
    success(&sts.assume_role(&[]).await);
    assert_eq!(sts.emulator.restarts(), 0);
}

#[tokio::test]
async fn t56_a_throttled_table_makes_no_credentials() {
    tokio::join!(
        refused(Fault::Throttling, Rule::every("PutItem"), THROTTLED),
        refused(Fault::Throttling, Rule::every("GetItem"), THROTTLED),
        refused(Fault::ThroughputExceeded, Rule::every("PutItem"), THROTTLED),
        refused(Fault::ThroughputExceeded, Rule::ALL, THROTTLED),
    );
}

#[tokio::test]
async fn t56_a_table_that_fails_makes_no_credentials() {
    tokio::join!(
        refused(Fault::InternalError, Rule::every("PutItem"), UNAVAILABLE),
        refused(Fault::InternalError, Rule::every("GetItem"), UNAVAILABLE),
        refused(Fault::LostReply, Rule::every("GetItem"), UNAVAILABLE),
    );
}

#[tokio::test]
async fn t56_an_unreachable_table_makes_no_credentials() {
    let mut sts = warm().await;
    sts.proxy.refuse_connections().await;
    outcome("warm", &sts.assume_role(&[]).await, UNAVAILABLE);
    sts.proxy.accept_connections().await;
    success(&sts.assume_role(&[]).await);
    assert_eq!(sts.emulator.restarts(), 0);
}

#[tokio::test]
async fn a_table_that_is_unreachable_at_start_is_tried_again() {
    let mut sts = TestSts::start().await;
    sts.proxy.refuse_connections().await;
    outcome("cold", &sts.assume_role(&[]).await, UNAVAILABLE);
    sts.proxy.accept_connections().await;
    success(&sts.assume_role(&[]).await);
    assert_eq!(sts.emulator.restarts(), 0);
}

/// The write took effect, but the function did not hear of it.
#[tokio::test]
async fn t56_a_write_that_is_repeated_issues_once() {
    for fault in [Fault::InternalErrorAfter, Fault::LostReply] {
        let sts = warm().await;
        sts.proxy.inject(fault, Rule::every("PutItem").nth(1));
        let credentials = success(&sts.assume_role(&[]).await);
        let writes: Vec<_> = sts.proxy.operations();
        let writes: Vec<_> = writes.iter().filter(|it| it.name == "PutItem").collect();
        assert_eq!(writes.len(), 2, "{fault:?}");
        assert_eq!(writes[0].body, writes[1].body, "{fault:?}");

        let stored = sts.stored(&credentials.access_key).await.unwrap();
        assert_eq!(stored.expires_at, credentials.expiration);
        assert_eq!(sessions(&sts).await, 2, "{fault:?}");
        let reply = sts.assume_role_as(&credentials.signer(), &[]).await;
        outcome("the session is known", &reply, Refused(403, "AccessDenied"));
    }
}

/// The function never learns that the write took effect: a row without an owner is harmless.
#[tokio::test]
async fn t56_credentials_do_not_leave_unless_their_row_is_known_to_be_durable() {
    let sts = warm().await;
    sts.proxy
        .inject(Fault::InternalErrorAfter, Rule::every("PutItem"));
    outcome("lost", &sts.assume_role(&[]).await, UNAVAILABLE);
    assert_eq!(sessions(&sts).await, 2);
}

#[tokio::test]
async fn t56_a_slow_reply_is_not_waited_for() {
    let sts = warm().await;
    let slow = Fault::Delay(Duration::from_hours(1));
    sts.proxy.inject(slow, Rule::every("GetItem").nth(1));
    outcome("slow read", &sts.assume_role(&[]).await, Success);
    assert_eq!(sts.take_operations(), ["GetItem", "GetItem", "PutItem"]);
}

/// A transport that gives half an answer must not pass for one that says "not there".
#[tokio::test]
async fn t56_unreadable_policies_are_not_missing_policies() {
    let sts = warm().await;
    sts.proxy
        .inject(Fault::InternalError, Rule::every("BatchGetItem"));
    let reply = sts
        .assume_role(&[("PolicyArns.member.1.arn", "readonly")])
        .await;
    outcome("policies", &reply, UNAVAILABLE);
    assert_eq!(sessions(&sts).await, 1);
}
