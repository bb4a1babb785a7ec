//! Attempts at the same moment, of one source, and beside faults of the table.

use serde_json::json;
use tests::client::{Reply, encode};
use tests::fault_proxy::{Fault, Rule};
use tests::plugin::{Answer, ROLE};
use tests::provider::SigningKey;
use tests::sts::{TestSts, action};

use super::{CUSTOM, IDENTITY, Setup};
use crate::check::Outcome::Success;
use crate::check::{DENIED, NOT_BELIEVED, THROTTLED, UNAVAILABLE, outcome};

/// The minute may end on the way: then there are two counters, each with the limit.
#[tokio::test]
async fn no_more_than_the_limit_are_looked_at_however_many_come_at_once() {
    for (attempts, name) in [
        ("{per_source: 3}", "failed/source"),
        ("{per_subject: 3}", "failed/subject"),
        ("{per_source: 3, per_subject: 5}", "failed/source"),
        ("{per_source: 5, per_subject: 3}", "failed/subject"),
    ] {
        let it = Setup::with(TestSts::builder().processes(8), attempts).await;
        it.plugin.answer(Answer::json(403, &json!({})));
        let guesses = (0..24).map(|_| it.custom("guess", ROLE));
        let replies = futures_util::future::join_all(guesses).await;
        let refused = |reply: &&Reply| reply.field("Code").as_deref() == Some("AccessDenied");
        let looked_at = replies.iter().filter(refused).count();
        for reply in replies.iter().filter(|reply| !refused(reply)) {
            outcome(attempts, reply, THROTTLED);
        }
        let counts = it.counts(name).await;
        assert!(
            counts.iter().all(|count| *count <= 3),
            "{attempts}: {counts:?}"
        );
        let counted: u32 = counts.iter().sum();
        assert_eq!(looked_at, counted as usize, "{attempts}");
        assert_eq!(it.plugin.requests().len(), looked_at, "{attempts}");

        let stranger = SigningKey::new("ES256", "1");
        let forged = stranger.token(&Setup::claims(&json!({"sub": "mallory"})));
        let parameters = [("Token", forged.as_str())];
        let before: u32 = it.counts(name).await.iter().sum();
        let guesses = (0..24).map(|n| it.sts.call(IDENTITY[n % 2], &parameters));
        let replies = futures_util::future::join_all(guesses).await;
        let refused = |reply: &&Reply| reply.field("Code").as_deref() != Some("Throttling");
        let looked_at = replies.iter().filter(refused).count();
        for reply in replies.iter().filter(refused) {
            outcome(attempts, reply, NOT_BELIEVED);
        }
        let counts = it.counts(name).await;
        assert!(
            counts.iter().all(|count| *count <= 3),
            "{attempts}: {counts:?}"
        );
        let counted = counts.iter().sum::<u32>() - before;
        assert_eq!(looked_at, counted as usize, "{attempts}");
    }
}

#[tokio::test]
async fn what_succeeds_uses_no_attempt_up() {
    let it = Setup::start("{per_source: 1, per_subject: 1}").await;
    for turn in 0..5 {
        outcome(turn, &it.custom("good", ROLE).await, Success);
        let token = it.token(&json!({}));
        for action in IDENTITY {
            outcome(
                turn,
                &it.sts.call(action, &[("Token", &token)]).await,
                Success,
            );
        }
    }
    assert!(it.counts("failed").await.iter().all(|count| *count == 0));
}

/// A place that cannot be given back stays taken, and none is given back twice: the SDK would
/// try again after a lost reply.
#[tokio::test]
async fn a_limit_is_reached_early_rather_than_late() {
    for (fault, left) in [(Fault::InternalError, 2), (Fault::LostReply, 1)] {
        let it = Setup::start("{per_source: 1000}").await;
        it.plugin.answer(Answer::json(403, &json!({})));
        outcome("bad", &it.custom("bad", ROLE).await, DENIED);
        it.plugin.answer(Answer::vouch("Alice", 3600));
        let giving_back = Rule::every("UpdateItem").nth(2);
        it.sts.proxy.inject(fault, giving_back);
        outcome("good", &it.custom("good", ROLE).await, Success);
        assert_eq!(it.failed().await, left, "{fault:?}");
    }
}

/// What cannot be counted is not looked at.
#[tokio::test]
async fn an_attempt_that_cannot_be_counted_is_not_made() {
    let it = Setup::start("{per_source: 1000}").await;
    let rule = Rule::every("UpdateItem");
    it.sts.proxy.inject(Fault::InternalError, rule);
    outcome("custom", &it.custom("good", ROLE).await, UNAVAILABLE);
    let token = it.token(&json!({}));
    for action in IDENTITY {
        let reply = it.sts.call(action, &[("Token", &token)]).await;
        outcome(action, &reply, UNAVAILABLE);
    }
    assert!(it.plugin.requests().is_empty());
}

/// A refusal by one counter leaves the other as it was.
#[tokio::test]
async fn what_is_not_looked_at_counts_nowhere() {
    let it = Setup::start("{per_source: 1000, per_subject: 1}").await;
    it.plugin.answer(Answer::json(403, &json!({})));
    let mut looked_at = 0;
    for turn in 0..6 {
        let reply = it.custom("guess", ROLE).await;
        if reply.field("Code").as_deref() == Some("AccessDenied") {
            looked_at += 1;
        } else {
            outcome(turn, &reply, THROTTLED);
        }
    }
    assert!((1..=2).contains(&looked_at), "{looked_at}");
    assert_eq!(it.failed().await, looked_at);
}

/// Throttled or not, by addresses that the gateway names.
#[tokio::test]
async fn addresses_of_one_subscriber_share_their_attempts() {
    let it = Setup::start("{per_source: 2}").await;
    it.plugin.answer(Answer::json(403, &json!({})));
    let body = encode(&action(CUSTOM, &[("Token", "guess"), ("RoleArn", ROLE)]));
    let from = async |source_ip: &str| {
        let event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "",
            "headers": {
                "host": "sts.example.com", "content-type": "application/x-www-form-urlencoded",
            },
            "requestContext": {
                "domainName": "sts.example.com", "stage": "$default",
                "http": {"method": "POST", "path": "/", "sourceIp": source_ip},
            },
            "body": body, "isBase64Encoded": false,
        });
        let reply = it.sts.emulator.invoke_raw("sts", &event).await.unwrap();
        reply["body"]
            .as_str()
            .unwrap()
            .contains("<Code>Throttling</Code>")
    };
    for sources in [
        [
            "2001:db8::1",
            "2001:db8::2",
            "2001:db8::3",
            "2001:db8:0:0:1::",
            "2001:0DB8::5",
        ],
        [
            "192.0.2.7",
            "::ffff:192.0.2.7",
            "::ffff:c000:207",
            "192.0.2.7",
            "0:0:0:0:0:ffff:192.0.2.7",
        ],
    ] {
        let mut throttled = 0;
        for source_ip in sources {
            throttled += usize::from(from(source_ip).await);
        }
        assert!((1..=3).contains(&throttled), "{sources:?}: {throttled}");
    }
    for other in ["2001:db8:0:1::1", "192.0.2.8"] {
        assert!(!from(other).await, "{other}");
    }
}
