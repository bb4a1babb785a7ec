use std::collections::HashSet;

use super::*;
use model::random::OsRandom;

fn provider() -> OpenIdProvider {
    OpenIdProvider::new(
        "p".to_owned(),
        "https://idp.example.com".to_owned(),
        KeySource::Jwks(String::new()),
        ["minio-client-app", "minio-client-app-2"]
            .map(str::to_owned)
            .into(),
    )
}

/// The provider with ids of its own.
fn made_now() -> OpenIdProvider {
    let mut provider = provider();
    provider.give_ids(&OsRandom).unwrap();
    provider
}

#[test]
fn a_role_keeps_its_id_until_it_goes() {
    let first = made_now();
    let arns: Vec<RoleArn> = first.role_arns().collect();
    let ids = |provider: &OpenIdProvider| -> Vec<Option<UniqueId>> {
        arns.iter()
            .map(|arn| provider.role_id(arn).cloned())
            .collect()
    };
    let follow = |before: &OpenIdProvider, clients: &[String], grant: &Grant| {
        let mut next = OpenIdProvider {
            client_ids: clients.to_vec(),
            grant: grant.clone(),
            ..provider()
        };
        next.keep_ids(before);
        next.give_ids(&OsRandom).unwrap();
        assert_eq!(next.id, first.id);
        next
    };
    let same = follow(&first, &first.client_ids, &first.grant);
    assert_eq!(ids(&same), ids(&first));
    let fewer = follow(&first, &first.client_ids[..1], &first.grant);
    assert_eq!(ids(&fewer), [ids(&first)[0].clone(), None]);
    let again = follow(&fewer, &first.client_ids, &first.grant);
    assert_eq!(ids(&again)[0], ids(&first)[0]);
    assert_ne!(ids(&again)[1], ids(&first)[1]);
    let claim = follow(
        &first,
        &first.client_ids,
        &Grant::Claim("policy".to_owned()),
    );
    assert_eq!(ids(&claim), [None, None]);
    let role = follow(&claim, &first.client_ids, &first.grant);
    assert!(
        ids(&role)
            .iter()
            .all(|id| id.is_some() && !ids(&first).contains(id))
    );
}

#[test]
fn role_arns_follow_the_rule_of_minio() {
    let provider = provider();
    let arns: Vec<String> = provider.role_arns().map(|arn| arn.to_string()).collect();
    assert_eq!(
        arns,
        [
            "arn:minio:iam:::role/nOybJqMNzNmroqEKq5D0EUsRZw0",
            "arn:minio:iam:::role/domXb70kze7Ugc1SaxaeFchhLP4"
        ]
    );
    let claim = OpenIdProvider {
        grant: Grant::Claim("policy".to_owned()),
        ..provider
    };
    assert_eq!(claim.role_arns().count(), 0);
}

#[test]
fn keys_of_other_settings_are_told_apart() {
    let url = || "https://idp.example.com/x".to_owned();
    let with = |keys| OpenIdProvider { keys, ..provider() };
    let settings = [
        with(KeySource::ConfigUrl(url())),
        with(KeySource::JwksUrl(url())),
        with(KeySource::Jwks(url())),
        with(KeySource::JwksUrl(url() + "y")),
        OpenIdProvider {
            issuer: url(),
            ..provider()
        },
        OpenIdProvider {
            name: "q".to_owned(),
            ..provider()
        },
        made_now(),
        made_now(),
    ];
    let digests: HashSet<_> = settings
        .iter()
        .map(OpenIdProvider::key_source_digest)
        .collect();
    assert_eq!(digests.len(), settings.len());
    let disabled = OpenIdProvider {
        enabled: false,
        ..provider()
    };
    assert_eq!(disabled.key_source_digest(), provider().key_source_digest());
}
