//! The Lambda function that serves `AssumeRoleWithClientGrants` alone.

use std::process::ExitCode;

use shared::http::run;
use shared::service::Action;
use shared::store::dynamodb::DynamoStore;

static ACTIONS: [Action<DynamoStore>; 1] = [assume_role_with_client_grants::action()];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run(&ACTIONS).await
}
