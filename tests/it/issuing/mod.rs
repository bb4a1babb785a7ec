//! Policies that refuse to issue.

mod federated;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::store::ManagePlugins;
use tests::plugin::{Answer, Plugin, ROLE};
use tests::sts::TestSts;

use crate::check::Outcome::Success;
use crate::check::{DENIED, outcome};

/// A user with nothing but this Deny.
async fn service(statement: &str) -> TestSts {
    let list = format!("[{{Effect: Deny, {statement}}}]");
    TestSts::builder().statements(&list).start().await
}

#[tokio::test]
async fn nothing_has_to_allow_it() {
    let unrelated = service("Action: s3:*, Resource: '*'").await;
    outcome("unrelated", &unrelated.assume_role(&[]).await, Success);
    let all = service("Action: 'sts:*', Resource: '*'").await;
    outcome("all of sts", &all.assume_role(&[]).await, DENIED);
}

#[tokio::test]
async fn conditions_see_length_address_and_time() {
    let statement = |condition: &str| {
        format!("Action: sts:AssumeRole, Resource: '*', Condition: {{{condition}}}")
    };
    let an_hour = ("DurationSeconds", "3600");
    let longer = ("DurationSeconds", "3601");
    let cases = [
        (
            "NumericGreaterThan: {sts:DurationSeconds: 3600}",
            an_hour,
            Success,
        ),
        (
            "NumericGreaterThan: {sts:DurationSeconds: 3600}",
            longer,
            DENIED,
        ),
        (
            "NotIpAddress: {aws:SourceIp: 192.0.2.0/24}",
            an_hour,
            DENIED,
        ),
        (
            "NotIpAddress: {aws:SourceIp: 127.0.0.0/8}",
            an_hour,
            Success,
        ),
        (
            "DateGreaterThan: {aws:CurrentTime: '2020-01-01T00:00:00Z'}",
            an_hour,
            DENIED,
        ),
        (
            "DateLessThan: {aws:CurrentTime: '2020-01-01T00:00:00Z'}",
            an_hour,
            Success,
        ),
        ("StringEquals: {aws:username: foobar}", an_hour, DENIED),
    ];
    for (condition, parameter, expected) in cases {
        // Policies are remembered for a minute, hence a service for each.
        let sts = service(&statement(condition)).await;
        let reply = sts.assume_role(&[parameter]).await;
        outcome((condition, parameter), &reply, expected);
    }
}

#[tokio::test]
async fn t57_a_policy_that_is_gone_might_have_denied() {
    let sts = service("Action: s3:*, Resource: '*'").await;
    let client = sts.table.connection().client();
    let delete = client.delete_item().table_name(&sts.table.name);
    let key = AttributeValue::S("POLICY#rule".to_owned());
    delete.key("pk", key).send().await.unwrap();
    outcome("gone", &sts.assume_role(&[]).await, DENIED);
    assert!(!sts.take_operations().contains(&"PutItem".to_owned()));
}

/// A plugin's role has its own policies; those of a user of the same name do not count.
#[tokio::test]
async fn roles_of_plugins_obey_their_policies() {
    let statement = "Action: sts:AssumeRoleWithCustomToken, Resource: '*', \
        Condition: {NumericGreaterThan: {sts:DurationSeconds: 3600}}";
    let sts = service(statement).await;
    let plugin = Plugin::start(Answer::vouch("Alice", 43_200)).await;
    let role = plugin.with_role(ROLE, "rule");
    sts.store().create_plugin(&role).await.unwrap();
    for (seconds, expected) in [("3600", Success), ("7200", DENIED)] {
        let parameters = [("DurationSeconds", seconds)];
        let reply = sts.show("token", ROLE, &parameters).await;
        outcome(seconds, &reply, expected);
    }
    outcome("foobar", &sts.assume_role(&[]).await, Success);
}
