//! Where that appears which a caller says of itself.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hyper::header::{HeaderValue, REFERER, USER_AGENT};
use serde_json::json;
use tests::plugin::{Answer, Plugin};
use tests::sts::{Credentials, action, user};

use super::{CONFIG, Setup, about, and};

/// A session policy that allows what `foobar` may do.
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":{"Sid":"marker-sid","Effect":"Allow","Action":"*","Resource":"*"}}"#;

/// Each field, what it is set to, and all places that show it.
const FIELDS: [(&str, &str, &[&str]); 11] = [
    ("RoleArn", "arn:aws:iam::999999999999:role/marker-role", &[]),
    (
        "RoleSessionName",
        "marker-name \u{3c}b\u{3e}",
        &["reply", "identity", "audit", "introspection"],
    ),
    ("ExternalId", "marker-external", &[]),
    (
        "SourceIdentity",
        "marker-identity",
        &["reply", "token", "audit", "introspection", "agent"],
    ),
    ("Tags.member.1.Key", "marker-key", &["agent"]),
    ("Tags.member.1.Value", "marker-value", &["agent"]),
    ("TransitiveTagKeys.member.1", "marker-key", &["agent"]),
    ("TokenRevokeType", "marker-label", &["token", "audit"]),
    ("Policy", POLICY, &[]),
    ("User-Agent", "marker-agent", &["audit"]),
    ("Referer", "marker-referer", &[]),
];

/// The text of each place, as a reader has it.
async fn places(it: &Setup, agent: &Plugin) -> Vec<(&'static str, String)> {
    let is_header = |name: &str| matches!(name, "User-Agent" | "Referer");
    let fields = FIELDS.iter().filter(|(name, ..)| !is_header(name));
    let parameters: Vec<_> = fields.map(|(name, value, _)| (*name, *value)).collect();
    let mut request = it.sts.client.form("/", &action("AssumeRole", &parameters));
    let headers = request.headers_mut();
    headers.insert(USER_AGENT, HeaderValue::from_static("marker-agent"));
    headers.insert(REFERER, HeaderValue::from_static("marker-referer"));
    let user = user();
    let reply = it.sts.client.send(user.sign(request)).await;
    let session = Credentials::of(&reply);
    let payload = session.token.split('.').nth(1).unwrap();
    let token = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap();
    let leaves = |reply: &tests::client::Reply| format!("{:?}", reply.leaves());
    let who = it
        .sts
        .call_as(&session.signer(), "GetCallerIdentity", &[])
        .await;
    let question = json!({"action": "s3:GetObject", "resource": "arn:aws:s3:::a/b"});
    let introspected = it.ask(&and(about(&session), &question)).await;
    assert_eq!(introspected["decision"]["allowed"], true, "{introspected}");
    let logs = [it.sts.emulator.logs(), it.lambda.logs()].concat();
    let (audit, calls): (Vec<_>, Vec<_>) = logs
        .into_iter()
        .partition(|line| line.contains(r#""message":"audit""#));
    let asked = agent.requests();
    vec![
        ("reply", leaves(&reply)),
        ("identity", leaves(&who)),
        ("token", String::from_utf8(token).unwrap()),
        ("call", calls.join("\n")),
        ("audit", audit.join("\n")),
        ("introspection", introspected.to_string()),
        ("agent", asked.into_iter().map(|it| it.body).collect()),
    ]
}

#[tokio::test]
async fn what_a_caller_says_appears_where_it_must_and_nowhere_else() {
    let agent = Plugin::start(Answer::json(200, &json!({"result": true}))).await;
    let config = format!("settings: {{opa: {{url: '{}'}}}}\n{CONFIG}", agent.url);
    let it = Setup::with(&config, &[("STS_CACHE_SECONDS", "0")]).await;
    let places = places(&it, &agent).await;
    for (field, value, expected) in FIELDS {
        let marker = value
            .split(['"', '/'])
            .find(|part| part.starts_with("marker-"));
        let shown = places
            .iter()
            .filter(|(_, text)| text.contains(marker.unwrap()))
            .map(|(place, _)| *place);
        assert_eq!(shown.collect::<Vec<_>>(), expected, "{field}");
    }
}
