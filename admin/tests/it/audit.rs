//! `audit tail`, from a file of log lines.

use serde_json::{Value, json};

use crate::operator::{Operator, finish};

const LINES: &str = concat!(
    r#"{"timestamp":"2999-01-01T00:00:02.000Z","message":"audit","event":"revoked","action":"RevokeSession","code":"OK","caller":"foobar","revoked":"user/foobar"}"#,
    "\n",
    r#"{"timestamp":"2999-01-01T00:00:01.000Z","message":"call","action":"AssumeRole"}"#,
    "\n",
    " INFO sts: ",
    r#"{"timestamp":"2999-01-01T00:00:00.000Z","message":"audit","event":"issued","action":"AssumeRole","code":"OK","caller":"foobar","session":"ASIA1","source_ip":"192.0.2.1"}"#,
    "\n{not JSON}\nneither\n",
    r#"{"timestamp":"2001-01-01T00:00:00.000Z","message":"audit","event":"issued","action":"AssumeRole","code":"OK","caller":"foobar"}"#,
    "\n",
    r#"{"timestamp":"2999-01-01T00:00:03.000Z","message":"audit","event":"refused","action":"AssumeRole","code":"AccessDenied","caller":"other"}"#,
    "\n",
);

/// The lines of text that the command prints.
fn tail(operator: &Operator, options: &str) -> Vec<String> {
    let printed = operator.ok(&format!("audit tail --file log {options}"));
    let lines = printed.lines().filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_found_among_other_lines_and_sorted() {
    let operator = Operator::new().await;
    operator.write("log", LINES);
    let issued = "2999-01-01T00:00:00.000Z  issued  AssumeRole  OK  foobar  ASIA1  192.0.2.1  -";
    let revoked = "2999-01-01T00:00:02.000Z  revoked  RevokeSession  OK  foobar  -  -  user/foobar";
    let refused = "2999-01-01T00:00:03.000Z  refused  AssumeRole  AccessDenied  other  -  -  -";
    assert_eq!(tail(&operator, ""), [issued, revoked, refused]);
    assert_eq!(tail(&operator, "--event revoked"), [revoked]);
    assert_eq!(tail(&operator, "--caller other"), [refused]);
    assert_eq!(tail(&operator, "--session ASIA1"), [issued]);
    assert_eq!(tail(&operator, "--since 40000d").len(), 4);
    let events = operator.json("audit tail --file log --event issued");
    assert_eq!(events[0]["source_ip"], json!("192.0.2.1"));
    assert_eq!(events.as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn standard_input_will_do() {
    let operator = Operator::new().await;
    let command = operator.command("audit tail --file - --output json");
    let ran = finish(command, LINES);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let events: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(events.as_array().map(Vec::len), Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_said_or_not_sense_is_refused() {
    let operator = Operator::new().await;
    for (line, reason) in [
        (
            "audit tail",
            "where the events are is not said: use --stack or --file",
        ),
        (
            "audit tail --file log --since 1w",
            "an age is a number and m, h or d",
        ),
        ("audit tail --file log --follow", "cannot be used with"),
        ("audit tail --file log --event done", "invalid value 'done'"),
    ] {
        let ran = operator.run(line);
        assert_eq!(ran.code, 2, "{line}");
        assert!(ran.stderr.contains(reason), "{line}: {}", ran.stderr);
    }
}
