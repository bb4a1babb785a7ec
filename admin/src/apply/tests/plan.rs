//! Policies, groups, users and settings.

use operations::declaration::{Current, Plan, Write};
use operations::user::{CurrentUser, UserWrite};
use shared::keys::Sealed;
use shared::model::{AccessKeyId, PolicyName, SecretAccessKey, UniqueId};
use shared::random::OsRandom;
use shared::store::{Group, IssueLimits, Status, StoredPolicy, User, UserChange};

use super::planned;
use crate::yaml::Mistake;

const ALLOW: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;

fn name(text: &str) -> PolicyName {
    PolicyName::parse(text).unwrap()
}

/// Policies `a` and `b`, an empty group `team`, and `foobar` with secret `foo12345`, policy
/// `a`, group `team` and a limit of 900 seconds.
fn current() -> Current {
    let access_key = AccessKeyId::parse("foobar").unwrap();
    let policies = ["a", "b"].map(|n| {
        let policy = StoredPolicy::new(name(n), ALLOW, &OsRandom).unwrap();
        (name(n), policy)
    });
    let group = Group {
        name: "team".to_owned(),
        status: Status::Enabled,
        policies: Vec::new(),
    };
    let user = User {
        id: UniqueId::parse("AIDAAAAAAAAAAAAAAAAAA").unwrap(),
        access_key: access_key.clone(),
        secret: Sealed::from_bytes(Vec::new()),
        status: Status::Enabled,
        policies: vec![name("a")],
        groups: vec!["team".to_owned()],
        max_session_seconds: Some(900),
        limits: IssueLimits::default(),
    };
    let secret = SecretAccessKey::parse("foo12345").ok();
    Current {
        policies: policies.into(),
        groups: [("team".to_owned(), group)].into(),
        users: [(access_key, CurrentUser { user, secret })].into(),
        ..Current::default()
    }
}

fn plan_of(yaml: &str) -> Result<Plan, Mistake> {
    planned(yaml, &current())
}

fn lines(yaml: &str) -> Vec<String> {
    let items = plan_of(yaml).unwrap().items;
    items.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_as_it_should_be_stays() {
    let yaml = r#"
settings: {max_session_seconds: null, regions: []}
policies:
  - name: a
    document:
      Statement: {Resource: "*", Action: "s3:*", Effect: Allow}
      Version: 2012-10-17
groups: [{name: team, status: enabled, policies: []}]
users:
  - access_key: foobar
    secret: foo12345
    policies: [a]
    groups: [team]
    max_session_seconds: 900
"#;
    let plan = plan_of(yaml).unwrap();
    assert!(plan.items.iter().all(|i| i.write.is_none()));
    assert_eq!(
        lines(yaml),
        ["= settings", "= policy a", "= group team", "= user foobar"]
    );
}

#[test]
fn what_is_not_mentioned_stays() {
    let plan = plan_of("users: [{access_key: foobar}]").unwrap();
    assert_eq!(plan.count('='), 1);
    assert!(plan_of("").unwrap().items.is_empty());
}

#[test]
fn every_attribute_can_change() {
    let cases = [
        (
            "users: [{access_key: foobar, policies: [b, a]}]",
            "~ user foobar: policies [a] -> [a, b]",
        ),
        (
            "users: [{access_key: foobar, policies: []}]",
            "~ user foobar: policies [a] -> []",
        ),
        (
            "users: [{access_key: foobar, groups: []}]",
            "~ user foobar: groups [team] -> []",
        ),
        (
            "users: [{access_key: foobar, status: disabled}]",
            "~ user foobar: enabled -> disabled",
        ),
        (
            "users: [{access_key: foobar, secret: bar12345}]",
            "~ user foobar: secret changed",
        ),
        (
            "users: [{access_key: foobar, max_session_seconds: 7200}]",
            "~ user foobar: max_session_seconds 900 -> 7200",
        ),
        (
            "users: [{access_key: foobar, max_session_seconds: null}]",
            "~ user foobar: max_session_seconds 900 -> none",
        ),
        (
            "groups: [{name: team, policies: [a], status: disabled}]",
            "~ group team: enabled -> disabled, policies [] -> [a]",
        ),
        (
            "settings: {regions: [eu-1]}",
            "~ settings: regions [] -> [eu-1]",
        ),
    ];
    for (yaml, line) in cases {
        assert_eq!(lines(yaml), [line], "{yaml}");
    }
}

#[test]
fn a_change_names_only_what_changes() {
    let yaml = "users: [{access_key: foobar, status: disabled, policies: [a], secret: foo12345}]";
    let item = plan_of(yaml).unwrap().items.remove(0);
    let Some(Write::User(UserWrite::Change(_, change, None))) = item.write else {
        panic!("{item:?}");
    };
    let expected = UserChange {
        status: Some(Status::Disabled),
        ..UserChange::default()
    };
    assert_eq!(change, expected);
}

#[test]
fn new_items_are_added_policies_first() {
    let yaml = r#"
users: [{access_key: alice, secret: alice-secret, policies: [c], groups: [ops]}]
groups: [{name: ops, policies: [c, readwrite]}]
policies:
  - {name: c, document: {Statement: {Effect: Allow, Action: "s3:*", Resource: "*"}}}
  - {name: readwrite, document: {Statement: {Effect: Allow, Action: "s3:*", Resource: "*"}}}
"#;
    assert_eq!(
        lines(yaml),
        [
            "+ policy c",
            "+ policy readwrite",
            "+ group ops",
            "+ user alice"
        ]
    );
}

#[test]
fn a_secret_that_does_not_open_is_replaced() {
    let mut current = current();
    for user in current.users.values_mut() {
        user.secret = None;
    }
    let plan = planned("users: [{access_key: foobar, secret: foo12345}]", &current).unwrap();
    assert_eq!(plan.items[0].to_string(), "~ user foobar: secret changed");
}

#[test]
fn what_refers_to_nothing_is_refused_with_its_line() {
    let cases = [
        (
            "users:\n  - {access_key: foobar, policies: [a, nope]}\n",
            2,
            "user foobar: policy nope does not exist",
        ),
        (
            "users:\n\n  - access_key: foobar\n    groups: [nope]\n",
            3,
            "user foobar: group nope does not exist",
        ),
        (
            "groups:\n  - {name: team, policies: [nope]}\n",
            2,
            "group team: policy nope does not exist",
        ),
        (
            "users:\n  - access_key: alice\n",
            2,
            "user alice is new and needs secret, secret_env or secret_file",
        ),
    ];
    for (yaml, line, reason) in cases {
        let expected = Mistake {
            line,
            reason: reason.to_owned(),
        };
        assert_eq!(plan_of(yaml).unwrap_err(), expected, "{yaml}");
    }
}

#[test]
fn nothing_shown_contains_a_secret() {
    let yaml =
        "users: [{access_key: foobar, secret: bar12345}, {access_key: alice, secret: bar12345}]";
    assert!(!format!("{:?}", plan_of(yaml).unwrap()).contains("bar12345"));
}
