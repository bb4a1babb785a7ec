//! `AssumeRole`: what a caller gets, and what the table keeps of it.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use shared::clock::{Clock, SystemClock};
use shared::jwt;
use shared::model::{AccessKeyId, PolicyName, SessionToken};
use shared::store::token_digest;
use shared::store::{Authority, KeptClaims, ManageGroups, Parent, Session, SessionRequest};
use tests::client::{Reply, Signer};
use tests::sts::TestSts;

use crate::check::{refusal, success};

const ROLE: (&str, &str) = ("RoleArn", "arn:aws:iam::123456789012:role/path/demo");
const NAME: (&str, &str) = ("RoleSessionName", "sess=1");
const POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;

/// Every parameter that is kept.
const ALL: &[(&str, &str)] = &[
    ROLE,
    NAME,
    ("DurationSeconds", "900"),
    ("Policy", POLICY),
    (
        "PolicyArns.member.1.arn",
        "arn:aws:iam::aws:policy/readonly",
    ),
    ("PolicyArns.member.2.arn", "writeonly"),
    ("Tags.member.1.Key", "Project"),
    ("Tags.member.1.Value", "Auto mation"),
    ("Tags.member.2.Key", "k2"),
    ("Tags.member.2.Value", ""),
    ("TransitiveTagKeys.member.1", "Project"),
    ("ExternalId", "ext:1"),
    ("SourceIdentity", "DevUser"),
    ("TokenRevokeType", "app-a"),
];

/// The session token's header and claims, not verified.
fn decode(token: &str) -> (Value, Value) {
    let parts: Vec<_> = token.split('.').collect();
    let part = |text: &str| {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    assert_eq!(parts.len(), 3);
    (part(parts[0]), part(parts[1]))
}

fn paths(reply: &Reply) -> Vec<String> {
    let leaves = reply.leaves().into_iter();
    leaves
        .map(|(path, _)| path.replacen("AssumeRoleResponse/", "", 1))
        .collect()
}

#[tokio::test]
async fn a_reply_has_every_field_in_its_place() {
    let sts = TestSts::start().await;
    let reply = sts.assume_role(ALL).await;
    success(&reply);
    let expected = [
        "AssumeRoleResult/AssumedRoleUser/Arn",
        "AssumeRoleResult/AssumedRoleUser/AssumedRoleId",
        "AssumeRoleResult/AssumedRoleUser/AssumeRoleId",
        "AssumeRoleResult/Credentials/AccessKeyId",
        "AssumeRoleResult/Credentials/SecretAccessKey",
        "AssumeRoleResult/Credentials/SessionToken",
        "AssumeRoleResult/Credentials/Expiration",
        "AssumeRoleResult/PackedPolicySize",
        "AssumeRoleResult/SourceIdentity",
        "ResponseMetadata/RequestId",
    ];
    assert_eq!(paths(&reply), expected);
    let field = |name| reply.field(name).unwrap();
    let arn = "arn:aws:sts::000000000000:assumed-role/foobar/sess=1";
    assert_eq!(field("Arn"), arn);
    assert_eq!(field("AssumedRoleId"), "foobar:sess=1");
    assert_eq!(field("AssumeRoleId"), "foobar:sess=1");
    assert_eq!(field("SourceIdentity"), "DevUser");
    let packed: usize = field("PackedPolicySize").parse().unwrap();
    assert_eq!(packed, (field("SessionToken").len() * 100).div_ceil(4096));
}

#[tokio::test]
async fn a_reply_leaves_out_what_was_not_asked_for() {
    let sts = TestSts::start().await;
    let reply = sts.assume_role(&[]).await;
    let credentials = success(&reply);
    assert_eq!(reply.field("PackedPolicySize"), None);
    assert_eq!(reply.field("SourceIdentity"), None);
    let arn = "arn:aws:sts::000000000000:assumed-role/foobar/foobar";
    assert_eq!(reply.field("Arn").as_deref(), Some(arn));
    assert_eq!(
        reply.field("AssumedRoleId").as_deref(),
        Some("foobar:foobar")
    );
    let session = sts.stored(&credentials.access_key).await.unwrap();
    assert_eq!(session.asked, SessionRequest::default());
    assert_eq!(session.authority, Authority::User);
    assert_eq!(session.claims, KeptClaims::default());
}

#[tokio::test]
async fn a_role_without_meaning_is_accepted_and_appears_nowhere() {
    let sts = TestSts::start().await;
    let long = format!("arn:aws:iam::123456789012:role/{}", "x".repeat(2017));
    for role in [
        "arn:xxx:xxx:xxx:xxxx",
        "arn:aws:iam::999999999999:role/OrgAdmin",
        "arn:minio:iam:::role/dummy-internal",
        "arn:aws:iam::12345678901x:role/a/",
        "a-long-text-without-a-colon",
        &long,
    ] {
        let reply = sts.assume_role(&[("RoleArn", role), NAME]).await;
        let credentials = success(&reply);
        let arn = "arn:aws:sts::000000000000:assumed-role/foobar/sess=1";
        assert_eq!(reply.field("Arn").as_deref(), Some(arn), "{role}");
        assert!(!reply.text().contains(role), "{role}");
        let (_, claims) = decode(&credentials.token);
        assert!(!claims.to_string().contains(role), "{role}");
        let kept = sts.stored(&credentials.access_key).await.unwrap();
        assert_eq!(kept.role_arn(), None, "{role}");
        let who = sts
            .call_as(&credentials.signer(), "GetCallerIdentity", &[])
            .await;
        assert_eq!(who.field("Arn").as_deref(), Some(arn), "{role}");
        assert_eq!(who.field("Account").as_deref(), Some("000000000000"));
    }
}

#[tokio::test]
async fn t12_credentials_have_the_lengths_and_alphabets_of_the_reference() {
    let sts = TestSts::start().await;
    let before = SystemClock.now();
    let credentials = success(&sts.assume_role(&[]).await);
    let after = SystemClock.now();
    assert!((before.plus(3600)..=after.plus(3600)).contains(&credentials.expiration));

    let key = credentials.access_key.as_bytes();
    assert!(key.len() == 20 && key[0].is_ascii_uppercase(), "{key:?}");
    let upper = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    assert!(key.iter().all(upper), "{key:?}");
    let secret = credentials.secret.as_bytes();
    assert_eq!(secret.len(), 40);
    assert!(
        secret
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || *b == b'+')
    );
    assert!(credentials.token.len() <= 4096);
}

