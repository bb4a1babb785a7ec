//! `plugin from-env` and `provider from-env`: the variables of MinIO's servers.

use crate::identity::authorization;
use crate::issuer::{Provider, add, from_env};
use crate::operator::{Operator, Ran, finish, one_line};

#[tokio::test(flavor = "multi_thread")]
async fn set_ups_come_from_the_environment() {
    let operator = Operator::ready().await;
    let run = |line: &str, variables: &[(&str, &str)]| {
        let mut command = operator.command(line);
        command.envs(variables.iter().copied());
        finish(command, "")
    };
    let plugin = [
        ("MINIO_IDENTITY_PLUGIN_URL", "http://localhost:8081"),
        ("MINIO_IDENTITY_PLUGIN_AUTH_TOKEN", "Bearer hush"),
        ("MINIO_IDENTITY_PLUGIN_ROLE_POLICY", "readonly, writeonly"),
        ("MINIO_IDENTITY_PLUGIN_ROLE_ID", "ours"),
    ];
    assert!(
        run("plugin from-env", &plugin)
            .stdout
            .starts_with("+ plugin default\n")
    );
    assert!(
        run("plugin from-env", &plugin)
            .stdout
            .starts_with("= plugin default\n")
    );
    let shown = operator.json("plugin show default");
    assert_eq!(shown["role_arn"], "arn:minio:iam:::role/idmp-ours");
    assert_eq!(shown["role_policies"][1], "writeonly");
    assert_eq!(
        authorization(&operator, "default").await.as_deref(),
        Some("Bearer hush")
    );
    assert_eq!(
        one_line(&run("plugin from-env", &plugin[1..]).stderr),
        "environment variable MINIO_IDENTITY_PLUGIN_URL is not set"
    );

    let client = ("MINIO_IDENTITY_OPENID_CLIENT_ID", "minio-client-app");
    let config = (
        "MINIO_IDENTITY_OPENID_CONFIG_URL",
        "https://idp.example.com/.well-known/openid-configuration",
    );
    let claim = [
        client,
        config,
        ("MINIO_IDENTITY_OPENID_CLAIM_NAME", "roles"),
        ("MINIO_IDENTITY_OPENID_CLAIM_PREFIX", "x_"),
    ];
    run("provider from-env", &claim);
    let shown = operator.json("provider show default");
    assert_eq!(shown["claim"], "x_roles");
    assert_eq!(shown["issuer"], "https://idp.example.com");
    let role = [
        client,
        ("MINIO_IAM_JWKS_URL", "https://idp.example.com/keys"),
        ("MINIO_IDENTITY_OPENID_CLAIM_NAME", "policy"),
        ("MINIO_IDENTITY_OPENID_ROLE_POLICY", "readonly"),
    ];
    let ran = run("provider from-env --issuer https://idp.example.com", &role);
    assert!(
        ran.stdout
            .contains("arn:minio:iam:::role/nOybJqMNzNmroqEKq5D0EUsRZw0"),
        "{} {}",
        ran.stdout,
        ran.stderr
    );
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
