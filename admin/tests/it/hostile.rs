//! Values that callers, tokens and plugins chose, and items that cannot be read, on an operator's
//! terminal.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::clock::{Clock as _, SystemClock};
use shared::model::{AccessKeyId, PolicyName};
use shared::random::OsRandom;
use shared::store::{
    CreateSessions as _, Grant, Group, Holder, IdentityPlugin, KeySource, ManageGroups as _,
    ManagePlugins as _, ManagePolicies as _, ManageProviders as _, ManageUsers as _,
    OpenIdProvider, Parent, Revoke as _, Role, Scope, Session, Status, StoredPolicy, User,
};

use crate::operator::{Operator, Ran, finish};
use crate::provider_store::{plugin, provider};
use crate::store::{session as stored_session, user};

const KEY: &str = "ABCDEFGHIJKLMNOPQRST";

/// What a terminal acts on, what turns text around, and what does not show.
const HOSTILE: [char; 32] = [
    '\0',
    '\u{7}',
    '\u{8}',
    '\t',
    '\n',
    '\r',
    '\u{1b}',
    '\u{1f}',
    '\u{7f}',
    '\u{80}',
    '\u{85}',
    '\u{9b}',
    '\u{9f}',
    '\u{ad}',
    '\u{61c}',
    '\u{200b}',
    '\u{200c}',
    '\u{200d}',
    '\u{200e}',
    '\u{200f}',
    '\u{2028}',
    '\u{2029}',
    '\u{202a}',
    '\u{202d}',
    '\u{202e}',
    '\u{2060}',
    '\u{2064}',
    '\u{2066}',
    '\u{2068}',
    '\u{2069}',
    '\u{feff}',
    '\u{e0041}',
];

/// Text with all of them, which would look like a line of its own.
fn hostile() -> String {
    let all: String = HOSTILE.iter().collect();
    format!("evil{all}FORGED  line")
}

fn session(parent: &Parent) -> Session {
    let now = SystemClock.now();
    Session {
        principal_id: None,
        issued_at: now,
        expires_at: now.plus(3600),
        ..stored_session(KEY, parent, 0)
    }
}

/// Nothing that was printed is acted on or hidden, and no value has begun a line.
#[track_caller]
fn assert_harmless(case: &str, ran: &Ran) {
    for text in [&ran.stdout, &ran.stderr] {
        let found = text.chars().find(|c| *c != '\n' && HOSTILE.contains(c));
        assert_eq!(found, None, "{case}: {text:?}");
        assert!(
            !text.lines().any(|line| line.starts_with("FORGED")),
            "{case}: {text}"
        );
    }
}

/// Runs a command in both forms; whether the text is shown, written out.
#[track_caller]
fn shows(operator: &Operator, case: &str, line: &str) -> bool {
    let table = operator.run(line);
    assert_harmless(&format!("{case}: {line}"), &table);
    let json = operator.run(&format!("{line} --output json"));
    assert_harmless(&format!("{case}: {line} as JSON"), &json);
    let parsed: Value = serde_json::from_str(&json.stdout).unwrap_or_default();
    parsed.to_string().contains("FORGED")
        && table.stdout.contains(r"\u{202e}")
        && table.stdout.contains("FORGED")
}

const SESSION_COMMANDS: [&str; 5] = [
    "session show ABCDEFGHIJKLMNOPQRST",
    "session list",
    "session list --all",
    "explain --session ABCDEFGHIJKLMNOPQRST --action s3:GetObject",
    "session revoke ABCDEFGHIJKLMNOPQRST",
];

