//! A function that shows what it got, and misbehaves on request.
//!
//! | path | what happens |
//! |---|---|
//! | `/echo` | the event, as a reply without `statusCode` |
//! | `/context` | request id, deadline, ARN, trace id and environment variables |
//! | `/reply` | the request's body is the function's reply |
//! | `/log` | the request's body goes to stdout and stderr |
//! | `/panic`, `/exit`, `/hang` | the handler panics, the process ends, no reply ever comes |
//!
//! With `PROBE_INIT` set to `exit` the process ends before it asks for an event.

use lambda_http::lambda_runtime::{self, Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    if env("PROBE_INIT") == "exit" {
        return Err("told to end".into());
    }
    lambda_runtime::run(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let text = |field| event.payload.get(field).and_then(Value::as_str);
    let body = || text("body").unwrap_or_default();
    match text("rawPath").unwrap_or_default() {
        "/context" => Ok(context(&event.context)),
        "/reply" => Ok(serde_json::from_str(body())?),
        "/log" => {
            println!("out: {}", body());
            eprintln!("err: {}", body());
            Ok(json!({ "statusCode": 204 }))
        }
        "/panic" => panic_on_request(),
        "/exit" => std::process::exit(7),
        "/hang" => std::future::pending().await,
        _ => Ok(event.payload),
    }
}

fn context(context: &lambda_runtime::Context) -> Value {
    json!({
        "requestId": context.request_id,
        "deadline": context.deadline,
        "arn": context.invoked_function_arn,
        "traceId": context.xray_trace_id,
        "env": std::env::vars().collect::<std::collections::BTreeMap<_, _>>(),
    })
}

#[expect(clippy::panic, reason = "the emulator has to cope with it")]
fn panic_on_request() -> ! {
    panic!("told to panic")
}

#[expect(
    clippy::disallowed_methods,
    reason = "shared::config is for the service's own functions"
)]
fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}
