//! A function without proper key material does not start.

use std::process::Output;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;
use tests::engine::Engine;
use tests::process::binary;
use tests::sts::{FUNCTIONS, TestSts};
use tests::table::Table;
use tokio::process::Command;

use crate::check::Outcome::Refused;
use crate::check::{outcome, success};

async fn run(function: &str, env: &[(String, String)]) -> Output {
    let mut command = Command::new(binary(function));
    command.env_clear().kill_on_drop(true);
    command.envs(env.iter().map(|(name, value)| (name, value)));
    // Nothing listens there: whoever gets this far has started.
    command.env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1");
    command.output().await.unwrap()
}

/// The only line of a function that did not start.
async fn refusal(function: &str, env: &[(String, String)]) -> String {
    let output = run(function, env).await;
    assert!(!output.status.success(), "{function} started");
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    let line: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["message"], "the function cannot start");
    line["error"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn t10_a_function_does_not_start_without_a_proper_key_file() {
    let engine = Engine::memory().await;
    let table = Table::create(&engine.url, &engine.table).await;
    let good = std::fs::read_to_string(table.key_file()).unwrap();
    let env = table.env(&table.url);
    for (text, mode, reason) in [
        (&good, 0o644, "chmod 600"),
        (&good, 0o640, "chmod 600"),
        (&"00".repeat(32), 0o600, "does not hold random bytes"),
        (&"61".repeat(32), 0o600, "does not hold random bytes"),
        (&String::new(), 0o600, "64 hexadecimal digits"),
        (
            &good.split_at(62).0.to_owned(),
            0o600,
            "64 hexadecimal digits",
        ),
        (&"minioadmin".to_owned(), 0o600, "64 hexadecimal digits"),
    ] {
        table.write_key_file(text, mode);
        let error = refusal("sts", &env).await;
        assert!(error.contains(reason), "{error}");
        assert!(text.is_empty() || !error.contains(text.as_str()), "{error}");
    }
    std::fs::remove_file(table.key_file()).unwrap();
    let error = refusal("sts", &env).await;
    assert!(error.contains("cannot be read"), "{error}");
}

#[tokio::test]
async fn t10_every_function_names_the_variable_that_is_missing() {
    let engine = Engine::memory().await;
    let table = Table::create(&engine.url, &engine.table).await;
    let env = table.env(&table.url);
    for function in FUNCTIONS.iter().map(|(name, _)| *name).chain(["sts"]) {
        for variable in ["STS_KEY_FILE", "STS_TABLE", "AWS_REGION"] {
            let without: Vec<_> = (env.iter())
                .filter(|(name, _)| name != variable)
                .cloned()
                .collect();
            let error = refusal(function, &without).await;
            let expected = match variable {
                "STS_KEY_FILE" => {
                    "environment variable STS_KEY_FILE or STS_KMS_KEY must be set".to_owned()
                }
                _ => format!("environment variable {variable} is not set"),
            };
            assert_eq!(error, expected, "{function}");
        }
    }
}

/// A good key file of another table: nothing is made up in place of the keys.
#[tokio::test]
async fn t10_a_key_file_that_opens_no_key_makes_no_credentials() {
    let sts = TestSts::start().await;
    let other = Table::create(&sts.table.url, "another-table").await;
    let text = std::fs::read_to_string(other.key_file()).unwrap();
    sts.table.write_key_file(&text, 0o600);
    let reply = sts.assume_role(&[]).await;
    outcome(
        "another key file",
        &reply,
        Refused(503, "ServiceUnavailable"),
    );
    let logs = sts.emulator.logs().join("\n");
    assert!(logs.contains("was not wrapped by this key file"));
}

/// Tables that were made when a key file was the only choice.
#[tokio::test]
async fn a_key_that_does_not_say_what_wrapped_it_is_the_key_files() {
    let sts = TestSts::start().await;
    let client = sts.table.connection().client();
    client
        .update_item()
        .table_name(&sts.table.name)
        .key("pk", AttributeValue::S("KEYRING".to_owned()))
        .update_expression("REMOVE #keys[0].wrapped_by")
        .expression_attribute_names("#keys", "keys")
        .send()
        .await
        .unwrap();
    success(&sts.assume_role(&[]).await);
}
