//! What a refusal says, and to whom the actions answer at all.

use std::fmt::Debug;

use hyper::body::Bytes;
use serde_json::{Value, json};
use tests::client::encode as form;
use tests::provider::{Answer, JWKS, Provider, SigningKey};
use tests::sts::{TestSts, action};

use super::{ACTIONS, GRANTS, Setup, WEB, claims, config, entry, now};
use crate::check::Outcome::{self, Refused, Success};
use crate::check::{INVALID, NOT_BELIEVED, REJECTED, outcome, refusal, success};
use crate::logs::lines;

/// The causes that the log has of all calls that were refused.
fn causes(sts: &TestSts) -> Vec<String> {
    let lines = lines(sts).into_iter();
    lines
        .filter(|line| line["message"] == "call" && line["status"] != 200)
        .map(|line| line["cause"].as_str().unwrap_or_default().to_owned())
        .collect()
}

const UNBELIEVED: &str = "The identity token could not be validated.";
const OVER: &str = "The identity token has expired.";
const CLAIMS: &str = "The identity token's claims do not satisfy the provider's configuration.";
const ROLE: &str = "Not authorized to assume the requested role with this identity token.";
const POLICIES: &str = "None of the policies that the token's claim 'policy' names exists.";

/// Each code with its status, its type and its text; the log has what the text does not say.
#[tokio::test]
async fn every_code_has_its_status_and_text_and_the_log_has_the_cause() {
    let clients = [("app", ""), ("jobs", "role_policies: [readonly]")];
    let it = Setup::of(&clients).await;
    let good = it.claims(&json!({}));
    let signed_by = |kid| SigningKey::new("ES256", kid).token(&good);
    let with = |changes: Value| it.token(&changes);
    let (invalid, expired) = (
        (400, "InvalidIdentityToken"),
        (400, "ExpiredTokenException"),
    );
    let (rejected, denied) = ((403, "IDPRejectedClaim"), (403, "AccessDenied"));
    let cases = [
        (
            "some-text".to_owned(),
            invalid,
            UNBELIEVED,
            "the token is malformed",
        ),
        (
            with(json!({"iss": "https://idp.example.com"})),
            invalid,
            UNBELIEVED,
            "no provider has the token's issuer",
        ),
        (
            signed_by("k1"),
            invalid,
            UNBELIEVED,
            "the token's signature is wrong",
        ),
        (
            signed_by("k2"),
            invalid,
            UNBELIEVED,
            "no key of the provider fits the token",
        ),
        (
            with(json!({"nbf": now() + 600})),
            invalid,
            UNBELIEVED,
            "the token is not valid yet",
        ),
        (
            with(json!({"exp": now() - 600})),
            expired,
            OVER,
            "the token has expired",
        ),
        (
            with(json!({"exp": now() + 10})),
            expired,
            OVER,
            "the token ends within a minute",
        ),
        (
            with(json!({"aud": "other"})),
            rejected,
            CLAIMS,
            "the token is for another audience",
        ),
        (
            with(json!({"aud": "jobs", "role": true})),
            denied,
            ROLE,
            "no provider of the token's issuer has the role",
        ),
        (with(json!({"policy": "nothing"})), denied, POLICIES, ""),
    ];
    for (token, (status, code), text, cause) in &cases {
        for action in ACTIONS {
            let role = ("RoleArn", "arn:minio:iam:::role/nobodys");
            let reply = it.call(action, token, &[role]).await;
            assert_eq!(refusal(&reply, *status, code), *text, "{cause}");
        }
    }
    let expected: Vec<_> = cases.iter().flat_map(|case| [case.3; 2]).collect();
    assert_eq!(causes(&it.sts), expected);
}

#[tokio::test]
async fn keys_that_cannot_be_had_are_the_providers_fault() {
    let it = Setup::start().await;
    it.idp.answer(JWKS, Answer::text(500, "body-marker"));
    for action in ACTIONS {
        let reply = it.call(action, &it.token(&json!({})), &[]).await;
        let message = refusal(&reply, 400, "IDPCommunicationError");
        assert_eq!(
            message,
            "The identity provider's keys could not be retrieved."
        );
    }
    let expected = [
        "the provider answered with status 500",
        "the provider's keys could not be fetched a moment ago",
    ];
    assert_eq!(causes(&it.sts), expected);
    assert_eq!(it.idp.fetches(JWKS), 1);
}

#[tokio::test]
async fn a_scope_or_claim_that_is_missing_is_the_tokens_fault() {
    let clients = [("app", ""), ("scoped", "scopes_required: [storage]")];
    let it = Setup::of(&clients).await;
    it.check("scope", &it.token(&json!({"aud": "scoped"})), REJECTED)
        .await;
    it.check("claim", &it.token(&json!({"policy": null})), REJECTED)
        .await;
    it.check("length", "abc", INVALID).await;
}

