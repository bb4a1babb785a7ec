//! `init`, `user`, `group`, `policy`, `key`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use shared::model::{AccessKeyId, SecretAccessKey};
use shared::store::{ManageUsers as _, ReadUsers as _, User};

use crate::engine::all;
use crate::operator::{Operator, finish, one_line};

pub(crate) const DOCUMENT: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;

/// The secret of a stored user, opened as a function would open it.
pub(crate) async fn secret_of(operator: &Operator, name: &str) -> String {
    let access_key = AccessKeyId::parse(name).unwrap();
    let user = operator.store.user(&access_key).await.unwrap().unwrap();
    let keys = operator.keys().await;
    let secret = keys
        .open(&User::item_key(&access_key), &user.secret)
        .unwrap();
    String::from_utf8(secret.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn init_makes_everything_once() {
    let operator = Operator::new().await;
    let first = operator.ok("init");
    let kid = operator.keys().await.active_kid().to_owned();
    insta::assert_snapshot!(first.replace(&kid, "KID"), @r"
    + table sts
    + expiry of items
    + key KID
    + policy readonly
    + policy readwrite
    + policy writeonly
    + policy diagnostics
    + policy consoleAdmin
    ");
    assert_eq!(operator.ok("init"), first.replace('+', "="));
    assert_eq!(operator.keys().await.active_kid(), kid);
    let again = operator.json("init");
    assert_eq!(again["made"].as_array().unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn t10_init_needs_the_right_and_private_key_file() {
    let operator = Operator::new().await;
    let mut command = operator.command("init");
    command.env_remove("STS_KEY_FILE");
    let ran = finish(command, "");
    assert_eq!(ran.code, 2);
    assert_eq!(
        one_line(&ran.stderr),
        "this needs a key file or a KMS key: \
         use --key-file, STS_KEY_FILE, --kms-key or STS_KMS_KEY"
    );
    let mut command = operator.command("init");
    command.env("STS_KMS_KEY", "alias");
    command.env("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:1");
    let ran = finish(command, "");
    assert_eq!(ran.code, 2);
    assert_eq!(
        one_line(&ran.stderr),
        "a key file (--key-file, STS_KEY_FILE) and a KMS key (--kms-key, STS_KMS_KEY) \
         exclude each other"
    );
    assert!(operator.store.table_state().await.unwrap().is_none());
    fs::set_permissions(operator.path("key"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(
        operator.refused("init"),
        "the key file must be accessible by its owner only: chmod 600"
    );
    fs::set_permissions(operator.path("key"), fs::Permissions::from_mode(0o600)).unwrap();
    operator.ok("init");
    let other = "3b7e19c4f05a8d62e1947bd80c2f6a53915ed7b4280cf36ea1d84b7960e2c51f";
    let kid = operator.keys().await.active_kid().to_owned();
    operator.write("key", other);
    let expected = format!(
        "the active key {kid} does not open: the wrapped key was changed, \
         belongs to another key or table, or was not wrapped by this key file"
    );
    for line in ["init", "key rotate", "user add alice"] {
        assert_eq!(operator.refused(line), expected, "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_said_in_one_line() {
    let operator = Operator::new().await;
    let mut command = operator.command("user list");
    command.env("STS_TABLE", "");
    let ran = finish(command, "");
    assert_eq!(ran.code, 2);
    assert_eq!(
        one_line(&ran.stderr),
        "no table is named: use --stack, --table or STS_TABLE"
    );
    let explanation = operator.refused("user list");
    assert!(
        explanation.contains("ResourceNotFoundException"),
        "{explanation}"
    );
    let mut command = operator.command("user list");
    command.env("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1");
    let ran = finish(command, "");
    assert_eq!(ran.code, 1);
    assert!(
        one_line(&ran.stderr).starts_with("the table cannot be used: "),
        "{}",
        ran.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_another_shape_is_refused() {
    let operator = Operator::new().await;
    operator.engine.create_foreign_table();
    assert_eq!(
        operator.refused("init"),
        "table sts cannot serve: its key is id (hash), not pk (hash); it has no index by_owner"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_life() {
    let operator = Operator::ready().await;
    operator.ok("group add team");
    let added =
        operator.ok("user add alice --policy readonly --group team --max-session-seconds 900");
    let secret = secret_of(&operator, "alice").await;
    assert_eq!(
        added,
        format!("user alice is added\nsecret access key, shown only now: {secret}\n")
    );
    assert_eq!(secret.len(), 40);
    insta::assert_snapshot!(operator.ok("user list"), @r"
    ACCESS_KEY  STATUS   POLICIES  GROUPS
    alice       enabled  readonly  team
    ");
    operator.ok("user disable alice");
    let shown = operator.json("user show alice");
    assert_eq!(shown["status"], "disabled");
    assert_eq!(shown["max_session_seconds"], 900);
    operator.ok("user enable alice");
    assert_eq!(operator.json("user show alice")["status"], "enabled");
    assert_eq!(
        operator.refused("user add alice"),
        "user alice exists already"
    );
    assert_eq!(secret_of(&operator, "alice").await, secret);
    assert_eq!(operator.ok("user remove alice"), "user alice is removed\n");
    for command in ["show", "disable", "enable", "rotate-secret", "remove"] {
        assert_eq!(
            operator.refused(&format!("user {command} alice")),
            "user alice does not exist"
        );
    }
    assert_eq!(operator.json("user list"), serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_come_from_where_they_do_not_show() {
    let operator = Operator::ready().await;
    operator.write("secret", "from-a-file\n");
    let mut outputs = String::new();
    outputs += &operator.ok("user add alice --secret-file secret");
    assert_eq!(secret_of(&operator, "alice").await, "from-a-file");
    let ran = operator.run_with_input("user rotate-secret alice --secret-stdin", "from-stdin\n");
    outputs += &ran.stdout;
    assert_eq!(secret_of(&operator, "alice").await, "from-stdin");
    let mut command = operator.command("user rotate-secret alice --secret-env NEW_SECRET");
    command.env("NEW_SECRET", "from-the-environment");
    outputs += &finish(command, "").stdout;
    assert_eq!(secret_of(&operator, "alice").await, "from-the-environment");
    outputs += &operator.ok("user show alice");
    outputs += &operator.ok("user list --output json");
    assert!(!outputs.contains("from-"), "{outputs}");

    let rotated = operator.json("user rotate-secret alice");
    let secret = rotated["secret_access_key"].as_str().unwrap();
    assert!(SecretAccessKey::parse(secret).is_ok());
    assert_eq!(secret_of(&operator, "alice").await, secret);
    let ran = operator.run_with_input("user rotate-secret alice --secret-stdin", "hush\n");
    assert_eq!(
        one_line(&ran.stderr),
        "the secret in - is unusable: Member must have length greater than or equal to 8"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_user_refers_to_must_exist() {
    let operator = Operator::ready().await;
    assert_eq!(
        operator.refused("user add alice --policy nope"),
        "policy nope does not exist"
    );
    assert_eq!(
        operator.refused("user add alice --group nope"),
        "group nope does not exist"
    );
    assert!(
        operator
            .refused("user add custom:alice")
            .contains("cannot be")
    );
    assert!(all(operator.store.list_users().await).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_and_policies_in_use_stay() {
    let operator = Operator::ready().await;
    operator.write("reports.json", DOCUMENT);
    assert_eq!(
        operator.ok("policy add reports -f reports.json"),
        "policy reports is added\n"
    );
    assert_eq!(
        operator.refused("policy add reports -f reports.json"),
        "policy reports exists already"
    );
    assert_eq!(operator.ok("policy show reports"), format!("{DOCUMENT}\n"));
    operator.ok("group add team --policy reports");
    assert_eq!(
        operator.refused("group add team --policy reports"),
        "group team exists already"
    );
    operator.ok("user add alice --group team --policy reports");
    assert_eq!(
        operator.refused("policy remove reports"),
        "policy reports is attached to user alice, group team"
    );
    assert_eq!(
        operator.refused("group remove team"),
        "group team has members: alice"
    );
    operator.ok("group disable team");
    insta::assert_snapshot!(operator.ok("group show team"), @r"
    NAME      team
    STATUS    disabled
    POLICIES  reports
    MEMBERS   alice
    ");
    operator.ok("user remove alice");
    operator.ok("group remove team");
    operator.ok("policy remove reports");
    assert_eq!(
        operator.refused("policy show reports"),
        "policy reports does not exist"
    );
    operator.write("broken.json", "{\"Statement\": [}");
    let explanation = operator.refused("policy add broken -f broken.json");
    assert!(
        explanation.starts_with("policy broken: syntax error at line 1, column "),
        "{explanation}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_rotate_and_retire_without_losing_a_secret() {
    let operator = Operator::ready().await;
    operator.write("secret", "foo12345");
    operator.ok("user add foobar --secret-file secret");
    let old = operator.keys().await.active_kid().to_owned();
    operator.ok("key rotate");
    let active = |keys: serde_json::Value| {
        let keys = keys.as_array().unwrap().clone();
        let active = keys.iter().find(|key| key["state"] == "active").unwrap();
        active["kid"].as_str().unwrap().to_owned()
    };
    let new = active(operator.json("key list"));
    assert_ne!(old, new);
    assert_eq!(
        operator.keys().await.active_kid(),
        old,
        "a new key signs once all know it"
    );
    assert_eq!(secret_of(&operator, "foobar").await, "foo12345");
    let keys = operator.json("key list");
    let states: Vec<_> = keys
        .as_array()
        .unwrap()
        .iter()
        .map(|k| (&k["kid"], &k["state"]))
        .collect();
    assert_eq!(
        format!("{states:?}"),
        format!(
            "{:?}",
            [(&old, "verifying"), (&new, "active")]
                .map(|(k, s)| (serde_json::json!(k), serde_json::json!(s)))
        )
    );
    assert_eq!(
        operator.refused(&format!("key retire {new}")),
        format!("key {new} is active: rotate first")
    );
    assert!(
        operator
            .refused(&format!("key retire {old}"))
            .starts_with(&format!("sessions may need key {old} until "))
    );
    assert_eq!(
        operator.ok(&format!("key retire {old} --force")),
        format!("key {old} is retired; 1 secrets were sealed anew\n")
    );
    assert!(!operator.keys().await.knows(&old));
    assert_eq!(secret_of(&operator, "foobar").await, "foo12345");
    assert_eq!(operator.json("user show foobar")["sealed_with"], new);
    assert_eq!(
        operator.refused(&format!("key retire {old} --force")),
        format!("key {old} is retired already")
    );
    assert_eq!(
        operator.refused("key retire nope"),
        "key nope does not exist"
    );
}
