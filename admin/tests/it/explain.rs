//! `explain` and `policy test`.

use serde_json::json;
use shared::store::ManageGroups as _;

use crate::operator::{Operator, one_line};

const TEAM: &str = r"
policies:
  - name: reports
    document:
      Version: 2012-10-17
      Statement:
        - Sid: Read
          Effect: Allow
          Action: s3:GetObject
          Resource: arn:aws:s3:::reports/*
          Condition: {IpAddress: {aws:SourceIp: 192.0.2.0/24}}
        - Effect: Deny
          Action: s3:*
          Resource: arn:aws:s3:::reports/secret/*
groups:
  - name: team
    policies: [reports]
users:
  - access_key: alice
    secret: alice-secret
    groups: [team]
  - access_key: gone
    secret: gone-secret
    status: disabled
";

async fn operator() -> Operator {
    let operator = Operator::ready().await;
    operator.write("team.yaml", TEAM);
    operator.ok("apply -f team.yaml");
    operator
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_explained() {
    let operator = operator().await;
    let ask = "explain --user alice --action s3:GetObject --resource arn:aws:s3:::reports";
    let inside = "--context aws:SourceIp=192.0.2.7";
    assert_eq!(
        operator.ok(&format!("{ask}/a {inside}")),
        "allow: allowed by statement Read of policy reports (identity policies)\n\
         looked at reports (identity policies)\n"
    );
    let decision = |line: &str| operator.json(line)["decision"].clone();
    assert_eq!(decision(&format!("{ask}/a")), "deny");
    assert_eq!(
        decision(&format!("{ask}/secret/a {inside}")),
        "explicit-deny"
    );
    let record = operator.json("explain --user gone --action s3:GetObject");
    assert_eq!(
        record,
        json!({
            "parent": "user/gone", "access_key": "gone", "decision": "deny", "policies": [],
            "reason": "the session's parent or role does not exist or is disabled",
        })
    );
    for line in ["--user nobody", "--session ABCDEFGHIJKLMNOPQRST"] {
        let refusal = operator.refused(&format!("explain {line} --action s3:GetObject"));
        assert!(refusal.ends_with("does not exist"), "{refusal}");
    }
    let wrong = operator.run("explain --user alice --action s3:GetObject --context x");
    assert_eq!(wrong.code, 2, "{}", wrong.stderr);
}

/// The group may have held a Deny, so that what is left may not decide.
#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_does_not_exist_denies_everything() {
    let operator = operator().await;
    operator.ok("user add bob --policy readwrite --group team");
    let ask = "explain --user bob --action s3:GetObject --resource arn:aws:s3:::bucket/key";
    assert_eq!(operator.json(ask)["decision"], "allow");
    operator.ok("group disable team");
    assert_eq!(operator.json(ask)["decision"], "allow");
    operator.store.delete_group("team").await.unwrap();
    let explained = operator.json(ask);
    assert_eq!(explained["decision"], "deny");
    assert_eq!(explained["reason"], "group team does not exist");
    assert_eq!(
        operator.refused("user add carol --group team"),
        "group team does not exist"
    );
    operator.write(
        "carol.yaml",
        "users: [{access_key: carol, secret: carol-secret, groups: [team]}]",
    );
    assert_eq!(
        operator.refused("apply -f carol.yaml"),
        "carol.yaml: line 1: user carol: group team does not exist"
    );
    operator.ok("group add team");
    assert_eq!(operator.json(ask)["decision"], "allow");
}

/// The text of each block of that language in the guide.
fn blocks(language: &str) -> Vec<String> {
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/POLICY.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let fence = format!("\n```{language}\n");
    let blocks = guide.split(&fence).skip(1);
    let blocks = blocks.map(|rest| rest.split("\n```").next().unwrap().to_owned() + "\n");
    blocks.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_shows_what_the_commands_print() {
    let operator = Operator::ready().await;
    operator.write("own-folder.json", &blocks("json")[0]);
    operator.write("cases.yaml", &blocks("yaml")[0]);
    operator.write("alice.secret", "alice-secret");
    let sessions = blocks("console");
    assert_eq!(sessions.len(), 2);
    for session in sessions {
        let commands = session.split("$ sts-admin ").skip(1);
        for (line, printed) in commands.map(|it| it.split_once('\n').unwrap()) {
            let ran = operator.run(line);
            assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), (printed, ""));
            assert_eq!(ran.code, i32::from(printed.contains("FAIL")), "{line}");
        }
    }
}

const CASES: &str = r"
- name: a stored policy
  policies: [reports]
  action: s3:GetObject
  resource: arn:aws:s3:::reports/a
  context: {aws:SourceIp: 192.0.2.1}
  expect: allow
- name: a deny in it
  policies: [reports, readwrite]
  action: s3:PutObject
  resource: arn:aws:s3:::reports/secret/a
  expect: explicit-deny
";

const INLINE: &str = r"
- name: a document with a limit
  policies:
    - Version: 2012-10-17
      Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]
  session_policy:
    Version: 2012-10-17
    Statement: [{Effect: Allow, Action: s3:GetObject, Resource: '*'}]
  action: s3:PutObject
  expect: deny
";

#[tokio::test(flavor = "multi_thread")]
async fn expectations_are_checked_one_by_one() {
    let operator = operator().await;
    operator.write("cases.yaml", &format!("{CASES}{INLINE}"));
    assert_eq!(
        operator.ok("policy test -f cases.yaml"),
        "ok    a stored policy\nok    a deny in it\nok    a document with a limit\n"
    );
    operator.write(
        "wrong.yaml",
        &CASES.replace("expect: allow", "expect: deny"),
    );
    let ran = operator.run("policy test -f wrong.yaml");
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.stdout,
        "FAIL  a stored policy: deny expected, but allowed by statement Read of policy reports \
         (identity policies)\nok    a deny in it\n"
    );
    operator.write("unknown.yaml", &CASES.replace("[reports]", "[nothing]"));
    let refusal = operator.refused("policy test -f unknown.yaml");
    assert_eq!(refusal, "policy nothing does not exist");
    operator.write("key.yaml", &INLINE.replace("expect: deny", "expects: deny"));
    let refusal = operator.refused("policy test -f key.yaml");
    assert!(refusal.contains("did you mean expect?"), "{refusal}");
}

/// A pipeline has the file and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn documents_need_no_table() {
    let operator = Operator::new().await;
    operator.write("cases.yaml", INLINE);
    let mut command = operator.command("policy test -f cases.yaml");
    command.env_clear();
    let ran = crate::operator::finish(command, "");
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, "ok    a document with a limit\n")
    );
    operator.write("named.yaml", CASES);
    let mut command = operator.command("policy test -f named.yaml");
    command.env_clear();
    let ran = crate::operator::finish(command, "");
    assert_eq!(
        one_line(&ran.stderr),
        "no table is named: use --stack, --table or STS_TABLE"
    );
}
