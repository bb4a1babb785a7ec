//! The emulator against a function that shows what it got.

use serde_json::{Value, json};
use tests::client::{Client, Reply};
use tests::emulator::Emulator;
use tests::process::binary;

/// The probe behind `$default`, and a client of it.
async fn probe() -> (Emulator, Client) {
    let emulator = Emulator::builder()
        .function("probe", &binary("probe-function"), &[("KEY", "value")])
        .route("$default", "probe")
        .start()
        .await;
    let client = Client::new(emulator.url());
    (emulator, client)
}

fn json(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap()
}

#[tokio::test]
async fn an_empty_function_answers() {
    let emulator = Emulator::builder()
        .function("empty", &binary("empty-function"), &[])
        .route("$default", "empty")
        .start()
        .await;
    let client = Client::new(emulator.url());
    let reply = client.send(client.request("GET", "/")).await;
    assert_eq!((reply.status.as_u16(), reply.text()), (200, "ok"));
    let reply = emulator.invoke_raw("empty", &json!({})).await;
    println!("{reply:?}");
    println!("{:?}", emulator.processes("empty"));
}

#[tokio::test]
async fn echo() {
    let (emulator, client) = probe().await;
    let reply = client
        .send(client.form("/echo?a=b", &[("Action", "X y")]))
        .await;
    println!("{:#}", json(&reply));
    let reply = client
        .send(client.form("/context?a=b", &[("Action", "X y")]))
        .await;
    println!("{:#}", json(&reply));
    println!("{:?}", emulator.processes("probe"));
}
