//! Release binaries behind the emulator over the engine in memory: requests per second,
//! latency, cold start, memory and size, beside an empty function in the same run.
//!
//! The figures go to standard output as JSON; `report.py` makes a page of them.
#![expect(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a benchmark that cannot measure stops on the spot"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use shared::clock::{Clock as _, SystemClock};
use tests::authorizer;
use tests::client::Client;
use tests::emulator::Emulator;
use tests::engine::Engine;
use tests::plugin::{Answer, Plugin};
use tests::process::binary;
use tests::provider::{DISCOVERY, Provider, SigningKey};
use tests::sts::{CONFIG, Credentials, action, user};
use tests::table::Table;

const REQUESTS: usize = 2000;
const PROCESSES: usize = 4;
const COLD_STARTS: usize = 20;

/// Lets sessions of the user send requests to an API.
const INVOKE: &str = "
policies:
  - name: invoke
    document: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: execute-api:Invoke, Resource: '*'}]}
users:
  - {access_key: foobar, policies: [readwrite, invoke]}
";

#[tokio::main]
async fn main() {
    let engine = Engine::memory().await;
    let table = Table::create(&engine.url, &engine.table).await;
    let plugin = Plugin::start(Answer::vouch("Alice", 3600).after(Duration::from_millis(1))).await;
    let key = SigningKey::new("RS256", "k1");
    let provider = Provider::start(&[&key]).await;
    table.apply(&config(&plugin.url, &provider)).await;
    table.apply(INVOKE).await;
    let env = table.env(&engine.url);

    let exchange = [
        ("Token", "aaa"),
        ("RoleArn", "arn:minio:iam:::role/idmp-bench"),
    ];
    let custom_token = action("AssumeRoleWithCustomToken", &exchange);
    let custom_token = |client: &Client| client.form("/", &custom_token);
    let token = key.token(&claims(&provider.issuer));
    let web_identity = action("AssumeRoleWithWebIdentity", &[("WebIdentityToken", &token)]);
    let web_identity = |client: &Client| client.form("/", &web_identity);
    let rows: [Row<'_>; 6] = [
        ("empty function", 1, &empty),
        ("AssumeRole", 1, &assume_role),
        ("empty function", 16, &empty),
        ("AssumeRole", 16, &assume_role),
        (
            "AssumeRoleWithCustomToken, plugin of 1 ms",
            16,
            &custom_token,
        ),
        ("AssumeRoleWithWebIdentity, RS256", 16, &web_identity),
    ];
    let mut load = Vec::new();
    for row in rows {
        load.push(measure(row, &env).await);
    }
    load.push(measure_authorizer(&env).await);
    let cold = json!({
        "empty function": cold_starts("empty-function", &env, empty).await,
        "AssumeRole": cold_starts("sts", &env, assume_role).await,
    });
    let size = std::fs::metadata(binary("sts")).unwrap().len();
    println!(
        "{}",
        json!({"load": load, "cold_start_ms": cold, "binary_bytes": size, "processes": PROCESSES})
    );
}

/// The user, the plugin and the provider.
fn config(plugin_url: &str, provider: &Provider) -> String {
    let config_url = provider.url(DISCOVERY);
    format!(
        "{CONFIG}
identity_plugins:
  - {{name: bench, url: '{plugin_url}', role_id: bench, role_policies: [readwrite]}}
openid_providers:
  - {{name: bench, config_url: '{config_url}', client_ids: [bench]}}
"
    )
}

fn claims(issuer: &str) -> Value {
    let now = SystemClock.now();
    json!({
        "iss": issuer, "sub": "app", "aud": "bench", "iat": now.secs(), "exp": now.plus(86_400).secs(),
        "policy": "readwrite",
    })
}

type Request = hyper::Request<hyper::body::Bytes>;

/// What is measured, from how many clients, and what they send.
type Row<'a> = (&'a str, usize, &'a dyn Fn(&Client) -> Request);

fn empty(client: &Client) -> Request {
    client.form("/", &[])
}

fn assume_role(client: &Client) -> Request {
    user().sign(client.form("/", &action("AssumeRole", &[])))
}

