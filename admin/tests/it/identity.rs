//! `plugin`, `provider`, and their sections of `apply`.

use shared::store::{
    ManagePlugins as _, ManageProviders as _, ReadPlugins as _, ReadProviders as _, ReadRoles as _,
    Role,
};

use crate::engine::all;
use crate::http::free_port;
use crate::operator::{Operator, finish, one_line};

/// The file that `docs/CONFIGURATION.md` shows.
fn documented() -> String {
    let manual = include_str!("../../../docs/CONFIGURATION.md");
    let (_, rest) = manual.split_once("```yaml\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

const DEMO: &str = include_str!("../../../local/demo.yaml");

const DEMO_ROLE: &str = "arn:minio:iam:::role/idmp-vGxBdLkOc8mQPU1-UQbBh-yWWVQ";

/// What is sealed for the plugin, opened as a function would open it.
pub(crate) async fn authorization(operator: &Operator, name: &str) -> Option<String> {
    let plugin = operator.store.plugin_named(name).await.unwrap().unwrap();
    let keys = operator.keys().await;
    let item = Role::item_key(plugin.role_arn.as_str());
    let opened = keys.open(&item, plugin.authorization.as_ref()?).unwrap();
    Some(String::from_utf8(opened.to_vec()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_file_can_be_applied_again_and_again() {
    let operator = Operator::ready().await;
    operator.write("all.yaml", &documented());
    operator.write("intranet.token", "Bearer hush-hush\n");
    operator.write("opa.token", "Bearer hush-hush\n");
    let apply = |line: &str| {
        let mut command = operator.command(line);
        command.env("FOOBAR_SECRET", "hush-hush");
        let ran = finish(command, "");
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        // Whether a provider can be reached depends on where the tests run.
        let lines = ran.stdout.split_inclusive('\n');
        lines
            .filter(|line| !line.starts_with("! provider "))
            .collect::<String>()
    };
    insta::assert_snapshot!(apply("apply -f all.yaml --dry-run"), @r"
    ~ settings: max_session_seconds none -> 43200, regions [] -> [us-east-1], condition_keys [] -> [gateway:], failed_attempts per_source none -> 60, failed_attempts per_subject none -> 10, opa none -> https://opa.example.com/v1/data/storage/allow
    + policy reports
    + group analysts
    + user foobar
    + plugin intranet
    + provider corp
    + provider batch
    + provider partner
    7 to add, 1 to change, 0 unchanged; nothing written
    role of plugin intranet: arn:minio:iam:::role/idmp-intranet
    role of provider batch, client batch-jobs: arn:minio:iam:::role/GndlQ2k0nfU_Cszl3zs6M1YmeCg
    ");
    assert_eq!(operator.json("plugin list"), serde_json::json!([]));
    let mut outputs = apply("apply -f all.yaml");
    let again = apply("apply -f all.yaml");
    assert!(again.contains("\nnothing to change\n"), "{again}");
    assert_eq!(
        authorization(&operator, "intranet").await.as_deref(),
        Some("Bearer hush-hush")
    );
    for line in [
        "plugin list",
        "plugin show intranet",
        "provider list",
        "provider show corp",
    ] {
        outputs += &operator.ok(line);
        outputs += &operator.json(line).to_string();
    }
    outputs += &again;
    assert!(!outputs.contains("hush"), "{outputs}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_has_the_role_that_its_manual_names() {
    let operator = Operator::ready().await;
    operator.write("demo.yaml", DEMO);
    let first = operator.ok("apply -f demo.yaml");
    assert!(
        first.ends_with(&format!("role of plugin demo: {DEMO_ROLE}\n")),
        "{first}"
    );
    let plugin = operator.store.plugin(DEMO_ROLE).await.unwrap().unwrap();
    assert_eq!(plugin.url, "http://localhost:8081");
    let providers = operator.store.providers("http://localhost:8082").await;
    assert_eq!(providers.unwrap()[0].client_ids, ["demo-app"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_moves_with_its_url_and_takes_its_secret_along() {
    let operator = Operator::ready().await;
    let yaml = |url: &str| {
        format!(
            "identity_plugins: [{{name: auth, url: '{url}', auth_token: hush-hush, role_policies: [readonly]}}]"
        )
    };
    let apply = |url: &str| operator.run_with_input("apply -f -", &yaml(url)).stdout;
    apply("https://a.example.com/");
    let before = operator.store.plugin_named("auth").await.unwrap().unwrap();
    let moved = apply("https://b.example.com/");
    assert!(moved.starts_with("~ plugin auth: role_arn "), "{moved}");
    let old = operator.store.role(before.role_arn.as_str()).await.unwrap();
    assert_eq!(old, None, "the old role is gone");
    assert_eq!(
        authorization(&operator, "auth").await.as_deref(),
        Some("hush-hush")
    );
    assert_eq!(all(operator.store.list_plugins().await).len(), 1);
    assert!(apply("https://b.example.com/").starts_with("= plugin auth\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugins_secret_survives_the_retirement_of_its_key() {
    let operator = Operator::ready().await;
    operator.write("token", "hush-hush\n");
    operator.ok(
        "plugin add auth --url https://a.example.com/ --policy readonly --auth-token-file token",
    );
    let old = operator.keys().await.active_kid().to_owned();
    operator.ok("key rotate");
    assert_eq!(
        operator.ok(&format!("key retire {old} --force")),
        format!("key {old} is retired; 1 secrets were sealed anew\n")
    );
    assert_eq!(
        authorization(&operator, "auth").await.as_deref(),
        Some("hush-hush")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugins_life() {
    let operator = Operator::ready().await;
    let add = "plugin add demo --url http://localhost:8081 --policy readwrite";
    assert!(operator.ok(add).contains(DEMO_ROLE));
    assert_eq!(operator.refused(add), "plugin demo exists already");
    assert!(
        operator
            .refused(&add.replace("demo ", "other "))
            .ends_with("is that of demo already")
    );
    assert_eq!(
        operator.refused("policy remove readwrite"),
        "policy readwrite is attached to plugin demo"
    );
    operator.ok("plugin disable demo");
    operator.write("demo.yaml", DEMO);
    operator.ok("apply -f demo.yaml");
    assert_eq!(operator.json("plugin show demo")["status"], "disabled");
    operator.ok("plugin enable demo");
    assert_eq!(operator.json("plugin show demo")["status"], "enabled");
    operator.ok("plugin remove demo");
    assert_eq!(operator.store.role(DEMO_ROLE).await.unwrap(), None);
    for command in ["show", "disable", "enable", "remove", "check"] {
        assert_eq!(
            operator.refused(&format!("plugin {command} demo")),
            "plugin demo does not exist"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_providers_life() {
    let operator = Operator::ready().await;
    let add = "provider add corp --jwks-url https://idp.example.com/keys --issuer i1 --client-id minio-client-app --policy readonly";
    let arn = "arn:minio:iam:::role/nOybJqMNzNmroqEKq5D0EUsRZw0";
    assert!(operator.ok(add).contains(arn));
    assert_eq!(operator.refused(add), "provider corp exists already");
    assert_eq!(
        operator.refused("policy remove readonly"),
        "policy readonly is attached to provider corp"
    );
    operator.ok("provider disable corp");
    let role = operator.store.role(arn).await.unwrap().unwrap();
    assert_eq!(role.status.as_str(), "disabled");
    let yaml = "openid_providers: [{name: corp, jwks_url: 'https://idp.example.com/keys', issuer: i2, client_ids: [other], claim_name: roles}]";
    let ran = operator.run_with_input("apply -f -", yaml);
    assert!(ran.stdout.contains("issuer i1 -> i2"), "{}", ran.stdout);
    assert_eq!(operator.store.role(arn).await.unwrap(), None);
    assert!(operator.store.providers("i1").await.unwrap().is_empty());
    let shown = operator.json("provider show corp");
    assert_eq!(
        (&shown["claim"], &shown["status"]),
        (&"roles".into(), &"disabled".into())
    );
    assert_eq!(shown["missing_policies"], "skip");
    operator.ok("provider remove corp");
    assert!(all(operator.store.list_providers().await).is_empty());
    for command in ["show", "disable", "enable", "remove", "check"] {
        assert_eq!(
            operator.refused(&format!("provider {command} corp")),
            "provider corp does not exist"
        );
    }
    assert_eq!(
        operator.run("provider add corp --jwks-url https://x").code,
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_missing_policies_is_the_operators_choice() {
    let operator = Operator::ready().await;
    let add =
        "provider add corp --jwks-url https://idp.example.com/keys --issuer i --client-id app";
    assert_eq!(
        operator.run(&format!("{add} --missing-policies hush")).code,
        2
    );
    let role = "--missing-policies refuse --policy readonly";
    assert_eq!(operator.run(&format!("{add} {role}")).code, 2);
    operator.ok(&format!("{add} --missing-policies refuse"));
    assert_eq!(
        operator.json("provider show corp")["missing_policies"],
        "refuse"
    );
    let yaml = "openid_providers: [{name: corp, jwks_url: 'https://idp.example.com/keys', issuer: i, client_ids: [app]}]";
    let ran = operator.run_with_input("apply -f -", yaml);
    assert!(
        ran.stdout.contains("missing_policies refuse -> skip"),
        "{}",
        ran.stdout
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_told_with_their_line() {
    let operator = Operator::ready().await;
    let plugin = |setting: &str| {
        format!(
            "identity_plugins:\n  - name: auth\n    url: https://a.example.com/\n    role_policies: [readonly]\n    {setting}\n"
        )
    };
    let provider = |setting: &str| {
        format!(
            "openid_providers:\n  - name: corp\n    jwks_url: https://idp.example.com/keys\n    issuer: i\n    {setting}\n"
        )
    };
    let cases = [
        (
            plugin("rol_id: hush"),
            "line 5: unknown key rol_id; did you mean role_id?",
        ),
        (
            plugin("token_in: hush"),
            "line 5: token_in is query or form",
        ),
        (
            plugin("auth_token: \"hush\\n\""),
            "line 5: auth_token must have 1 to 4096 printable ASCII characters",
        ),
        (
            plugin("role_id: a/b"),
            "line 2: plugin auth: role_id must have 1 to 64 characters of A-Za-z0-9_-",
        ),
        (
            plugin("auth_token_env: STS_NOT_SET"),
            "line 2: environment variable STS_NOT_SET is not set",
        ),
        (provider(""), "line 4: missing field `client_ids`"),
        (
            provider("missing_policies: hush"),
            "line 5: missing_policies is refuse or skip",
        ),
        (
            provider("client_ids: []"),
            "line 2: provider corp: it needs at least one of client_ids",
        ),
        (
            provider("client_ids: [app]\n    algorithms: [HS256]"),
            "line 2: provider corp: algorithm \"HS256\" cannot be; possible are RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA",
        ),
        (
            provider("client_ids: [app]\n    role_policies: [nope]"),
            "line 2: provider corp: policy nope does not exist",
        ),
    ];
    for (yaml, explanation) in cases {
        let ran = operator.run_with_input("apply -f -", &yaml);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{yaml}");
        assert_eq!(one_line(&ran.stderr), format!("-: {explanation}"));
    }
    assert!(all(operator.store.list_plugins().await).is_empty());
    assert!(all(operator.store.list_providers().await).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn t47_a_check_says_what_is_wrong_and_nothing_secret() {
    let operator = Operator::ready().await;
    let port = free_port();
    operator.ok(&format!(
        "plugin add demo --url http://127.0.0.1:{port}/?key=hush --policy readonly"
    ));
    assert_eq!(
        operator.refused("plugin check demo"),
        "plugin demo: the provider cannot be reached"
    );
    operator.ok(&format!(
        "provider add corp --config-url http://127.0.0.1:{port}/.well-known/openid-configuration --client-id app"
    ));
    assert_eq!(
        operator.refused("provider check corp"),
        "provider corp: the provider cannot be reached"
    );
    let jwks = r#"{"keys":[{"kty":"EC","crv":"P-256","kid":"1","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}"#;
    operator.write("jwks.json", jwks);
    operator.ok("provider add partner --jwks-file jwks.json --issuer i --client-id app");
    insta::assert_snapshot!(operator.ok("provider check partner"), @r"
    NAME               partner
    ISSUER             i
    DISCOVERED_ISSUER  -
    JWKS_URI           -
    KEYS               1 (P-256)
    ");
}
