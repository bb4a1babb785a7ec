//! Tokens that have been used before take nothing from others.

use serde_json::{Value, json};

use super::{ACTIONS, GRANTS, Setup, WEB};
use crate::check::Outcome::{Refused, Success};
use crate::check::{INVALID, NOT_BELIEVED, outcome, success};

/// A provider whose tokens are for one use, with limits.
async fn setup(limits: &str) -> Setup {
    let more = format!("single_use: true, limits: {{{limits}}}");
    Setup::of(&[("app", &more)]).await
}

fn token(it: &Setup, id: usize) -> String {
    it.token(&json!({"jti": id.to_string()}))
}

#[tokio::test]
async fn a_token_for_one_use_opens_one_session() {
    let clients = [("app", "single_use: true")];
    let it = Setup::of(&clients).await;
    let first = it.token(&json!({"jti": "1"}));
    success(&it.call(&GRANTS, &first, &[]).await);
    it.check("the same token", &first, NOT_BELIEVED).await;
    let signed_anew = it.token(&json!({"jti": "1", "sub": "bob"}));
    it.check("the same id", &signed_anew, NOT_BELIEVED).await;
    success(&it.call(&WEB, &it.token(&json!({"jti": "2"})), &[]).await);
    for jti in [json!(null), json!(""), json!(7)] {
        it.check(&jti, &it.token(&json!({"jti": jti})), NOT_BELIEVED)
            .await;
    }
    // Refused for another reason, it is not used up.
    let third = it.token(&json!({"jti": "3"}));
    it.check_with("duration", &third, &[("DurationSeconds", "1")], INVALID)
        .await;
    success(&it.call(&WEB, &third, &[]).await);
}

/// One session and any number of replays leave what one session leaves.
#[tokio::test]
async fn a_replay_counts_towards_no_limit_of_sessions() {
    for limits in [
        "issue_per_minute: 2",
        "max_live_sessions: 2",
        "issue_per_minute: 2, max_live_sessions: 2",
    ] {
        let it = setup(limits).await;
        let first = token(&it, 1);
        success(&it.call(ACTIONS[0], &first, &[]).await);
        for _ in 0..3 {
            it.check((limits, "replayed"), &first, NOT_BELIEVED).await;
        }
        success(&it.call(ACTIONS[1], &token(&it, 2), &[]).await);
    }
}

/// Replays are failed attempts of whoever sends them, and of nobody else.
#[tokio::test]
async fn a_replay_is_a_failed_attempt() {
    let it = setup("").await;
    let settings = "settings: {failed_attempts: {per_subject: 2}}";
    it.sts.table.apply(settings).await;
    let first = token(&it, 1);
    success(&it.call(ACTIONS[0], &first, &[]).await);
    let mut throttled = 0;
    for turn in 0..5 {
        let reply = it.call(ACTIONS[turn % 2], &first, &[]).await;
        if reply.field("Code").as_deref() == Some("Throttling") {
            throttled += 1;
        } else {
            outcome(turn, &reply, NOT_BELIEVED);
        }
    }
    // The minute may end on the way.
    assert!((1..=3).contains(&throttled), "{throttled}");
    let bob = it.token(&json!({"jti": "2", "sub": "bob"}));
    success(&it.call(ACTIONS[0], &bob, &[]).await);
}

/// Whatever can be decided without a write is decided before, and the token stays good.
#[tokio::test]
async fn a_token_that_is_refused_for_another_reason_is_not_used_up() {
    let it = setup("issue_per_minute: 1, max_live_sessions: 1").await;
    let deny = "policies: [{name: never, document: {Version: 2012-10-17, Statement: \
                [{Effect: Deny, Action: 'sts:*', Resource: '*'}]}}]";
    it.sts.table.apply(deny).await;
    let denied = Refused(403, "AccessDenied");
    let with = |more: Value| {
        let mut changes = json!({"jti": "1"});
        let more = more.as_object().unwrap().clone();
        changes.as_object_mut().unwrap().extend(more);
        it.token(&changes)
    };
    let long = "x".repeat(4000);
    for (case, token, more, expected) in [
        ("denied", with(json!({"policy": "never"})), vec![], denied),
        ("no policy", with(json!({"policy": "none"})), vec![], denied),
        (
            "too long a session token",
            with(json!({"name": long})),
            vec![],
            Refused(400, "PackedPolicyTooLarge"),
        ),
        (
            "duration",
            with(json!({})),
            vec![("DurationSeconds", "1")],
            INVALID,
        ),
    ] {
        // The other action takes no tokens of that length.
        let reply = it.call(ACTIONS[1], &token, &more).await;
        outcome(case, &reply, expected);
    }
    outcome(
        "at last",
        &it.call(ACTIONS[1], &with(json!({})), &[]).await,
        Success,
    );
}

/// What a limit refuses is used up: whoever waits for the limit gets a new token first.
#[tokio::test]
async fn a_fresh_token_that_meets_a_limit_is_used_up() {
    for (limits, expected) in [
        ("issue_per_minute: 1", Refused(400, "Throttling")),
        ("max_live_sessions: 1", Refused(403, "AccessDenied")),
    ] {
        let it = setup(limits).await;
        // The minute may end on the way.
        let mut refused = None;
        for id in 0..3 {
            let reply = it.call(ACTIONS[0], &token(&it, id), &[]).await;
            if reply.status != 200 {
                outcome(limits, &reply, expected);
                refused = Some(id);
            }
        }
        let again = token(&it, refused.expect("a refusal"));
        it.check(limits, &again, NOT_BELIEVED).await;
    }
}

/// A session that nobody gets is not counted.
#[tokio::test]
async fn who_has_no_place_takes_nothing_of_the_minute() {
    let limits = "limits: {issue_per_minute: 3, max_live_sessions: 1}";
    let it = Setup::of(&[("app", limits)]).await;
    success(&it.call(ACTIONS[0], &it.token(&json!({})), &[]).await);
    let full = Refused(403, "AccessDenied");
    for _ in 0..4 {
        it.check("full", &it.token(&json!({})), full).await;
    }
    let bob = it.token(&json!({"sub": "bob"}));
    success(&it.call(ACTIONS[0], &bob, &[]).await);
}
