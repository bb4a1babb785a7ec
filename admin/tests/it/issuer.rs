//! The issuer of a provider, and what its discovery document says.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;

use serde_json::{Value, json};
use shared::store::ManageProviders as _;

use crate::operator::{Operator, Ran, finish, one_line};

const DISCOVERY: &str = "/.well-known/openid-configuration";

/// A provider that says of itself what it is told to, until the test ends.
struct Provider {
    url: String,
}

impl Provider {
    /// Names an issuer, which is made of the provider's own URL.
    fn start(status: u16, issuer: impl FnOnce(&str) -> String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let document = json!({"issuer": issuer(&url), "jwks_uri": format!("{url}/keys")});
        let keys = json!({"keys": [{
            "kty": "EC", "crv": "P-256", "kid": "1",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        }]});
        thread::spawn(move || {
            for stream in listener.incoming() {
                answer(&mut stream.unwrap(), status, &document, &keys);
            }
        });
        Self { url }
    }

    fn config_url(&self) -> String {
        format!("{}{DISCOVERY}", self.url)
    }
}

fn answer(stream: &mut TcpStream, status: u16, document: &Value, keys: &Value) {
    let mut request = [0; 4096];
    let length = stream.read(&mut request).unwrap();
    let request = String::from_utf8_lossy(&request[..length]).to_lowercase();
    // The operator's tool says who it is, as functions do.
    let agent = format!("user-agent: lambda-sts/{}", env!("CARGO_PKG_VERSION"));
    let polite = [
        agent.as_str(),
        "accept: application/json",
        "accept-encoding: identity",
    ];
    let is_polite = polite.iter().all(|line| request.contains(line));
    let status = if is_polite { status } else { 403 };
    let is_discovery = request.contains(DISCOVERY);
    let body = if is_discovery { document } else { keys }.to_string();
    let length = body.len();
    let head = format!("HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {length}");
    stream
        .write_all(format!("{head}\r\n\r\n{body}").as_bytes())
        .unwrap();
}

/// The ways to add a provider under the name `corp`.
const WAYS: [&str; 3] = ["add", "apply", "from-env"];

/// Adds `corp` in one of the ways, with an issuer or without.
fn add(operator: &Operator, way: &str, config_url: &str, issuer: Option<&str>) -> Ran {
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
fn from_env(operator: &Operator, options: &str, variables: &[(&str, &str)]) -> Ran {
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
    assert!(
        operator
            .store
            .list_providers()
            .await
            .unwrap()
            .items
            .is_empty()
    );
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
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
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
async fn no_variable_of_minios_providers_is_ignored_silently() {
    let operator = Operator::ready().await;
    let provider = Provider::start(200, str::to_owned);
    let config_url = provider.config_url();
    let with = |more: &[(&str, &str)]| {
        let variables = [&[("CONFIG_URL", config_url.as_str())], more].concat();
        from_env(&operator, "", &variables)
    };
    for on in ["on", "ON", "true", "1", "enabled", "yes"] {
        let ran = with(&[("CLAIM_USERINFO", on)]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{on}");
        let refusal = one_line(&ran.stderr);
        assert!(
            refusal.starts_with("MINIO_IDENTITY_OPENID_CLAIM_USERINFO is on"),
            "{refusal}"
        );
    }
    let notes = |ran: &Ran| -> Vec<String> {
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        let lines = ran.stdout.lines();
        let notes = lines.filter_map(|line| line.strip_prefix("! MINIO_IDENTITY_OPENID_"));
        notes.map(str::to_owned).collect()
    };
    let read = [
        ("CLAIM_USERINFO", "off"),
        ("CLAIM_PREFIX", "x_"),
        ("CLAIM_NAME", "roles"),
        ("ENABLE", "on"),
        ("SCOPES", ""),
    ];
    assert_eq!(notes(&with(&read)), Vec::<String>::new());
    assert_eq!(operator.json("provider show default")["claim"], "x_roles");
    let unread = [
        "CLIENT_SECRET",
        "COMMENT",
        "DISPLAY_NAME",
        "JWKS_URL",
        "KEYCLOAK_ADMIN_URL",
        "KEYCLOAK_REALM",
        "REDIRECT_URI",
        "REDIRECT_URI_DYNAMIC",
        "SCOPES",
        "USER_ID_CLAIM",
        "USER_READABLE_CLAIM",
        "VENDOR",
        "CONFIG_URL_OTHER",
        "CLAIM_USERINFO_OTHER",
        "SOMETHING_NEW",
    ];
    let ran = with(&unread.map(|key| (key, "hush")));
    assert!(!ran.stdout.contains("hush"), "{}", ran.stdout);
    let mut told: Vec<String> = notes(&ran);
    for note in &mut told {
        let (key, reason) = note.split_once(" is not read: ").unwrap();
        assert!(!reason.is_empty());
        *note = key.to_owned();
    }
    let mut expected = unread.map(str::to_owned);
    expected.sort();
    assert_eq!(told, expected);
    with(&[("ENABLE", "off")]);
    assert_eq!(operator.json("provider show default")["status"], "disabled");
}

/// MinIO's documentation offers these to policies.
#[tokio::test(flavor = "multi_thread")]
async fn the_claims_that_policies_of_minio_may_name_are_kept() {
    let operator = Operator::ready().await;
    let provider = Provider::start(200, str::to_owned);
    let ran = add(&operator, "from-env", &provider.config_url(), None);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let kept = operator.json("provider show corp")["kept_claims"].take();
    for claim in "sub iss aud jti upn name groups given_name family_name middle_name nickname \
                  preferred_username profile picture website email gender birthdate phone_number \
                  address scope client_id azp"
        .split(' ')
    {
        assert!(kept.as_array().unwrap().contains(&claim.into()), "{claim}");
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
