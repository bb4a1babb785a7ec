//! The Lambda function that serves `AssumeRole` alone, at `POST /AssumeRole`.

use std::process::ExitCode;

use shared::http::run;
use shared::service::Action;
use shared::store::dynamodb::DynamoStore;

static ACTIONS: [Action<DynamoStore>; 1] = [assume_role::action()];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run(&ACTIONS).await
}
