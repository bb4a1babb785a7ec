//! Who ends which sessions, and that they stay dead.

use shared::model::AccessKeyId;
use shared::store::{CreateSessions, Holder, Parent, Revoke, Scope};
use tests::client::{Reply, Signer};
use tests::sts::{Credentials, TestSts, USER, user};

use crate::check::Outcome::{self, Refused};
use crate::check::{DENIED, INVALID, lives};

const CONFIG: &str = "
policies:
  - name: revoke-sessions
    document: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: sts:RevokeSession, Resource: 'arn:aws:sts::000000000000:session/*'}]}
  - name: revoke-parents
    document: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: sts:RevokeSession, Resource: 'arn:aws:sts::000000000000:parent/user/user-*'}]}
users:
  - {access_key: foobar, secret: foo12345, policies: [readwrite]}
  - {access_key: other, secret: other-secret, policies: [readwrite]}
  - {access_key: of-sessions, secret: of-sessions-secret, policies: [revoke-sessions]}
  - {access_key: of-parents, secret: of-parents-secret, policies: [revoke-parents]}
";

const ENDED: Outcome = Outcome::Success;

async fn start() -> TestSts {
    TestSts::builder().config(CONFIG).start().await
}

fn signer(name: &str) -> Signer {
    Signer::new(name, &format!("{name}-secret"), None)
}

async fn revoke(sts: &TestSts, signer: &Signer, parameters: &[(&str, &str)]) -> Reply {
    sts.call_as(signer, "RevokeSession", parameters).await
}

/// What is asked for; `KEY` and `USER` stand for the session and its user.
type Parameters = &'static [(&'static str, &'static str)];

const ONE: Parameters = &[("AccessKeyId", "KEY")];
const ALL: [Parameters; 3] = [
    &[("Parent", "USER")],
    &[("Parent", "user/USER"), ("FullRevoke", "true")],
    &[("Parent", "user/USER"), ("TokenRevokeType", "laptop")],
];
const ODD: [Parameters; 4] = [
    &[("Parent", "USER"), ("FullRevoke", "false")],
    &[
        ("Parent", "USER"),
        ("FullRevoke", "true"),
        ("TokenRevokeType", "laptop"),
    ],
    &[("AccessKeyId", "KEY"), ("Parent", "USER")],
    &[("TokenRevokeType", "laptop")],
];

/// Who asks, and what becomes of asking for one session, and for all of its user.
const CALLERS: [(&str, Outcome, Outcome); 5] = [
    ("the session", ENDED, DENIED),
    ("its user", ENDED, ENDED),
    ("other", DENIED, DENIED),
    ("of-sessions", ENDED, DENIED),
    ("of-parents", DENIED, ENDED),
];

/// Every case has a user of its own: a session that is issued in the second of a revocation
/// counts as issued before.
#[tokio::test]
async fn sessions_are_ended_by_their_own_and_by_whom_a_policy_lets() {
    let cases = CALLERS.iter().flat_map(|(who, one, all)| {
        let all = ALL.map(|parameters| (*who, parameters, *all));
        let odd = ODD.map(|parameters| (*who, parameters, INVALID));
        [(*who, ONE, *one)].into_iter().chain(all).chain(odd)
    });
    let cases: Vec<_> = cases.collect();
    let user = |n| format!("  - {{access_key: user-{n}, secret: user-{n}-secret}}\n");
    let users: Vec<String> = (0..cases.len()).map(user).collect();
    let config = format!("{CONFIG}{}", users.concat());
    let sts = TestSts::builder().config(&config).start().await;
    for (n, (who, parameters, expected)) in cases.into_iter().enumerate() {
        let user = format!("user-{n}");
        let label = [("TokenRevokeType", "laptop")];
        let session = Credentials::of(&sts.assume_role_as(&signer(&user), &label).await);
        let caller = match who {
            "the session" => session.signer(),
            "its user" => signer(&user),
            other => signer(other),
        };
        let fill = |text: &str| {
            let text = text.replace("KEY", &session.access_key);
            text.replace("USER", &user)
        };
        let values: Vec<_> = parameters.iter().map(|(_, value)| fill(value)).collect();
        let names = parameters.iter().map(|(name, _)| *name);
        let filled: Vec<_> = names.zip(values.iter().map(String::as_str)).collect();
        let reply = revoke(&sts, &caller, &filled).await;
        let (status, code) = match expected {
            Outcome::Success => (200, None),
            Refused(status, code) => (status, Some(code.to_owned())),
        };
        let got = (reply.status.as_u16(), reply.field("Code"));
        assert_eq!(got, (status, code), "{who} {filled:?}: {}", reply.text());
        let is_alive = lives(&sts, &session).await;
        assert_eq!(is_alive, status != 200, "{who} {filled:?}");
    }
}

#[tokio::test]
async fn a_session_ends_itself_and_a_user_has_to_say_what() {
    let sts = start().await;
    let (one, other) = (sts.session().await, sts.session().await);
    assert_eq!(revoke(&sts, &one.signer(), &[]).await.status, 200);
    assert!(!lives(&sts, &one).await);
    assert!(lives(&sts, &other).await);
    let reply = revoke(&sts, &user(), &[]).await;
    assert_eq!(reply.field("Code").as_deref(), Some("MissingParameter"));
}

#[tokio::test]
async fn one_write_ends_any_number_of_sessions() {
    let sts = start().await;
    let label = [("TokenRevokeType", "laptop")];
    let mut labelled = Vec::new();
    for _ in 0..5 {
        labelled.push(Credentials::of(&sts.assume_role(&label).await));
    }
    let unlabelled = sts.session().await;
    sts.take_operations();
    let parameters = [("Parent", "foobar"), ("TokenRevokeType", "laptop")];
    assert_eq!(revoke(&sts, &user(), &parameters).await.status, 200);
    let mut operations = sts.take_operations();
    operations.retain(|name| name != "GetItem" && name != "BatchGetItem");
    assert_eq!(operations, ["UpdateItem"]);
    for session in &labelled {
        assert!(!lives(&sts, session).await);
    }
    assert!(lives(&sts, &unlabelled).await);
}

#[tokio::test]
async fn t55_nothing_brings_a_revoked_session_back() {
    let sts = start().await;
    let (one, all) = (sts.session().await, sts.session().await);
    let rows = [
        sts.stored(&one.access_key).await.unwrap(),
        sts.stored(&all.access_key).await.unwrap(),
    ];
    let key = [("AccessKeyId", one.access_key.as_str())];
    assert_eq!(revoke(&sts, &user(), &key).await.status, 200);
    let holder = Parent::User(AccessKeyId::parse(USER).unwrap());
    let scope = Scope::all_of(Holder::Parent(holder));
    let parent = [("Parent", "user/foobar")];
    assert_eq!(revoke(&sts, &user(), &parent).await.status, 200);
    let store = sts.store();
    // The write that made it, once more.
    for row in &rows {
        let _harmless = store.create_session(row).await;
    }
    // Another revocation, by a clock that is behind.
    let earlier = rows[0].issued_at.plus(-3600);
    store.revoke(&scope, earlier).await.unwrap();
    store
        .revoke_session(&rows[0].access_key, earlier)
        .await
        .unwrap();
    // The user, made anew.
    sts.table.admin(&["user", "remove", USER]).await;
    sts.table.apply(CONFIG).await;
    for session in [&one, &all] {
        assert!(!lives(&sts, session).await);
    }
}
