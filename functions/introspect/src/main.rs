//! The Lambda function behind `POST /introspect`.

use std::process::ExitCode;

use introspect::Introspection;
use shared::http::serve_events;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve_events(|config| {
        let cache_seconds = config.cache_seconds;
        Ok(Introspection::new(config.deps(cache_seconds)?))
    })
    .await
}
