//! The smallest HTTP function: what the others are measured against.

use lambda_http::{Body, Error, Request, Response, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}

async fn handle(_: Request) -> Result<Response<Body>, Error> {
    Ok(Response::new("ok".into()))
}