/// Whatever a caller, a token or a plugin puts into a session, by the attribute that holds it.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_terminal_acts_on_or_hides_is_printed() {
    let text = json!({"S": hostile()});
    let claims = json!({"S": json!({"name": hostile(), hostile(): [hostile()]}).to_string()});
    let policy = json!({"S": format!("{{\"Id\":\"{}\"}}", hostile())});
    let parent = json!({"S": format!("federated/custom:{}", hostile())});
    let tags = json!({"L": [text, text]});
    let operator = Operator::ready().await;
    let own = session(&Parent::Federated("custom:alice".to_owned()));
    operator.store.create_session(&own).await.unwrap();
    let item = Session::item_key(&own.access_key);
    let mut shown = Vec::new();
    for (attribute, value, before) in [
        ("parent", parent, json!({"S": "federated/custom:alice"})),
        ("claims", claims, Value::Null),
        ("session_policy", policy, Value::Null),
        ("role_arn", text.clone(), Value::Null),
        ("session_name", text.clone(), Value::Null),
        ("source_identity", text.clone(), Value::Null),
        ("external_id", text.clone(), Value::Null),
        ("revoke_type", text.clone(), Value::Null),
        ("granted", text.clone(), Value::Null),
        ("tags", tags.clone(), Value::Null),
        ("transitive_tag_keys", tags.clone(), Value::Null),
        ("policy_arns", tags, Value::Null),
        ("access_key", text, json!({"S": KEY})),
    ] {
        operator.engine.damage(&item, attribute, &value);
        for line in SESSION_COMMANDS {
            if shows(&operator, attribute, line) {
                shown.push((attribute, line));
            }
        }
        operator.engine.damage(&item, attribute, &before);
        operator.engine.damage(&item, "revoked_at", &Value::Null);
    }
    // What has no pattern of its own is shown, not hidden.
    for expected in [
        ("parent", SESSION_COMMANDS[0]),
        ("parent", SESSION_COMMANDS[1]),
        ("claims", SESSION_COMMANDS[0]),
        ("session_policy", SESSION_COMMANDS[0]),
    ] {
        assert!(shown.contains(&expected), "{expected:?} of {shown:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_trail_prints_nothing_that_a_terminal_acts_on_or_hides() {
    let operator = Operator::new().await;
    for field in [
        "timestamp",
        "event",
        "action",
        "code",
        "caller",
        "session",
        "source_ip",
        "revoked",
        "role_arn",
        "another",
    ] {
        let mut event = json!({
            "timestamp": "2999-01-01T00:00:00.000Z", "message": "audit", "event": "issued",
        });
        event[field] = format!("3{}", hostile()).into();
        operator.write("log", &event.to_string());
        let line = "audit tail --file log";
        let table = operator.run(line);
        assert_harmless(field, &table);
        assert_eq!(table.stdout.lines().count(), 1, "{field}: {}", table.stdout);
        let json = operator.run(&format!("{line} --output json"));
        assert_harmless(field, &json);
        let events: Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!(events[0][field], event[field]);
    }
}

/// A user, a group, a plugin and a provider, each named `evil` and full of hostile text.
async fn store_evil(operator: &Operator) {
    let store = &operator.store;
    let user = User {
        policies: Vec::new(),
        groups: vec![hostile()],
        ..user("evil")
    };
    store.create_user(&user).await.unwrap();
    let group = Group {
        name: hostile(),
        status: Status::Enabled,
        policies: Vec::new(),
    };
    store.create_group(&group).await.unwrap();
    let plugin = IdentityPlugin {
        url: format!("https://{}/", hostile()),
        ..plugin("evil", "evil")
    };
    store.create_plugin(&plugin).await.unwrap();
    store.create_provider(&evil_provider()).await.unwrap();
    let name = PolicyName::parse("evil").unwrap();
    let document = json!({"Id": hostile(), "Statement": []}).to_string();
    let policy = StoredPolicy::new(name, document, &OsRandom).unwrap();
    store.create_policy(&policy).await.unwrap();
}

fn evil_provider() -> OpenIdProvider {
    let evil = hostile();
    OpenIdProvider {
        // Who is granted what a claim names has no roles.
        role_ids: BTreeMap::new(),
        keys: KeySource::JwksUrl(evil.clone()),
        algorithms: vec![evil.clone()],
        grant: Grant::Claim(evil.clone()),
        groups_claim: Some(evil.clone()),
        scopes_required: vec![evil.clone()],
        kept_claims: vec![evil.clone()],
        ..provider("evil", &evil, &[&evil])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_operators_store_is_printed_harmlessly_too() {
    let operator = Operator::ready().await;
    store_evil(&operator).await;
    for line in [
        "user list",
        "user show evil",
        "group list",
        "plugin show evil",
        "provider list",
        "provider show evil",
    ] {
        assert!(shows(&operator, "stored", line), "{line}");
    }
    for line in [
        "policy list",
        "policy show evil",
        "plugin list",
        "explain --user evil --action s3:GetObject",
    ] {
        shows(&operator, "stored", line);
    }
    let shown = operator.ok("policy show evil");
    let document: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(document["Id"], hostile());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_cannot_be_read_does_not_hide_the_others() {
    let operator = Operator::ready().await;
    operator.ok("group add good");
    operator.ok("group add bad");
    operator.ok("user add good");
    operator.ok("user add badly");
    for (list, damaged, attribute, good) in [
        ("user list", "USER#badly", "status", "good"),
        ("group list", "GROUP#bad", "status", "good"),
        ("policy list", "POLICY#diagnostics", "document", "readonly"),
    ] {
        operator.engine.damage(damaged, attribute, &Value::Null);
        let ran = operator.run(list);
        assert_eq!((ran.code, ran.stderr.as_str()), (1, ""), "{list}");
        let row = format!("{damaged}  cannot be read: attribute {attribute}");
        assert_eq!(ran.stdout.lines().last(), Some(row.as_str()), "{list}");
        assert!(ran.stdout.contains(good), "{list}: {}", ran.stdout);
        let ran = operator.run(&format!("{list} --output json"));
        assert_eq!(ran.code, 1, "{list}");
        let rows: Value = serde_json::from_str(&ran.stdout).unwrap();
        let expected =
            json!({"item": damaged, "error": format!("cannot be read: attribute {attribute}")});
        assert_eq!(rows.as_array().unwrap().last(), Some(&expected));
    }
    // Who must not miss one is told.
    for line in ["group remove good", "policy remove readonly"] {
        let refusal = operator.refused(line);
        assert_eq!(
            refusal, "item USER#badly has no usable attribute status",
            "{line}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plugins_and_providers_that_cannot_be_read_do_not_hide_the_others() {
    let operator = Operator::ready().await;
    store_evil(&operator).await;
    let role = Role::item_key("arn:minio:iam:::role/idmp-evil");
    let issuer = OpenIdProvider::item_key(&hostile());
    for (list, damaged, attribute) in [
        ("plugin list", role, "url"),
        ("provider list", issuer, "providers"),
    ] {
        operator
            .engine
            .damage(&damaged, attribute, &json!({"N": "1"}));
        let ran = operator.run(list);
        assert_eq!(ran.code, 1, "{list}");
        let row = format!("{damaged}  cannot be read: attribute {attribute}");
        assert_eq!(ran.stdout.lines().last(), Some(row.as_str()), "{list}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_however_many_items_cannot_be_read() {
    let operator = Operator::ready().await;
    operator.ok("user add badly");
    let store = &operator.store;
    let of = |key: &str, parent: &Parent| Session {
        access_key: AccessKeyId::parse(key).unwrap(),
        ..session(parent)
    };
    let federated = |name: &str| Parent::Federated(name.to_owned());
    let user = Parent::User(AccessKeyId::parse("badly").unwrap());
    for (key, parent) in [
        ("GOODSESSION", federated("good")),
        ("BADSESSION", federated("good")),
        ("OFABADUSER", user),
        ("OFABADREVOCATION", federated("bad")),
    ] {
        store.create_session(&of(key, &parent)).await.unwrap();
    }
    let scope = Scope::all_of(Holder::Parent(federated("bad")));
    store
        .revoke(&scope, SystemClock.now().plus(-9))
        .await
        .unwrap();
    let revocation = scope.item_key();
    operator.engine.damage(&revocation, "until", &Value::Null);
    operator
        .engine
        .damage("SESSION#BADSESSION", "parent", &Value::Null);
    operator.engine.damage("USER#badly", "status", &Value::Null);
    let ran = operator.run("session list");
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let state = |key: &str| {
        let line = ran.stdout.lines().find(|line| line.starts_with(key));
        line.and_then(|line| line.split_whitespace().nth(3))
            .map(str::to_owned)
    };
    assert_eq!(state("GOODSESSION").as_deref(), Some("active"));
    assert_eq!(state("OFABADUSER").as_deref(), Some("unknown"));
    assert_eq!(state("OFABADREVOCATION").as_deref(), Some("unknown"));
    for row in [
        "SESSION#BADSESSION  cannot be read: attribute parent",
        "USER#badly  cannot be read: attribute status",
        &format!("{revocation}  cannot be read: attribute until"),
    ] {
        assert_eq!(
            ran.stdout.lines().filter(|line| *line == row).count(),
            1,
            "{row}"
        );
    }
    let ran = finish(operator.command("session list --parent federated/good"), "");
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("GOODSESSION"), "{}", ran.stdout);
}
