//! A session of a user's own rights: what the request says of roles, tags and identities.

use tests::sts::{Credentials, TestSts};

use crate::check::Outcome::Success;
use crate::check::{DENIED, outcome};

/// `foobar` with these statements besides `sts:GetCallerIdentity`, which needs none.
async fn with(statements: &str) -> TestSts {
    let list = format!("[{statements}]");
    TestSts::builder().statements(&list).start().await
}

const TAG: [(&str, &str); 2] = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "b")];
const IDENTITY: [(&str, &str); 1] = [("SourceIdentity", "alice")];

#[tokio::test]
async fn tags_and_a_source_identity_need_a_policy_that_allows_them() {
    let on_roles = "arn:aws:iam::*:role/*";
    for (statement, tagged, identified) in [
        ("{Effect: Allow, Action: 's3:*', Resource: '*'}".to_owned(), DENIED, DENIED),
        ("{Effect: Allow, Action: 'sts:TagSession', Resource: '*'}".to_owned(), Success, DENIED),
        ("{Effect: Allow, Action: 'sts:SetSourceIdentity', Resource: '*'}".to_owned(), DENIED, Success),
        (format!("{{Effect: Allow, Action: 'sts:*', Resource: '{on_roles}'}}"), Success, Success),
        ("{Effect: Allow, Action: '*', Resource: '*'}, {Effect: Deny, Action: 'sts:TagSession', Resource: '*'}".to_owned(), DENIED, Success),
        (format!("{{Effect: Allow, Action: '*', Resource: '*'}}, {{Effect: Deny, Action: 'sts:SetSourceIdentity', Resource: '{on_roles}'}}"), Success, DENIED),
        ("{Effect: Allow, Action: 'sts:AssumeRole', Resource: '*'}".to_owned(), DENIED, DENIED),
    ] {
        let sts = with(&statement).await;
        outcome(&statement, &sts.assume_role(&[]).await, Success);
        outcome(&statement, &sts.assume_role(&TAG).await, tagged);
        outcome(&statement, &sts.assume_role(&IDENTITY).await, identified);
    }
}

#[tokio::test]
async fn conditions_see_what_a_request_brings() {
    for (condition, parameters, expected) in [
        (
            "StringEquals: {'aws:RequestTag/team': b}",
            &TAG[..],
            Success,
        ),
        ("StringEquals: {'aws:RequestTag/team': a}", &TAG, DENIED),
        (
            "'ForAllValues:StringEquals': {'aws:TagKeys': [team]}",
            &TAG,
            Success,
        ),
        (
            "'ForAllValues:StringEquals': {'aws:TagKeys': [other]}",
            &TAG,
            DENIED,
        ),
        (
            "'ForAnyValue:StringEquals': {'sts:TransitiveTagKeys': [team]}",
            &TAG,
            DENIED,
        ),
        (
            "'ForAnyValue:StringEquals': {'sts:TransitiveTagKeys': [team]}",
            &[TAG[0], TAG[1], ("TransitiveTagKeys.member.1", "team")],
            Success,
        ),
        (
            "StringLike: {'sts:SourceIdentity': 'ali*'}",
            &IDENTITY,
            Success,
        ),
        (
            "StringLike: {'sts:SourceIdentity': 'bob*'}",
            &IDENTITY,
            DENIED,
        ),
        (
            "StringEquals: {'sts:ExternalId': ext}",
            &[IDENTITY[0], ("ExternalId", "ext")],
            Success,
        ),
        (
            "StringEquals: {'sts:RoleSessionName': name}",
            &[IDENTITY[0], ("RoleSessionName", "name")],
            Success,
        ),
    ] {
        let sts = with(&format!(
            "{{Effect: Allow, Action: ['sts:TagSession', 'sts:SetSourceIdentity'], \
             Resource: '*', Condition: {{{condition}}}}}"
        ))
        .await;
        outcome(condition, &sts.assume_role(parameters).await, expected);
    }
}

#[tokio::test]
async fn a_deny_of_assuming_roles_bites_whichever_role_is_named_or_none() {
    let allow = "{Effect: Allow, Action: '*', Resource: '*'}";
    for resource in [
        "arn:aws:iam::*:role/*",
        "arn:aws:iam::999999999999:role/OrgAdmin",
        "arn:minio:iam:::role/*",
        "*",
    ] {
        let deny = format!("{{Effect: Deny, Action: 'sts:AssumeRole', Resource: '{resource}'}}");
        let sts = with(&format!("{allow}, {deny}")).await;
        for role in [
            None,
            Some("arn:xxx:xxx:xxx:xxxx"),
            Some("arn:aws:iam::999999999999:role/OrgAdmin"),
            Some("arn:aws:iam::123456789012:role/other"),
            Some("arn:aws:s3:::bucket-of-somebody"),
        ] {
            let named = role.map(|role| ("RoleArn", role));
            let reply = sts.assume_role(named.as_slice()).await;
            outcome((resource, role), &reply, DENIED);
        }
    }
    for resource in ["arn:aws:s3:::secret/*", "arn:aws:iam::*:user/*"] {
        let deny = format!("{{Effect: Deny, Action: '*', Resource: '{resource}'}}");
        let sts = with(&format!("{allow}, {deny}")).await;
        outcome(resource, &sts.assume_role(&[]).await, Success);
    }
}

#[tokio::test]
async fn names_of_sessions_without_a_role_are_kept_as_sent() {
    let sts = TestSts::start().await;
    for name in [
        "2026-11-25T13:00:00.000Z",
        "arn:aws:iam::123456789012:role/demo",
        "Jürgen Müller",
        "a",
    ] {
        let reply = sts.assume_role(&[("RoleSessionName", name)]).await;
        outcome(name, &reply, Success);
        let session = Credentials::of(&reply);
        let id = format!("foobar:{name}");
        assert_eq!(reply.field("AssumedRoleId"), Some(id.clone()));
        let kept = sts.stored(&session.access_key).await.unwrap().asked;
        assert_eq!(kept.role_session_name.unwrap().as_str(), name);
        let who = sts
            .call_as(&session.signer(), "GetCallerIdentity", &[])
            .await;
        assert_eq!(who.field("UserId"), Some(id));
    }
}
