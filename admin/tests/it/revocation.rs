//! `session`, and what a revocation means to a function.

use shared::auth::{AuthError, authenticate, regions};
use shared::call::Call;
use shared::clock::{Clock as _, SystemClock};
use shared::identity::Identity;
use shared::model::{AccessKeyId, SessionDuration};
use shared::policies::Policies;
use shared::random::OsRandom;
use shared::session::{Credentials, NewSession, prepare};
use shared::sigv4::Rules;
use shared::sigv4::{Payload, Request};
use shared::store::dynamodb::DynamoStore;
use shared::store::{Authority, KeptClaims, Parent, ReadUsers as _, SessionRequest, Settings};

use crate::operator::Operator;

/// Does what a function does in a call.
async fn in_a_call<T>(
    operator: &Operator,
    work: impl AsyncFnOnce(&Call<'_, DynamoStore>) -> T,
) -> T {
    let call = Call {
        store: &operator.store,
        keys: &operator.keys().await,
        settings: &Settings::default(),
        identity: &Identity::default(),
        policies: &Policies::new(0),
        now: SystemClock.now(),
        random: &OsRandom,
    };
    work(&call).await
}

/// Issues a session of the user `foobar`.
async fn issue(operator: &Operator) -> Credentials {
    let access_key = AccessKeyId::parse("foobar").unwrap();
    let user = operator.store.user(&access_key).await.unwrap().unwrap();
    let new = NewSession {
        parent: Parent::User(access_key),
        principal_id: Some(user.id),
        duration: SessionDuration::DEFAULT,
        authority: Authority::User,
        asked: SessionRequest::default(),
        claims: KeptClaims::default(),
    };
    in_a_call(operator, async |call| {
        prepare(call, new).unwrap().store(call.store).await.unwrap()
    })
    .await
}

/// What a function says to a request that names the session, with a wrong signature.
async fn refusal(operator: &Operator, credentials: &Credentials) -> AuthError {
    let date = SystemClock.now().amz_date();
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{}/us-east-1/sts/aws4_request, \
         SignedHeaders=host;x-amz-date;x-amz-security-token, Signature={}",
        credentials.access_key_id,
        date.split('T').next().unwrap(),
        "0".repeat(64)
    );
    let headers = [
        ("authorization", authorization.as_bytes()),
        ("host", b"sts.example.com".as_slice()),
        ("x-amz-date", date.as_bytes()),
        (
            "x-amz-security-token",
            credentials.session_token.expose().as_bytes(),
        ),
    ];
    let request = Request {
        method: "POST",
        path: "/",
        query: "",
        headers: &headers,
    };
    let refused = in_a_call(operator, async |call| {
        let rules = Rules::sts(regions(&call.settings.regions));
        authenticate(call, &request, &rules, Payload::Bytes(b"")).await
    });
    refused.await.unwrap_err()
}

async fn operator() -> Operator {
    let operator = Operator::ready().await;
    operator.ok("user add foobar");
    operator
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_session_is_refused() {
    let operator = operator().await;
    let (first, second) = (issue(&operator).await, issue(&operator).await);
    let before = refusal(&operator, &first).await;
    assert!(matches!(before, AuthError::Signature(_)), "{before:?}");
    let id = &first.access_key_id;
    assert_eq!(
        operator.ok(&format!("session revoke {id}")),
        format!("session {id} is revoked\n")
    );
    let after = refusal(&operator, &first).await;
    assert!(matches!(after, AuthError::InvalidToken), "{after:?}");
    let other = refusal(&operator, &second).await;
    assert!(matches!(other, AuthError::Signature(_)), "{other:?}");
    assert_eq!(
        operator.refused("session revoke NOBODY"),
        "session NOBODY does not exist"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_with_their_state() {
    let operator = operator().await;
    let (first, second) = (issue(&operator).await, issue(&operator).await);
    operator.ok(&format!("session revoke {}", first.access_key_id));
    let ids = |line: &str| -> Vec<(String, String)> {
        let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
        let sessions = operator.json(line);
        let mut ids: Vec<_> = sessions
            .as_array()
            .unwrap()
            .iter()
            .map(|s| (text(&s["access_key"]), text(&s["state"])))
            .collect();
        ids.sort();
        ids
    };
    let active = vec![(second.access_key_id.to_string(), "active".to_owned())];
    assert_eq!(ids("session list"), active);
    assert_eq!(ids("session list --parent user/foobar"), active);
    assert!(ids("session list --parent user/nobody").is_empty());
    assert_eq!(ids("session list --all").len(), 2);
    let shown = operator.ok(&format!(
        "session show {} --output json",
        second.access_key_id
    ));
    for secret in [
        second.secret_access_key.expose(),
        second.session_token.expose(),
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("user/foobar"), "{shown}");

    let revoked = operator.json("session revoke --parent user/foobar");
    assert_eq!(revoked["scope"], "user/foobar");
    assert_eq!(ids("session list"), []);
    assert_eq!(
        operator.refused("session revoke --parent user/nobody"),
        "user nobody does not exist"
    );
    assert_eq!(operator.run("session revoke --parent foobar").code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn t11_a_user_is_never_called_like_a_session() {
    let operator = operator().await;
    let id = issue(&operator).await.access_key_id;
    let expected = format!("user {id} cannot be: it is the access key of a session");
    assert_eq!(operator.refused(&format!("user add {id}")), expected);
    operator.write(
        "users.yaml",
        &format!("users: [{{access_key: {id}, secret: foo12345}}]"),
    );
    assert_eq!(operator.refused("apply -f users.yaml"), expected);
}
