//! The Lambda function that serves `RevokeSession` alone.

use std::process::ExitCode;

use shared::http::run;
use shared::service::Action;
use shared::store::dynamodb::DynamoStore;

static ACTIONS: [Action<DynamoStore>; 1] = [revoke_session::action()];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run(&ACTIONS).await
}