#[tokio::test]
async fn the_session_token_says_whose_session_it_is() {
    let sts = TestSts::start().await;
    let keys = sts.keys().await;
    let bare = sts.session().await;
    let (header, claims) = decode(&bare.token);
    assert_eq!(
        header,
        json!({"alg": "HS512", "typ": "JWT", "kid": keys.active_kid()})
    );
    let exp = bare.expiration.secs();
    assert_eq!(
        claims,
        json!({
            "accessKey": bare.access_key, "parent": "foobar", "iat": exp - 3600, "exp": exp,
        })
    );

    let full = success(&sts.assume_role(ALL).await);
    let (_, claims) = decode(&full.token);
    let exp = full.expiration.secs();
    assert_eq!(
        claims,
        json!({
            "accessKey": full.access_key, "parent": "foobar", "iat": exp - 900, "exp": exp,
            "sessionPolicy": base64::prelude::BASE64_STANDARD.encode(POLICY),
            "tokenRevokeType": "app-a", "sourceIdentity": "DevUser",
        })
    );
    let token = SessionToken::new(full.token).unwrap();
    let access_key = AccessKeyId::parse(full.access_key).unwrap();
    jwt::verify(&token, &access_key, &keys, SystemClock.now()).unwrap();
}

#[tokio::test]
async fn the_row_holds_the_secret_sealed_and_of_the_token_a_digest() {
    let sts = TestSts::start().await;
    let credentials = success(&sts.assume_role(ALL).await);
    let write = sts.proxy.operations().pop().unwrap();
    assert_eq!(write.name, "PutItem");
    let row = write.body["Item"].to_string();
    assert!(row.contains(&credentials.access_key));
    assert!(!row.contains(&credentials.secret) && !row.contains(&credentials.token));

    let stored = sts.stored(&credentials.access_key).await.unwrap();
    let item = Session::item_key(&stored.access_key);
    let secret = sts.keys().await.open(&item, &stored.secret).unwrap();
    assert_eq!(*secret, credentials.secret.as_bytes());
    let token = SessionToken::new(credentials.token).unwrap();
    assert_eq!(stored.token_digest, token_digest(&token));
    assert_eq!(
        stored.parent,
        Parent::User(AccessKeyId::parse("foobar").unwrap())
    );
    assert_eq!(stored.expires_at, credentials.expiration);
    assert_eq!(stored.issued_at, credentials.expiration.plus(-900));
}

