//! What the request names beside the token: a role, a session; and what the token names of the
//! session to come.

use serde_json::json;

use super::{ACTIONS, Setup};
use crate::check::INVALID;
use crate::check::Outcome::Success;

const NAMES: [&str; 3] = [
    "2026-11-25T13:00:00.000Z",
    "arn:aws:iam::123456789012:role/demo",
    "Jürgen Müller",
];

#[tokio::test]
async fn names_of_sessions_have_awss_pattern_only_where_a_role_is_assumed() {
    let clients = [("app", ""), ("jobs", "role_policies: [readonly]")];
    let it = Setup::of(&clients).await;
    let long = "x".repeat(2048);
    let (claim, role) = (it.token(&json!({})), it.token(&json!({"aud": "jobs"})));
    for name in NAMES.into_iter().chain([&*long]) {
        let parameters = [("RoleSessionName", name)];
        for action in ACTIONS {
            let session = it.session(action, &claim, &parameters).await;
            let kept = session.asked.role_session_name.unwrap();
            assert_eq!(kept.as_str(), name);
        }
        it.check_with(name, &role, &parameters, INVALID).await;
    }
    let plain = [("RoleSessionName", "a+=,.@-_Z9")];
    it.check_with("plain", &role, &plain, Success).await;
    let too_long = [("RoleSessionName", &*"x".repeat(2049))];
    it.check_with("too long", &claim, &too_long, INVALID).await;
}

#[tokio::test]
async fn a_region_in_the_arn_of_a_role_makes_no_difference() {
    let it = Setup::of(&[("jobs", "role_policies: [readonly]")]).await;
    let token = it.token(&json!({"aud": "jobs"}));
    let session = it.session(ACTIONS[0], &token, &[]).await;
    let plain = session.role_arn().unwrap().clone();
    let regional = plain.as_str().replacen("iam:::", "iam:eu-central-1::", 1);
    for action in ACTIONS {
        let session = it.session(action, &token, &[("RoleArn", &regional)]).await;
        assert_eq!(session.role_arn(), Some(&plain));
    }
}

/// A token's tags would open what policies grant to those who have them; no policy is asked about
/// them, so none of them counts.
#[tokio::test]
async fn tags_and_a_source_identity_in_a_token_give_a_session_neither() {
    let it = Setup::start().await;
    let tags = json!({"principal_tags": {"team": ["b"]}, "transitive_tag_keys": ["team"]});
    let claims = json!({
        "https://aws.amazon.com/tags": tags,
        "https://aws.amazon.com/source_identity": "alice",
    });
    for action in ACTIONS {
        let session = it.session(action, &it.token(&claims), &[]).await;
        assert!(session.asked.tags.is_empty());
        assert_eq!(session.asked.source_identity, None);
    }
}
