//! The issuer of a provider, and what its discovery document says.

use std::process::Command;

use serde_json::json;
use shared::store::ManageProviders as _;

use crate::engine::all;
use crate::http::{Request, free_port, listen, serve};
use crate::operator::{Operator, Ran, finish, one_line};

const DISCOVERY: &str = "/.well-known/openid-configuration";

/// A provider that says of itself what it is told to, until the test ends.
pub(crate) struct Provider {
    url: String,
}

impl Provider {
    /// Names an issuer, which is made of the provider's own URL.
    pub(crate) fn start(status: u16, issuer: impl FnOnce(&str) -> String) -> Self {
        let (listener, url) = listen();
        let document = json!({"issuer": issuer(&url), "jwks_uri": format!("{url}/keys")});
        let keys = json!({"keys": [{
            "kty": "EC", "crv": "P-256", "kid": "1",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        }]});
        serve(listener, move |request| {
            let is_discovery = request.head.contains(DISCOVERY);
            let body = if is_discovery { &document } else { &keys };
            let status = if is_polite(request) { status } else { 403 };
            (status, body.to_string())
        });
        Self { url }
    }

    pub(crate) fn config_url(&self) -> String {
        format!("{}{DISCOVERY}", self.url)
    }
}

/// The operator's tool says who it is, as functions do.
fn is_polite(request: &Request) -> bool {
    let agent = format!("user-agent: lambda-sts/{}", env!("CARGO_PKG_VERSION"));
    let polite = [
        agent.as_str(),
        "accept: application/json",
        "accept-encoding: identity",
    ];
    polite.iter().all(|line| request.head.contains(line))
}

/// The ways to add a provider under the name `corp`.
const WAYS: [&str; 3] = ["add", "apply", "from-env"];

/// Adds `corp` in one of the ways, with an issuer or without.
pub(crate) fn add(operator: &Operator, way: &str, config_url: &str, issuer: Option<&str>) -> Ran {
    let option = issuer.map_or(String::new(), |issuer| format!("--issuer {issuer}"));
    match way {
        "add" => {
            let line = format!("provider add corp --config-url {config_url} --client-id app");
            operator.run(&format!("{line} {option}"))
        }
        "apply" => {
            let issuer = issuer.map_or(String::new(), |issuer| format!(", issuer: '{issuer}'"));
            let entry =
                format!("name: corp, config_url: '{config_url}', client_ids: [app]{issuer}");
            operator.run_with_input("apply -f -", &format!("openid_providers: [{{{entry}}}]"))
        }
        _ => {
            let variables = [("CONFIG_URL", config_url)];
            from_env(operator, &format!("--name corp {option}"), &variables)
        }
    }
}

