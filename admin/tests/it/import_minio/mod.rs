//! `import-minio`.

mod archives;
mod export;

use std::fs;
use std::io::Write as _;

use serde_json::json;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::commands::secret_of;
use crate::operator::Operator;
use export::EXPORT;

/// An archive as a server streams it: sizes stand behind the entries.
fn zipped<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let mut zip = ZipWriter::new_stream(Vec::new());
    for (name, text) in entries {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A small export: one user with one policy.
fn one_user(secret: &str, document: &str) -> Vec<u8> {
    let policies = format!(r#"{{"reports":{document}}}"#);
    let users = format!(r#"{{"alice":{{"secretKey":"{secret}","status":"enabled"}}}}"#);
    zipped([
        ("iam-assets/policies.json", policies.as_str()),
        ("iam-assets/users.json", users.as_str()),
        (
            "iam-assets/groups.json",
            r#"{"team":{"status":"enabled","members":["alice"]}}"#,
        ),
        (
            "iam-assets/user_mappings.json",
            r#"{"alice":{"policy":"reports"}}"#,
        ),
    ])
}

fn reading(bucket: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::{bucket}/*"]}}]}}"#
    )
}

async fn operator_with(archive: &[u8]) -> Operator {
    let operator = Operator::ready().await;
    fs::write(operator.path("iam.zip"), archive).unwrap();
    operator
}

fn is_untouched(operator: &Operator) {
    assert_eq!(operator.json("user list"), json!([]));
    assert_eq!(operator.json("group list"), json!([]));
    assert_eq!(operator.json("policy list").as_array().unwrap().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_shown_before_it_is_done() {
    let operator = operator_with(&zipped(EXPORT)).await;
    let dry = operator.ok("import-minio iam.zip --dry-run");
    let asked = operator.run("import-minio iam.zip");
    is_untouched(&operator);
    insta::assert_snapshot!(dry, @r#"
    + policy operators
    = policy readonly
    = policy readwrite
    + policy reports
    + group idle
    + group team
    + user alice
    + user bob
    + user dave
    ! entry iam-assets/buckets.json: not understood
    ! service account SVCACCOUNT0000000001: there are none here; alice can assume a role instead
    ! mapping of external user uid=ivan,dc=example,dc=com: a provider or plugin gives users like this their policies
    ! policy operators: nobody asks about admin:ServerInfo, kms:KeyStatus here
    ! policy public: Statement[0].Principal: only policies of resources name principals
    ! policy tables: action s3tables:* is of a service that is not known
    ! group publishers: policy public is not imported, and does not exist
    ! group team: member mallory is no user of the archive
    ! mapping of group cn=staff,dc=example,dc=com: the archive has no such group
    ! mapping of user nobody: the archive has no such user
    ! user carol: group publishers is not imported
    ! user dave: "nickname" is not understood
    ! user eve: its secret is unusable: Member must have length greater than or equal to 8
    ! user frank/x: no valid name: Member must satisfy regular expression pattern: [\x21-\x7E&&[^/,=]]*
    ! user grace: its status is neither enabled nor disabled
    ! user heidi\u{1b}[2J: no valid name: Member must satisfy regular expression pattern: [\x21-\x7E&&[^/,=]]*
    7 to add, 0 to change, 2 unchanged; nothing written
    "#);
    assert_eq!((asked.code, asked.stderr.as_str()), (1, ""));
    assert_eq!(
        asked.stdout,
        dry.trim_end().to_owned() + ": confirm with --yes\n"
    );
    let done = operator.ok("import-minio iam.zip --yes");
    assert_eq!(
        done,
        dry.replace(
            "7 to add, 0 to change, 2 unchanged; nothing written",
            "7 added, 0 changed, 2 unchanged"
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn users_groups_and_policies_are_what_they_were() {
    let operator = operator_with(&zipped(EXPORT)).await;
    operator.ok("import-minio iam.zip --yes");
    assert_eq!(secret_of(&operator, "alice").await, "alice-hush");
    let alice = operator.json("user show alice");
    assert_eq!(alice["status"], "enabled");
    assert_eq!(alice["policies"], json!(["readwrite", "reports"]));
    assert_eq!(alice["groups"], json!(["team"]));
    let bob = operator.json("user show bob");
    assert_eq!(
        (&bob["status"], &bob["groups"]),
        (&json!("disabled"), &json!(["team"]))
    );
    assert_eq!(
        operator.json("group show team")["policies"],
        json!(["reports"])
    );
    assert_eq!(operator.json("group show idle")["status"], "disabled");
    let reports = operator.json("policy show reports");
    assert_eq!(reports["document"]["Id"], "r");
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_on_keys_that_nobody_supplies_are_warned_about() {
    let document = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Guard","Effect":"Deny","Action":["s3:*"],"Resource":["arn:aws:s3:::*"],"Condition":{"StringEquals":{"aws:SourceIPs":"x"}}}]}"#;
    let operator = operator_with(&one_user("alice-hush", document)).await;
    let found = "policy reports: statement Guard: nobody supplies the condition key aws:sourceips, \
                 so the statement denies whatever its value";
    let refused = operator.refused("import-minio iam.zip --yes --strict");
    assert_eq!(refused, found);
    is_untouched(&operator);
    let done = operator.ok("import-minio iam.zip --yes");
    assert!(done.contains(&format!("warning: {found}\n")), "{done}");
}

/// What cannot be imported is named as what it is, not as whoever has it.
#[tokio::test(flavor = "multi_thread")]
async fn names_are_those_that_the_server_had() {
    let document = reading("a");
    let policies = format!(r#"{{"1Password IT":{document},"x,y":{document}}}"#);
    let alice = r#"{"secretKey":"alice-hush","status":"enabled"}"#;
    let users = format!(r#"{{"alice":{alice},"bob":{alice}}}"#);
    let archive = zipped([
        ("iam-assets/policies.json", policies.as_str()),
        ("iam-assets/users.json", users.as_str()),
        (
            "iam-assets/groups.json",
            r#"{"some group":{"status":"enabled","members":["alice"]},"cn=a,dc=b":{"status":"enabled","members":[]}}"#,
        ),
        (
            "iam-assets/user_mappings.json",
            r#"{"alice":{"policy":"1Password IT, readwrite"},"bob":{"policy":"readwrite,a\tb"}}"#,
        ),
        (
            "iam-assets/group_mappings.json",
            r#"{"some group":{"policy":"1Password IT"}}"#,
        ),
    ]);
    let operator = operator_with(&archive).await;
    insta::assert_snapshot!(operator.ok("import-minio iam.zip --yes"), @r#"
    + policy 1Password IT
    + group some group
    + user alice
    ! policy x,y: no valid name: Member must satisfy regular expression pattern: [^,\p{C}\p{Z}]+( +[^,\p{C}\p{Z}]+)*
    ! group cn=a,dc=b: no valid name: Member must satisfy regular expression pattern: [^,\p{C}\p{Z}]+( +[^,\p{C}\p{Z}]+)*
    ! user bob: policy "a\tb" has no valid name: Member must satisfy regular expression pattern: [^,\p{C}\p{Z}]+( +[^,\p{C}\p{Z}]+)*
    3 added, 0 changed, 0 unchanged
    "#);
    let alice = operator.json("user show alice");
    assert_eq!(alice["policies"], json!(["1Password IT", "readwrite"]));
    assert_eq!(alice["groups"], json!(["some group"]));
    assert!(
        operator
            .ok("import-minio iam.zip")
            .ends_with("nothing to change\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_import_changes_nothing() {
    let operator = operator_with(&zipped(EXPORT)).await;
    operator.ok("import-minio iam.zip --yes");
    let policies = operator.json("policy list");
    for line in ["import-minio iam.zip", "import-minio iam.zip --overwrite"] {
        let again = operator.ok(line);
        assert!(again.ends_with("\nnothing to change\n"), "{again}");
        assert!(!again.contains("exists and stays"), "{again}");
    }
    assert_eq!(operator.json("policy list"), policies);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_exists_stays_unless_asked() {
    let operator = operator_with(&one_user("first-hush", &reading("first"))).await;
    operator.ok("import-minio iam.zip --yes");
    operator.ok("user disable alice");
    fs::write(
        operator.path("iam.zip"),
        one_user("second-hush", &reading("second")),
    )
    .unwrap();

    let kept = operator.ok("import-minio iam.zip --yes");
    insta::assert_snapshot!(kept, @r"
    = group team
    ! policy reports: exists and stays as it is; --overwrite: document changed
    ! user alice: exists and stays as it is; --overwrite: secret changed, disabled -> enabled
    nothing to change
    ");
    assert_eq!(secret_of(&operator, "alice").await, "first-hush");
    assert_eq!(operator.json("user show alice")["status"], "disabled");

    let overwritten = operator.ok("import-minio iam.zip --yes --overwrite");
    insta::assert_snapshot!(overwritten, @r"
    ~ policy reports: document changed
    = group team
    ~ user alice: secret changed, disabled -> enabled
    0 added, 2 changed, 1 unchanged
    ");
    assert_eq!(secret_of(&operator, "alice").await, "second-hush");
    let shown = operator.ok("policy show reports");
    assert!(shown.contains("arn:aws:s3:::second/*"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_no_secret_is_shown() {
    let operator = operator_with(&zipped(EXPORT)).await;
    let mut outputs = String::new();
    for line in [
        "import-minio iam.zip",
        "import-minio iam.zip --dry-run --output json",
        "import-minio iam.zip --yes --output json",
        "import-minio iam.zip",
    ] {
        let ran = operator.run(line);
        outputs += &(ran.stdout + &ran.stderr);
    }
    assert!(outputs.contains("alice"));
    assert!(!outputs.contains("hush"), "{outputs}");
    // Nor anything that would move the cursor of a terminal.
    assert!(!outputs.contains('\u{1b}'), "{outputs}");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_get_the_same_as_people() {
    let operator = operator_with(&zipped(EXPORT)).await;
    let record = operator.json("import-minio iam.zip --yes");
    assert_eq!(record["written"], true);
    let alice = json!({"action": "add", "kind": "user", "name": "alice", "details": []});
    assert!(record["items"].as_array().unwrap().contains(&alice));
    let tables = json!({
        "kind": "policy", "name": "tables",
        "text": "action s3tables:* is of a service that is not known",
    });
    assert!(record["notes"].as_array().unwrap().contains(&tables));
}
