//! The Lambda function that API Gateway asks about requests to other APIs.

use std::process::ExitCode;

use authorizer::{Authorizer, Settings};
use shared::config::variable;
use shared::http::serve_events;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve_events(|config| {
        let settings = Settings::from_lookup(variable)?;
        let cache_seconds = config.cache_seconds;
        Ok(Authorizer::new(config.deps(cache_seconds)?, settings))
    })
    .await
}
