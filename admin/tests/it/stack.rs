//! `--stack`, with a CloudFormation that knows one stack.

use crate::engine::TABLE;
use crate::http::{listen, serve};
use crate::operator::{Operator, Ran, finish, one_line};

const STACK: &str = "production";

/// `DescribeStacks` for [`STACK`] with these outputs, until the test ends. Returns the endpoint.
fn cloudformation(outputs: &'static [(&str, &str)]) -> String {
    let (listener, endpoint) = listen();
    serve(listener, move |request| answer(&request.body, outputs));
    endpoint
}

fn answer(body: &str, outputs: &[(&str, &str)]) -> (u16, String) {
    assert!(body.contains("Action=DescribeStacks"), "{body}");
    if body.contains(&format!("StackName={STACK}")) {
        (200, described(outputs))
    } else {
        (400, MISSING.to_owned())
    }
}

const MISSING: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>\
    <Message>Stack with id other does not exist</Message></Error></ErrorResponse>";

fn described(outputs: &[(&str, &str)]) -> String {
    let member = |(key, value): &(&str, &str)| {
        format!("<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>")
    };
    let outputs: String = outputs.iter().map(member).collect();
    format!(
        "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\
         <DescribeStacksResult><Stacks><member><StackName>{STACK}</StackName>\
         <CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus>\
         <Outputs>{outputs}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
    )
}

/// Runs a command that knows nothing but the stack.
fn run(operator: &Operator, outputs: &'static [(&str, &str)], line: &str) -> Ran {
    let mut command = operator.command(line);
    command
        .env_remove("STS_TABLE")
        .env_remove("STS_KEY_FILE")
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ENDPOINT_URL_CLOUDFORMATION", cloudformation(outputs));
    finish(command, "")
}

const OUTPUTS: &[(&str, &str)] = &[
    ("Endpoint", "https://sts.example.com"),
    ("KeyArn", "arn:aws:kms:us-east-1:123456789012:key/1"),
    ("TableName", TABLE),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_stack_names_table_and_key() {
    let operator = Operator::ready().await;
    let ran = run(&operator, OUTPUTS, "policy list --stack production");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(ran.stdout, operator.ok("policy list"));
    let ran = run(&operator, OUTPUTS, "init --stack production");
    // The keys of this table are wrapped by a file.
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("needs a key file"), "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_of_another_kind_is_refused() {
    let operator = Operator::ready().await;
    for (outputs, stack, reason) in [
        (
            OUTPUTS,
            "other",
            "stack other cannot be read: Stack with id other does not exist",
        ),
        (
            &[],
            STACK,
            "stack production has no output KeyArn: is it made from template.yaml, and ready?",
        ),
    ] {
        let ran = run(&operator, outputs, &format!("policy list --stack {stack}"));
        assert_eq!((ran.code, one_line(&ran.stderr).as_str()), (1, reason));
    }
}

/// Which of the two would be meant?
#[tokio::test(flavor = "multi_thread")]
async fn a_stack_excludes_what_it_names() {
    let operator = Operator::ready().await;
    let ran = operator.run("policy list --stack production");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("cannot be used with"), "{}", ran.stderr);
}
