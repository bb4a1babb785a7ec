//! The Lambda function behind the one endpoint that every SDK expects: all actions, `POST /`.
//!
//! An HTTP API routes on method and path only, and SDKs put the action into the body. So one
//! function links every action and dispatches in-process, without a second invocation.

use std::process::ExitCode;

use shared::http::run;
use shared::service::Action;
use shared::store::dynamodb::DynamoStore;

static ACTIONS: [Action<DynamoStore>; 6] = [
    assume_role::action(),
    assume_role_with_client_grants::action(),
    assume_role_with_custom_token::action(),
    assume_role_with_web_identity::action(),
    get_caller_identity::action(),
    revoke_session::action(),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run(&ACTIONS).await
}
