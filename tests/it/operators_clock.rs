//! What depends on moments is not done with a clock that is not the table's.

use std::process::Output;

use tests::fault_proxy::{Fault, Rule};
use tests::plugin::ROLE;
use tests::process::binary;
use tests::sts::TestSts;
use tokio::process::Command;

use crate::check::lives;

/// Runs `sts-admin` against the table with a clock that is so many seconds off, or none.
async fn admin(sts: &TestSts, offset: Option<i64>, line: &[&str]) -> Output {
    sts.proxy.clear();
    sts.proxy.inject(Fault::Clock(offset), Rule::ALL);
    let mut command = Command::new(binary("sts-admin"));
    let command = command.args(line).env_clear();
    command
        .envs(sts.table.env(sts.proxy.url()))
        .output()
        .await
        .unwrap()
}

/// How many items were written since the last command began.
fn writes(sts: &TestSts) -> usize {
    let operations = sts.proxy.operations();
    let reads = [
        "GetItem",
        "BatchGetItem",
        "Query",
        "DescribeTable",
        "DescribeTimeToLive",
    ];
    operations
        .iter()
        .filter(|it| !reads.contains(&it.name.as_str()))
        .count()
}

#[tokio::test]
async fn nothing_that_depends_on_moments_is_done_with_a_wrong_clock() {
    let sts = TestSts::start().await;
    let session = sts.session().await;
    let kid = sts.keys().await.active_kid().to_owned();
    for line in [
        &["session", "revoke", &session.access_key][..],
        &["session", "revoke", "--parent", "user/foobar"],
        &[
            "session",
            "revoke",
            "--parent",
            "user/foobar",
            "--type",
            "laptop",
        ],
        &["session", "revoke", "--role", ROLE],
        &["session", "list"],
        &["session", "show", &session.access_key],
        &["explain", "--user", "foobar", "--action", "s3:GetObject"],
        &["init"],
        &["key", "rotate"],
        &["key", "retire", &kid],
        &["key", "retire", &kid, "--force"],
    ] {
        for offset in [-3600, -60, -8, 8, 60, 3600] {
            let ran = admin(&sts, Some(offset), line).await;
            let told = String::from_utf8(ran.stderr).unwrap();
            assert_eq!(ran.status.code(), Some(1), "{line:?} {offset}: {told}");
            assert!(told.contains("this machine's clock says "), "{told}");
            assert_eq!(
                told.matches("Z ").count() + told.matches("Z: ").count(),
                2,
                "{told}"
            );
            assert_eq!(told.lines().count(), 1, "{told}");
            assert_eq!(writes(&sts), 0, "{line:?} {offset}");
        }
    }
    sts.proxy.clear();
    assert!(lives(&sts, &session).await);
}

#[tokio::test]
async fn a_clock_that_is_right_or_unknown_is_no_hindrance() {
    let sts = TestSts::start().await;
    for (offset, complaints) in [(Some(0), 0), (Some(-3), 0), (Some(3), 0), (None, 1)] {
        let session = sts.session().await;
        let line = ["session", "revoke", &session.access_key];
        let ran = admin(&sts, offset, &line).await;
        let told = String::from_utf8(ran.stderr).unwrap();
        assert!(ran.status.success(), "{offset:?}: {told}");
        assert_eq!(told.lines().count(), complaints, "{told}");
        sts.proxy.clear();
        assert!(!lives(&sts, &session).await);
        let ran = admin(&sts, offset, &["key", "rotate"]).await;
        assert!(ran.status.success(), "{offset:?}");
    }
}