#[tokio::test]
async fn t37_every_parameter_is_kept_with_the_session() {
    let sts = TestSts::start().await;
    let credentials = success(&sts.assume_role(ALL).await);
    let stored = sts.stored(&credentials.access_key).await.unwrap();
    assert_eq!(stored.role_arn(), None);
    let kept = stored.asked;
    assert_eq!(kept.role_session_name.unwrap().as_str(), NAME.1);
    assert_eq!(kept.session_policy.as_deref(), Some(POLICY));
    let policies: Vec<_> = kept.policy_arns.iter().map(PolicyName::as_str).collect();
    assert_eq!(policies, ["readonly", "writeonly"]);
    let tags: Vec<_> = kept
        .tags
        .iter()
        .map(|tag| (tag.key(), tag.value()))
        .collect();
    assert_eq!(tags, [("Project", "Auto mation"), ("k2", "")]);
    assert_eq!(kept.transitive_tag_keys, ["Project"]);
    assert_eq!(kept.external_id.unwrap().as_str(), "ext:1");
    assert_eq!(kept.source_identity.unwrap().as_str(), "DevUser");
    assert_eq!(kept.revoke_type.unwrap().as_str(), "app-a");
    assert!(stored.claims.values.is_empty());
}

#[tokio::test]
async fn a_call_costs_one_read_and_one_write() {
    let sts = TestSts::start().await;
    success(&sts.assume_role(&[]).await);
    assert_eq!(
        sts.take_operations(),
        ["BatchGetItem", "GetItem", "BatchGetItem", "PutItem"],
        "keys and settings, the user, the user's policies, the session"
    );

    success(&sts.assume_role(&[("Policy", POLICY)]).await);
    let [read, write] = &sts.proxy.operations()[..] else {
        panic!("{:?}", sts.take_operations());
    };
    assert_eq!(
        (read.name.as_str(), write.name.as_str()),
        ("GetItem", "PutItem")
    );
    assert_eq!(read.body["ConsistentRead"], true);
    assert_eq!(read.body["Key"]["pk"]["S"], "USER#foobar");
    assert_eq!(
        write.body["ConditionExpression"],
        "attribute_not_exists(pk)"
    );
    sts.proxy.clear();

    success(&sts.assume_role(ALL).await);
    let policies = &sts.proxy.operations()[1];
    let keys = &policies.body["RequestItems"][&sts.table.name];
    assert_eq!(keys["ConsistentRead"], true);
    assert_eq!(keys["Keys"].as_array().unwrap().len(), 2);
    assert_eq!(
        sts.take_operations(),
        ["GetItem", "BatchGetItem", "PutItem"]
    );
}

/// The group may have held a Deny.
#[tokio::test]
async fn a_user_of_a_group_that_does_not_exist_may_do_nothing() {
    let config = "
groups:
  - name: team
users:
  - {access_key: foobar, secret: foo12345, policies: [readwrite], groups: [team]}
  - {access_key: other, secret: other-secret, policies: [readwrite]}
";
    let sts = TestSts::builder().config(config).start().await;
    sts.store().delete_group("team").await.unwrap();
    refusal(&sts.assume_role(&[]).await, 403, "AccessDenied");
    let other = Signer::new("other", "other-secret", None);
    success(&sts.assume_role_as(&other, &[]).await);
}