async fn emulator(function: &str, env: &[(String, String)], processes: usize) -> Emulator {
    let env: Vec<(&str, &str)> = env.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let path = binary(function);
    Emulator::builder()
        .processes(processes)
        .function("f", Path::new(&path), &env)
        .route("$default", "f")
        .start()
        .await
}

/// Sends requests from so many clients at once and looks at the processes afterwards.
async fn measure((name, clients, request): Row<'_>, env: &[(String, String)]) -> Value {
    let function = match name {
        "empty function" => "empty-function",
        _ => "sts",
    };
    let emulator = emulator(function, env, PROCESSES).await;
    let client = Client::new(emulator.url());
    run(&client, 50, clients, &request).await;
    let started = Instant::now();
    let latencies = run(&client, REQUESTS, clients, &request).await;
    figures((name, clients), latencies, started.elapsed(), &emulator)
}

/// Asks an authorizer whose memory is warm about a session's request, again and again.
async fn measure_authorizer(env: &[(String, String)]) -> Value {
    let cache = ("STS_CACHE_SECONDS".to_owned(), "3600".to_owned());
    let sts = emulator("sts", env, 1).await;
    let client = Client::new(sts.url());
    let mut signer = Credentials::of(&client.send(assume_role(&client)).await).signer();
    let emulator = emulator("authorizer", &[env, &[cache]].concat(), 1).await;
    "execute-api".clone_into(&mut signer.service);
    let request = signer.sign(Client::new("http://api.example.com").request("GET", "/items"));
    let stage = "arn:aws:execute-api:us-east-1:123456789012:abcdef/$default";
    let event = authorizer::event(&request, stage);
    let (mut latencies, started) = (Vec::new(), Instant::now());
    for _ in 0..REQUESTS {
        let asked = Instant::now();
        let reply = emulator.invoke_raw("f", &event).await.unwrap();
        assert_eq!(reply["isAuthorized"], true, "{reply}");
        latencies.push(asked.elapsed());
    }
    let name = ("authorizer, warm", 1);
    figures(name, latencies, started.elapsed(), &emulator)
}

/// What is written down of a measurement.
fn figures(
    (name, clients): (&str, usize),
    mut latencies: Vec<Duration>,
    elapsed: Duration,
    emulator: &Emulator,
) -> Value {
    latencies.sort_unstable();
    let percentile = |p: usize| {
        latencies[(latencies.len() * p / 100).min(latencies.len() - 1)].as_secs_f64() * 1000.0
    };
    let resident = emulator
        .processes("f")
        .iter()
        .map(|process| resident_bytes(process.pid))
        .max();
    assert_eq!(emulator.restarts(), 0, "a process died");
    json!({
        "name": name, "clients": clients, "requests": latencies.len(),
        "per_second": latencies.len() as f64 / elapsed.as_secs_f64(),
        "p50_ms": percentile(50), "p99_ms": percentile(99), "resident_bytes": resident,
    })
}

async fn run(
    client: &Client,
    requests: usize,
    clients: usize,
    request: &impl Fn(&Client) -> Request,
) -> Vec<Duration> {
    let one = async || {
        let mut latencies = Vec::new();
        for _ in 0..requests / clients {
            let request = request(client);
            let sent = Instant::now();
            let reply = client.send(request).await;
            assert_eq!(reply.status, 200, "{}", reply.text());
            latencies.push(sent.elapsed());
        }
        latencies
    };
    futures_util::future::join_all((0..clients).map(|_| one()))
        .await
        .concat()
}

/// From the start of a process to its first reply, with nothing else running.
async fn cold_starts(
    function: &str,
    env: &[(String, String)],
    request: impl Fn(&Client) -> Request,
) -> Vec<f64> {
    let mut times = Vec::new();
    for _ in 0..COLD_STARTS {
        let emulator = emulator(function, env, 1).await;
        let client = Client::new(emulator.url());
        assert_eq!(client.send(request(&client)).await.status, 200);
        let cold = emulator
            .processes("f")
            .first()
            .and_then(|process| process.cold_start);
        times.push(cold.unwrap().as_secs_f64() * 1000.0);
    }
    times
}

/// The largest resident size that the process has had.
fn resident_bytes(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}
