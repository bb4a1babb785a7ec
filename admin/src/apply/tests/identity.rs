//! Plugins and providers.

use operations::declaration::Current;
use operations::plugin::CurrentPlugin;
use shared::store::{IdentityPlugin, Status};

use super::{checked, planned};

const PLUGIN: &str = "name: auth, url: 'https://auth.example.com/?key=hush', role_policies: [a]";
const PROVIDER: &str = "name: corp, jwks_url: 'https://idp.example.com/keys', issuer: i1, client_ids: [app], role_policies: [a]";

const POLICY: &str = "policies: [{name: a, document: {Statement: {Effect: Allow, Action: 's3:*', Resource: '*'}}}]\n";

/// What is stored once `PLUGIN` and `PROVIDER` have been applied.
fn current() -> Current {
    let (desired, _) = checked(&format!(
        "identity_plugins: [{{{PLUGIN}}}]\nopenid_providers: [{{{PROVIDER}}}]"
    ))
    .unwrap();
    let plugin = desired.plugins[0].plugin().clone();
    let provider = desired.providers[0].provider().clone();
    let mut current = Current::default();
    let arns = provider.role_arns().map(|arn| arn.to_string());
    current
        .roles
        .extend(arns.map(|arn| (arn, "corp".to_owned())));
    let arn = plugin.role_arn.to_string();
    current.roles.insert(arn, "auth".to_owned());
    current.neighbours.push(provider.clone());
    current.providers.insert("corp".to_owned(), provider);
    let stored = CurrentPlugin {
        plugin,
        authorization: None,
    };
    current.plugins.insert("auth".to_owned(), stored);
    current
}

fn lines(yaml: &str) -> Vec<String> {
    let plan = planned(&format!("{POLICY}{yaml}"), &current()).unwrap();
    let items = plan.items.iter().filter(|item| item.kind != "policy");
    items.map(ToString::to_string).collect()
}

fn refusal(yaml: &str) -> (u64, String) {
    let mistake = planned(&format!("{POLICY}{yaml}"), &current()).unwrap_err();
    (mistake.line, mistake.reason)
}

#[test]
fn what_is_as_it_should_be_stays() {
    assert_eq!(
        lines(&format!(
            "identity_plugins: [{{{PLUGIN}}}]\nopenid_providers: [{{{PROVIDER}}}]"
        )),
        ["= plugin auth", "= provider corp"]
    );
}

#[test]
fn changes_are_told_without_what_is_secret() {
    let plugins = [
        ("enabled: false", "status enabled -> disabled"),
        ("token_in: form", "token_in query -> form"),
        (
            "max_session_seconds: 900",
            "max_session_seconds none -> 900",
        ),
        ("auth_token: hush-hush", "auth_token changed"),
    ];
    for (setting, change) in plugins {
        assert_eq!(
            lines(&format!("identity_plugins: [{{{PLUGIN}, {setting}}}]")),
            [format!("~ plugin auth: {change}")]
        );
    }
    let providers = [
        ("enabled: false", "status enabled -> disabled"),
        ("scopes_required: [s]", "scopes_required [] -> [s]"),
        ("outlive_token: true", "outlive_token false -> true"),
        ("long_durations: clamp", "long_durations refuse -> clamp"),
    ];
    for (setting, change) in providers {
        assert_eq!(
            lines(&format!("openid_providers: [{{{PROVIDER}, {setting}}}]")),
            [format!("~ provider corp: {change}")]
        );
    }
}

#[test]
fn another_url_is_another_role_and_its_query_stays_hidden() {
    let moved = PLUGIN.replace("hush", "hush-hush");
    let line = lines(&format!("identity_plugins: [{{{moved}}}]")).remove(0);
    let arn = |url: &str| IdentityPlugin::role_arn(&IdentityPlugin::role_id(url)).unwrap();
    let (before, after) = (
        arn("https://auth.example.com/?key=hush"),
        arn("https://auth.example.com/?key=hush-hush"),
    );
    assert_eq!(line, format!("~ plugin auth: role_arn {before} -> {after}"));

    let mut current = current();
    let stored = current.plugins.get_mut("auth").unwrap();
    stored.plugin.role_arn = IdentityPlugin::role_arn("fixed").unwrap();
    let yaml = format!("identity_plugins: [{{{moved}, role_id: fixed}}]");
    let plan = planned(&format!("{POLICY}{yaml}"), &current).unwrap();
    assert_eq!(plan.items[1].to_string(), "~ plugin auth: url changed");
}

#[test]
fn a_disabled_plugin_or_provider_stays_disabled() {
    let mut current = current();
    for stored in current.plugins.values_mut() {
        stored.plugin.status = Status::Disabled;
    }
    for stored in current.providers.values_mut() {
        stored.enabled = false;
    }
    let yaml = format!("identity_plugins: [{{{PLUGIN}}}]\nopenid_providers: [{{{PROVIDER}}}]");
    let plan = planned(&format!("{POLICY}{yaml}"), &current).unwrap();
    assert_eq!(plan.items[1].to_string(), "= plugin auth");
    assert_eq!(plan.items[2].to_string(), "= provider corp");
}

#[test]
fn roles_and_audiences_belong_to_one() {
    let other = PLUGIN.replace("auth,", "other,");
    let (line, reason) = refusal(&format!("identity_plugins:\n  - {{{other}}}\n"));
    assert_eq!(line, 3);
    assert!(reason.ends_with("is that of auth already"), "{reason}");

    let other = PROVIDER.replace("corp", "other").replace("i1", "i2");
    let (line, reason) = refusal(&format!("openid_providers:\n  - {{{other}}}\n"));
    assert_eq!(line, 3);
    assert!(reason.ends_with("is that of corp already"), "{reason}");

    let claim = PROVIDER
        .replace("corp", "other")
        .replace(", role_policies: [a]", "");
    assert_eq!(
        refusal(&format!("openid_providers:\n  - {{{claim}}}\n")).1,
        "provider other: provider corp has client id app already"
    );
    let elsewhere = claim.replace("i1", "i2");
    assert_eq!(
        lines(&format!("openid_providers: [{{{elsewhere}}}]")),
        ["+ provider other"]
    );
}

#[test]
fn policies_of_roles_must_exist() {
    let plugin = PLUGIN.replace("[a]", "[nope]");
    assert_eq!(
        refusal(&format!("identity_plugins:\n\n  - {{{plugin}}}\n")),
        (4, "plugin auth: policy nope does not exist".to_owned())
    );
    let provider = PROVIDER.replace("[a]", "[nope]");
    assert_eq!(
        refusal(&format!("openid_providers:\n  - {{{provider}}}\n")),
        (3, "provider corp: policy nope does not exist".to_owned())
    );
}