#[tokio::test]
async fn a_disabled_provider_is_no_provider() {
    let it = Setup::of(&[("app", ""), ("off", "enabled: false")]).await;
    it.check("enabled", &it.token(&json!({})), Success).await;
    it.check("disabled", &it.token(&json!({"aud": "off"})), REJECTED)
        .await;
    let it = Setup::of(&[("app", "")]).await;
    it.sts.table.admin(&["provider", "disable", "app"]).await;
    it.check("the only one", &it.token(&json!({})), NOT_BELIEVED)
        .await;
    assert_eq!(it.idp.connections(), 0);
}

/// Two providers of different issuers that serve the same audience do not meet.
#[tokio::test]
async fn providers_are_found_by_issuer_and_audience() {
    let (key, other_key) = (SigningKey::new("ES256", "a"), SigningKey::new("ES256", "b"));
    let (idp, other) = (
        Provider::start(&[&key]).await,
        Provider::start(&[&other_key]).await,
    );
    let same_audience =
        entry(&other, "other", "").replace("client_ids: [other]", "client_ids: [app]");
    let entries = [
        entry(&idp, "app", ""),
        entry(&idp, "second", "claim_name: rights"),
        same_audience,
    ];
    let sts = TestSts::builder()
        .config(&config(entries.into_iter()))
        .start()
        .await;
    let it = Setup { sts, idp, key };
    let theirs = other_key.token(&claims(&other.issuer, &json!({})));
    let second = it.token(&json!({"aud": "second", "policy": null, "rights": "readonly"}));
    for action in ACTIONS {
        for (token, issuer, audience) in [
            (&it.token(&json!({})), &it.idp.issuer, "app"),
            (&second, &it.idp.issuer, "second"),
            (&theirs, &other.issuer, "app"),
        ] {
            let reply = it.call(action, token, &[]).await;
            success(&reply);
            assert_eq!(reply.field("Provider").as_ref(), Some(issuer));
            assert_eq!(reply.field("Audience").as_deref(), Some(audience));
        }
    }
}

async fn send(it: &Setup, case: impl Debug, target: &str, body: &str, expected: Outcome) {
    for content_type in [
        "application/x-www-form-urlencoded",
        "application/json",
        "multipart/form-data; boundary=x",
        "text/plain",
    ] {
        let mut request = it.sts.client.request("POST", target);
        let value = content_type.parse().unwrap();
        request.headers_mut().insert("content-type", value);
        *request.body_mut() = Bytes::copy_from_slice(body.as_bytes());
        let reply = it.sts.client.send(request).await;
        outcome((&case, content_type), &reply, expected);
    }
}

/// A good token opens these two actions and no other, in whatever order and place it comes.
#[tokio::test]
async fn t22_a_token_opens_the_exact_actions_only() {
    let it = Setup::start().await;
    let token = it.token(&json!({}));
    let twice = Refused(400, "InvalidParameterCombination");
    let unsigned = Refused(403, "MissingAuthenticationToken");
    let unknown = Refused(400, "InvalidAction");
    for own in ACTIONS {
        let pair = |name, value| form(&[(name, value)]);
        let action = pair("Action", own.name);
        let (version, token) = (pair("Version", "2011-06-15"), pair(own.token, &token));
        for (target, body, expected) in [
            (
                "/".to_owned(),
                format!("{token}&{version}&{action}"),
                Success,
            ),
            (format!("/?{token}"), format!("{action}&{version}"), Success),
            (format!("/?{action}&{version}"), token.clone(), Success),
            (
                format!("/?{token}&{action}&{version}"),
                token.clone(),
                twice,
            ),
            (
                "/".to_owned(),
                format!("{token}&{token}&{action}&{version}"),
                twice,
            ),
            (
                format!("/?{action}"),
                format!("{action}&{version}&{token}"),
                twice,
            ),
            (
                "/AssumeRole".to_owned(),
                format!("{action}&{version}&{token}"),
                unknown,
            ),
        ] {
            send(&it, (own.name, &target, &body), &target, &body, expected).await;
        }
    }
    for (name, expected) in [
        ("AssumeRole", unsigned),
        ("GetCallerIdentity", unsigned),
        ("RevokeSession", unsigned),
        ("AssumeRoleWithCustomToken", INVALID),
        ("assumeRoleWithWebIdentity", unknown),
        ("AssumeRoleWithWebIdentity ", unknown),
        ("AssumeRoleWithClientGrant", unknown),
        ("AssumeRoleWithClientGrants,AssumeRole", unknown),
    ] {
        let body = form(&action(name, &[("Token", &token)]));
        send(&it, name, "/", &body, expected).await;
    }
    let method = format!("/?{}", form(&action(WEB.name, &[(WEB.token, &token)])));
    let reply = it
        .sts
        .client
        .send(it.sts.client.request("GET", &method))
        .await;
    outcome("GET", &reply, unknown);
    let other = format!("/{}", GRANTS.name);
    let request = it
        .sts
        .client
        .form(&other, &action(WEB.name, &[(WEB.token, &token)]));
    outcome(
        "the other's path",
        &it.sts.client.send(request).await,
        unknown,
    );
}
