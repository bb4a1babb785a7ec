//! The Lambda function that serves `GetCallerIdentity` alone.

use std::process::ExitCode;

use shared::http::run;
use shared::service::Action;
use shared::store::dynamodb::DynamoStore;

static ACTIONS: [Action<DynamoStore>; 1] = [get_caller_identity::action()];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run(&ACTIONS).await
}
