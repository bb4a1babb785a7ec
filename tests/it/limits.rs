//! How much is issued, and how often an attempt may fail.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use shared::clock::UnixTime;
use shared::store::TakePlaces as _;
use tests::client::{Reply, Signer};
use tests::fault_proxy::{Fault, Rule};
use tests::plugin::{Answer, Plugin, ROLE};
use tests::sts::TestSts;

use crate::check::Outcome::{Refused, Success};
use crate::check::{outcome, refusal, success};

const THROTTLED: (u16, &str) = (400, "Throttling");

/// A service with a plugin that vouches for Alice.
async fn service(settings: &str, limits: &str) -> (TestSts, Plugin) {
    let plugin = Plugin::for_alice().await;
    let config = format!(
        "
settings: {{{settings}}}
users:
  - {{access_key: foobar, secret: foo12345, limits: {{{limits}}}}}
  - {{access_key: other, secret: other-secret}}
identity_plugins: [{}]
",
        plugin.entry("readwrite", &format!("limits: {{{limits}}}"))
    );
    (TestSts::builder().config(&config).start().await, plugin)
}

async fn exchange(sts: &TestSts, token: &str) -> Reply {
    sts.show(token, ROLE, &[]).await
}

/// The minute may end on the way, so of five calls at least one is over a limit of two.
#[tokio::test]
async fn more_than_so_many_a_minute_are_throttled() {
    let (sts, _plugin) = service("", "issue_per_minute: 2").await;
    let mut throttled = [0, 0];
    for turn in 0..5 {
        let replies = [sts.assume_role(&[]).await, exchange(&sts, "good").await];
        for (reply, count) in replies.iter().zip(&mut throttled) {
            if reply.status == 200 {
                continue;
            }
            assert!(turn >= 2, "{}", reply.text());
            refusal(reply, THROTTLED.0, THROTTLED.1);
            *count += 1;
        }
    }
    assert!(
        throttled.iter().all(|count| (1..=3).contains(count)),
        "{throttled:?}"
    );
    let other = Signer::new("other", "other-secret", None);
    success(&sts.assume_role_as(&other, &[]).await);
}

#[tokio::test]
async fn no_more_than_so_many_live_at_once() {
    let (sts, plugin) = service("", "max_live_sessions: 2").await;
    for (turn, expected) in [Success, Success, Refused(403, "AccessDenied")]
        .iter()
        .enumerate()
    {
        outcome(turn, &sts.assume_role(&[]).await, *expected);
        outcome(turn, &exchange(&sts, "good").await, *expected);
    }
    // The places are each subject's own.
    plugin.answer(Answer::vouch("Bob", 3600));
    success(&exchange(&sts, "good").await);
}

#[tokio::test]
async fn places_are_free_again_when_their_sessions_end() {
    let (sts, _plugin) = service("", "max_live_sessions: 1").await;
    success(&sts.assume_role(&[]).await);
    refusal(&sts.assume_role(&[]).await, 403, "AccessDenied");
    let store = sts.store();
    let now = UnixTime::from_secs(4_000_000_000);
    let holder = "user/foobar#user/foobar";
    let take = |now, until| store.take_place(holder, 1, now, until);
    assert!(take(now, now.plus(900)).await.unwrap());
    assert!(!take(now.plus(899), now.plus(1800)).await.unwrap());
    assert!(take(now.plus(900), now.plus(1800)).await.unwrap());
}

#[tokio::test]
async fn a_limit_that_cannot_be_counted_issues_nothing() {
    for (limits, operation) in [
        ("issue_per_minute: 2", "UpdateItem"),
        ("max_live_sessions: 2", "PutItem"),
    ] {
        let (sts, _plugin) = service("", limits).await;
        success(&sts.assume_role(&[]).await);
        sts.proxy
            .inject(Fault::InternalError, Rule::every(operation));
        refusal(&sts.assume_role(&[]).await, 503, "ServiceUnavailable");
    }
}

/// Bad tokens of one source use up its attempts, for good tokens too; subjects count apart.
#[tokio::test]
async fn who_fails_too_often_waits() {
    for (settings, same_token) in [
        ("failed_attempts: {per_source: 2}", false),
        ("failed_attempts: {per_subject: 2}", true),
    ] {
        let (sts, plugin) = service(settings, "").await;
        success(&exchange(&sts, "good").await);
        plugin.answer(Answer::json(403, &json!({"reason": "unknown token"})));
        let mut throttled = 0;
        for turn in 0..5 {
            let token = if same_token {
                "bad".to_owned()
            } else {
                format!("bad-{turn}")
            };
            let reply = exchange(&sts, &token).await;
            if reply.field("Code").as_deref() == Some("Throttling") {
                throttled += 1;
            } else {
                refusal(&reply, 403, "AccessDenied");
            }
        }
        assert!((1..=3).contains(&throttled), "{settings}: {throttled}");
        let asked = plugin.requests().len();
        assert_eq!(asked, 1 + 5 - throttled, "{settings}");
        if same_token {
            refusal(&exchange(&sts, "another").await, 403, "AccessDenied");
        }
        // Signed calls are no such attempts.
        success(&sts.assume_role(&[]).await);
    }
}

/// A token of that subject which nobody signed.
fn forged(subject: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(&json!({"alg": "RS256", "typ": "JWT"}));
    let claims =
        part(&json!({"iss": "https://idp.example.com", "sub": subject, "exp": 4_000_000_000_u32}));
    format!("{header}.{claims}.AAAA")
}

#[tokio::test]
async fn forged_identity_tokens_use_up_attempts_as_well() {
    let settings = "failed_attempts: {per_subject: 2}";
    let (sts, _plugin) = service(settings, "").await;
    for action in ["AssumeRoleWithClientGrants", "AssumeRoleWithWebIdentity"] {
        let subject = format!("alice of {action}");
        let mut throttled = 0;
        for _ in 0..5 {
            let reply = sts.call(action, &[("Token", &forged(&subject))]).await;
            if reply.field("Code").as_deref() == Some("Throttling") {
                throttled += 1;
            } else {
                refusal(&reply, 400, "InvalidIdentityToken");
            }
        }
        assert!((1..=3).contains(&throttled), "{action}: {throttled}");
        let other = sts.call(action, &[("Token", &forged("bob"))]).await;
        refusal(&other, 400, "InvalidIdentityToken");
    }
}
