//! `apply`.

use crate::operator::{Operator, one_line};

const TEAM: &str = r"settings:
  max_session_seconds: 43200
policies:
  - name: reports
    document:
      Version: 2012-10-17
      Statement:
        - Effect: Allow
          Action: s3:GetObject
          Resource: arn:aws:s3:::reports/*
groups:
  - name: team
    policies: [reports]
users:
  - access_key: foobar
    secret: foo12345
    policies: [readwrite]
    groups: [team]
  - access_key: alice
    secret_file: alice.secret
";

const SECRETS: [&str; 3] = ["foo12345", "bar12345", "alice-secret"];

async fn operator() -> Operator {
    let operator = Operator::ready().await;
    operator.write("alice.secret", "alice-secret\n");
    operator.write("team.yaml", TEAM);
    operator
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_apply_changes_nothing() {
    let operator = operator().await;
    let dry = operator.ok("apply -f team.yaml --dry-run");
    let first = operator.ok("apply -f team.yaml");
    let second = operator.ok("apply -f team.yaml");
    insta::assert_snapshot!(dry, @r"
    ~ settings: max_session_seconds none -> 43200
    + policy reports
    + group team
    + user foobar
    + user alice
    4 to add, 1 to change, 0 unchanged; nothing written
    ");
    insta::assert_snapshot!(first, @r"
    ~ settings: max_session_seconds none -> 43200
    + policy reports
    + group team
    + user foobar
    + user alice
    4 added, 1 changed, 0 unchanged
    ");
    insta::assert_snapshot!(second, @r"
    = settings
    = policy reports
    = group team
    = user foobar
    = user alice
    nothing to change
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn declared_policies_and_groups_have_names_with_blanks() {
    let operator = operator().await;
    let text = TEAM.replace("team\n", "some team\n");
    let text = text.replace("[team]", "[some team]");
    let text = text.replace("reports\n", "all reports\n");
    let text = text.replace("[reports]", "['all reports']");
    operator.write("team.yaml", &text);
    let first = operator.ok("apply -f team.yaml");
    assert!(
        first.contains("+ policy all reports\n+ group some team\n"),
        "{first}"
    );
    let second = operator.ok("apply -f team.yaml");
    assert!(second.ends_with("nothing to change\n"), "{second}");
    let user = operator.json("user show foobar");
    assert_eq!(user["groups"], serde_json::json!(["some team"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_file_leaves_out_stays_and_no_secret_is_shown() {
    let operator = operator().await;
    let mut outputs = operator.ok("apply -f team.yaml --output json");
    operator.ok("user disable alice");
    outputs += &operator.ok("apply -f team.yaml");
    assert_eq!(operator.json("user show alice")["status"], "disabled");
    let change = "users:\n  - access_key: foobar\n    secret: bar12345\n    policies: [readonly, readwrite]\n";
    let ran = operator.run_with_input("apply -f -", change);
    insta::assert_snapshot!(ran.stdout, @r"
    ~ user foobar: secret changed, policies [readwrite] -> [readonly, readwrite]
    0 added, 1 changed, 0 unchanged
    ");
    outputs += &ran.stdout;
    outputs += &operator.ok("user list");
    outputs += &operator.ok("user show foobar --output json");
    assert_eq!(operator.json("user show foobar")["groups"][0], "team");
    for secret in SECRETS {
        assert!(!outputs.contains(secret), "{outputs}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_unless_everything_is_right() {
    let operator = operator().await;
    let cases = [
        (
            TEAM.replace("groups: [team]", "groups: [nope]"),
            "-: line 15: user foobar: group nope does not exist",
        ),
        (
            TEAM.replace("policies: [reports]", "polices: [reports]"),
            "-: line 13: unknown key polices; did you mean policies?",
        ),
        (
            TEAM.replace("Resource:", "Resourse:"),
            "-: line 4: policy reports: Statement[0].Resourse: unknown element",
        ),
        (
            TEAM.replace("alice.secret", "nobody.secret"),
            "-: line 19: nobody.secret cannot be read: No such file or directory (os error 2)",
        ),
        (
            TEAM.replace("secret: foo12345", "secret: [foo12345]"),
            "-: line 16: expected string scalar",
        ),
    ];
    for (yaml, explanation) in cases {
        let ran = operator.run_with_input("apply -f -", &yaml);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        assert_eq!(one_line(&ran.stderr), explanation);
    }
    assert_eq!(operator.json("user list"), serde_json::json!([]));
    assert_eq!(operator.json("group list"), serde_json::json!([]));
    assert_eq!(operator.json("policy list").as_array().unwrap().len(), 5);
}
