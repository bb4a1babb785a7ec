//! Names with blanks, and names that cannot be.

use crate::commands::DOCUMENT;
use crate::operator::{Operator, Ran, finish, one_line};

/// Runs a line with more arguments behind it, each as it is.
fn with(operator: &Operator, line: &str, arguments: &[&str]) -> Ran {
    let mut command = operator.command(line);
    command.args(arguments);
    finish(command, "")
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_and_groups_have_names_with_blanks() {
    let operator = Operator::ready().await;
    operator.write("reports.json", DOCUMENT);
    let (policy, group) = ("1Password IT", "some group für R&D");
    for (line, arguments) in [
        ("policy add -f reports.json", &[policy][..]),
        ("group add", &[group, "--policy", policy]),
        ("user add alice", &["--policy", policy, "--group", group]),
    ] {
        let ran = with(&operator, line, arguments);
        assert_eq!(ran.code, 0, "{line}: {}", ran.stderr);
    }
    let shown = with(&operator, "policy show", &[policy]);
    assert_eq!(shown.stdout, format!("{DOCUMENT}\n"));
    insta::assert_snapshot!(with(&operator, "group show", &[group]).stdout, @r"
    NAME      some group für R&D
    STATUS    enabled
    POLICIES  1Password IT
    MEMBERS   alice
    ");
    let explained = with(
        &operator,
        "explain --user alice --action s3:GetObject",
        &["--resource", "arn:aws:s3:::reports/a"],
    );
    insta::assert_snapshot!(explained.stdout, @r"
    allow: allowed by statement 0 of policy 1Password IT (identity policies)
    looked at 1Password IT (identity policies)
    ");
    let removed = with(&operator, "policy remove", &[policy]);
    assert_eq!(
        one_line(&removed.stderr),
        "policy 1Password IT is attached to user alice, group some group für R&D"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_cannot_be_is_named_with_its_kind() {
    let operator = Operator::ready().await;
    operator.write("reports.json", DOCUMENT);
    let rule =
        "Member must satisfy regular expression pattern: [^,\\p{C}\\p{Z}]+( +[^,\\p{C}\\p{Z}]+)*";
    for (line, arguments, what) in [
        (
            "policy add -f reports.json",
            &["x,y"][..],
            r#"policy "x,y""#,
        ),
        ("policy add -f reports.json", &[" x"], r#"policy " x""#),
        ("group add", &["x "], r#"group "x ""#),
        ("group add g", &["--policy", "x\ty"], r#"policy "x\ty""#),
        ("user add alice", &["--policy", "x,y"], r#"policy "x,y""#),
        (
            "user add alice",
            &["--group", "x\u{202e}y"],
            r#"group "x\u{202e}y""#,
        ),
    ] {
        let ran = with(&operator, line, arguments);
        assert_eq!(
            one_line(&ran.stderr),
            format!("{what} has no valid name: {rule}")
        );
    }
}