/// `provider from-env` with these variables besides the client's.
pub(crate) fn from_env(operator: &Operator, options: &str, variables: &[(&str, &str)]) -> Ran {
    let mut command: Command = operator.command(&format!("provider from-env {options}"));
    command.env("MINIO_IDENTITY_OPENID_CLIENT_ID", "app");
    for (key, value) in variables {
        command.env(format!("MINIO_IDENTITY_OPENID_{key}"), value);
    }
    finish(command, "")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_implied_issuer_must_be_that_of_the_discovery_document() {
    let operator = Operator::ready().await;
    let others: [fn(&str) -> String; 4] = [
        |own| format!("{own}/"),
        |own| own.replace("127.0.0.1", "localhost"),
        |_| "https://idp.example.com".to_owned(),
        |own| own.to_uppercase(),
    ];
    for issuer in others {
        let provider = Provider::start(200, issuer);
        for way in WAYS {
            let ran = add(&operator, way, &provider.config_url(), None);
            assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{way}");
            let refusal = one_line(&ran.stderr);
            for named in [provider.url.clone(), issuer(&provider.url)] {
                assert!(refusal.contains(&format!("{named:?}")), "{way}: {refusal}");
            }
        }
    }
    assert!(all(operator.store.list_providers().await).is_empty());
    let provider = Provider::start(200, str::to_owned);
    for way in WAYS {
        let ran = add(&operator, way, &provider.config_url(), None);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{way}");
        assert!(!ran.stdout.contains("! "), "{way}: {}", ran.stdout);
        operator.ok("provider remove corp");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_given_issuer_counts_and_the_operator_is_told_of_another_one() {
    let operator = Operator::ready().await;
    let provider = Provider::start(200, |own| format!("{own}/"));
    let (own, says) = (provider.url.clone(), format!("{}/", provider.url));
    for way in WAYS {
        for given in [&own, &says] {
            let ran = add(&operator, way, &provider.config_url(), Some(given));
            assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{way}");
            let mut lines = ran.stdout.lines();
            let note = lines.find(|line| line.starts_with("! provider corp: "));
            let expected = (given == &own).then(|| {
                format!(
                    "! provider corp: the issuer is {own:?}, but the discovery document says {says:?}; no token is believed while they differ"
                )
            });
            assert_eq!(note, expected.as_deref(), "{way}");
            assert_eq!(&operator.json("provider show corp")["issuer"], given);
            operator.ok("provider remove corp");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_names_the_issuer_of_the_discovery_document() {
    let operator = Operator::ready().await;
    let provider = Provider::start(200, |own| format!("{own}/"));
    let (own, says) = (provider.url.clone(), format!("{}/", provider.url));
    add(&operator, "add", &provider.config_url(), Some(&own));
    assert_eq!(
        operator.refused("provider check corp"),
        format!("provider corp: the issuer is {own:?}, but the discovery document says {says:?}")
    );
    add(&operator, "apply", &provider.config_url(), Some(&says));
    let checked = operator.json("provider check corp");
    assert_eq!(checked["issuer"], says);
    assert_eq!(checked["discovered_issuer"], says);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discovery_document_that_cannot_be_had_is_told_and_no_obstacle() {
    let operator = Operator::ready().await;
    let gone = format!("http://127.0.0.1:{}", free_port());
    let broken = Provider::start(503, str::to_owned).url;
    for (url, reason) in [
        (gone, "the provider cannot be reached"),
        (broken, "the provider answered with status 503"),
    ] {
        for way in WAYS {
            let ran = add(&operator, way, &format!("{url}{DISCOVERY}"), None);
            assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{way}");
            let note = format!(
                "! provider corp: issuer {url:?} is not compared with the discovery document's: {reason}"
            );
            assert!(ran.stdout.contains(&note), "{way}: {}", ran.stdout);
            operator.ok("provider remove corp");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_durations_are_set_in_every_way() {
    let operator = Operator::ready().await;
    let provider = Provider::start(200, str::to_owned);
    let url = provider.config_url();
    let shown = || operator.json("provider show corp")["long_durations"].take();
    add(&operator, "add", &url, None);
    assert_eq!(shown(), "refuse");
    operator.ok("provider remove corp");
    let options = format!("--config-url {url} --client-id app --long-durations");
    operator.ok(&format!("provider add corp {options} clamp"));
    assert_eq!(shown(), "clamp");
    from_env(
        &operator,
        "--name corp --long-durations refuse",
        &[("CONFIG_URL", &url)],
    );
    assert_eq!(shown(), "refuse");
    let entry = format!("name: corp, config_url: '{url}', client_ids: [app]");
    let yaml = |more: &str| format!("openid_providers:\n  - {{{entry}, long_durations: {more}}}\n");
    let ran = operator.run_with_input("apply -f -", &yaml("clamp"));
    assert!(
        ran.stdout.contains("long_durations refuse -> clamp"),
        "{}",
        ran.stdout
    );
    assert_eq!(shown(), "clamp");
    let ran = operator.run_with_input("apply -f -", &yaml("hush"));
    assert_eq!(
        one_line(&ran.stderr),
        "-: line 2: long_durations is refuse or clamp"
    );
    assert_eq!(
        operator.run(&format!("provider add x {options} hush")).code,
        2
    );
}
