//! Prepared events, and the service that answers them.

use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use shared::clock::{Clock, SystemClock, UnixTime};
use shared::http::{Reply, read_event};
use shared::keys::KeyFile;
use shared::random::OsRandom;
use shared::record::Record;
use shared::resources::{Deps, MasterKeys};
use shared::service::{Action, Service};
use tests::client::{Client, Signer};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::memory::{KEY, Memory};
use crate::tokens;

static ACTIONS: [Action<Memory>; 3] = [
    assume_role::action(),
    assume_role_with_client_grants::action(),
    assume_role_with_custom_token::action(),
];

/// The service in memory, and one event for each row.
pub(crate) struct Calls {
    service: Service<Memory>,
    assume_role: String,
    with_policy: String,
    custom_token: String,
    /// Exchanges of identity tokens, by algorithm.
    pub(crate) exchanges: Vec<(&'static str, String)>,
}

impl Calls {
    pub(crate) fn prepare(runtime: &Runtime) -> Self {
        let now = SystemClock.now();
        let plugin = runtime.block_on(plugin());
        let (keys, exchanges) = tokens::exchanges(now);
        let deps = Deps {
            store: Memory::new(now, &plugin, keys),
            keys: MasterKeys::new(Arc::new(KeyFile::parse(KEY).unwrap()), "t"),
            // A clock that stands still: signatures and caches stay as fresh as they are.
            clock: Arc::new(now),
            random: Box::new(OsRandom),
            policy_seconds: 60,
        };
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": (0..40).map(|n| format!("arn:aws:s3:::bucket-{n:02}/home/${{aws:username}}/*")).collect::<Vec<_>>(),
        }]})
        .to_string();
        assert!((1900..=2048).contains(&policy.len()), "{}", policy.len());
        let role = ("RoleArn", "arn:minio:iam:::role/idmp-bench");
        let custom_token = [
            ("Action", "AssumeRoleWithCustomToken"),
            VERSION,
            ("Token", "aaa"),
            role,
        ];
        Self {
            service: Service::new(deps, &ACTIONS),
            assume_role: signed(now, &[]),
            with_policy: signed(now, &[("Policy", &policy)]),
            custom_token: event(Client::new("http://sts.example.com").form("/", &custom_token)),
            exchanges: exchanges
                .into_iter()
                .map(|(algorithm, token)| {
                    let form = [
                        ("Action", "AssumeRoleWithClientGrants"),
                        VERSION,
                        ("Token", token.as_str()),
                    ];
                    (
                        algorithm,
                        event(Client::new("http://sts.example.com").form("/", &form)),
                    )
                })
                .collect(),
        }
    }

    pub(crate) async fn assume_role(&self) {
        self.answer(&self.assume_role).await;
    }

    pub(crate) async fn assume_role_with_policy(&self) {
        self.answer(&self.with_policy).await;
    }

    pub(crate) async fn custom_token(&self) {
        self.answer(&self.custom_token).await;
    }

    /// What a function does for one event, without its transport.
    pub(crate) async fn answer(&self, event: &str) {
        let request = read_event(event, "4d1f9303-bcdd-55f7-91e3-1e23416ec868").unwrap();
        let mut record = Record::default();
        let document = self.service.answer(&request, &mut record).await.unwrap();
        let reply = Reply::success(document, &request.id);
        std::hint::black_box(serde_json::to_string(&reply).unwrap());
    }
}

const VERSION: (&str, &str) = ("Version", "2011-06-15");

/// `AssumeRole` as boto3 sends it.
fn signed(now: UnixTime, more: &[(&str, &str)]) -> String {
    let mut form = vec![
        ("Action", "AssumeRole"),
        VERSION,
        ("RoleArn", "arn:aws:iam::123456789012:role/demo"),
        ("RoleSessionName", "anything"),
        ("DurationSeconds", "3600"),
    ];
    form.extend(more);
    let signer = Signer {
        time: now,
        ..Signer::new("foobar", "foo12345", None)
    };
    event(signer.sign(Client::new("http://sts.example.com").form("/", &form)))
}

fn event(request: hyper::Request<Bytes>) -> String {
    use base64::Engine as _;

    let (parts, body) = request.into_parts();
    let mut headers: serde_json::Map<String, Value> = parts
        .headers
        .iter()
        .map(|(k, v)| (k.to_string(), v.to_str().unwrap().into()))
        .collect();
    headers
        .entry("host")
        .or_insert_with(|| "sts.example.com".into());
    json!({
        "version": "2.0", "routeKey": "POST /", "rawPath": "/", "rawQueryString": "", "headers": headers,
        "requestContext": {"http": {"method": "POST", "path": "/", "sourceIp": "192.0.2.1"}, "stage": "$default"},
        "body": base64::prelude::BASE64_STANDARD.encode(&body), "isBase64Encoded": true,
    })
    .to_string()
}

/// A plugin on loopback that vouches at once.
async fn plugin() -> String {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answer = service_fn(|_| async {
                let body = r#"{"user":"Alice","maxValiditySeconds":3600,"claims":{"groups":["data-science"]}}"#;
                Ok::<_, std::convert::Infallible>(Response::new(Full::new(Bytes::from_static(
                    body.as_bytes(),
                ))))
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    });
    url
}
