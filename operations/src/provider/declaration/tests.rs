use serde_json::json;

use super::*;

fn entry() -> ProviderDeclaration {
    ProviderDeclaration {
        name: "corp".to_owned(),
        config_url: Some(format!("https://idp.example.com{DISCOVERY}")),
        client_ids: vec!["app".to_owned()],
        ..ProviderDeclaration::default()
    }
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

fn checked(entry: ProviderDeclaration) -> OpenIdProvider {
    entry.check().unwrap().provider
}

fn refusal(entry: ProviderDeclaration) -> String {
    entry.check().unwrap_err().to_string()
}

/// A key that Appendix A of RFC 7517 shows.
fn key_set() -> Value {
    json!({"keys": [{
        "kty": "EC", "crv": "P-256", "kid": "1", "use": "sig",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    }]})
}

#[test]
fn what_is_left_out_has_its_default() {
    let provider = checked(entry());
    assert_eq!(provider.issuer, "https://idp.example.com");
    assert_eq!(provider.algorithms, DEFAULT_ALGORITHMS);
    assert_eq!(provider.grant, Grant::Claim("policy".to_owned()));
    assert_eq!(provider.leeway_seconds, 60);
    assert_eq!(provider.kept_claims, DEFAULT_KEPT);
    assert!(provider.enabled && !provider.outlive_token && !provider.single_use);
    assert_eq!(provider.missing_policies, MissingPolicies::Skip);
}

#[test]
fn claims_have_their_prefix_and_roles_their_policies() {
    let claim = ProviderDeclaration {
        claim_prefix: Some("x_".to_owned()),
        claim_name: Some("roles".to_owned()),
        ..entry()
    };
    assert_eq!(checked(claim).grant, Grant::Claim("x_roles".to_owned()));
    let role = ProviderDeclaration {
        role_policies: Some(texts(["readonly"])),
        client_ids: texts(["minio-client-app"]),
        ..entry()
    };
    let arns: Vec<String> = checked(role).role_arns().map(|a| a.to_string()).collect();
    assert_eq!(arns, ["arn:minio:iam:::role/nOybJqMNzNmroqEKq5D0EUsRZw0"]);
}

#[test]
fn keys_may_be_written_down() {
    for jwks in [key_set(), Value::String(format!("{}\n", key_set()))] {
        let inline = ProviderDeclaration {
            config_url: None,
            jwks: Some(jwks),
            issuer: Some("https://idp.example.com".to_owned()),
            ..entry()
        };
        let KeySource::Jwks(text) = checked(inline).keys else {
            panic!("not inline");
        };
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), key_set());
    }
}

#[test]
fn t20_a_provider_without_audience_cannot_be() {
    let nobody = ProviderDeclaration {
        client_ids: Vec::new(),
        ..entry()
    };
    assert_eq!(
        refusal(nobody),
        "provider corp: it needs at least one of client_ids"
    );
    for id in ["", " ", "a b"] {
        let blank = ProviderDeclaration {
            client_ids: texts([id]),
            ..entry()
        };
        assert!(refusal(blank).contains("client_ids must have"), "{id:?}");
    }
}

#[test]
fn t13_symmetric_and_absent_algorithms_cannot_be() {
    for name in [
        "HS256", "HS384", "HS512", "none", "None", "rs256", "ES512", "",
    ] {
        let symmetric = ProviderDeclaration {
            algorithms: Some(texts(["RS256", name])),
            ..entry()
        };
        let expected = format!("provider corp: algorithm {name:?} cannot be; possible are ");
        assert!(refusal(symmetric).starts_with(&expected), "{name}");
    }
    let empty = ProviderDeclaration {
        algorithms: Some(Vec::new()),
        ..entry()
    };
    assert_eq!(
        refusal(empty),
        "provider corp: it needs at least one of algorithms"
    );
}

#[test]
fn t26_reserved_claims_cannot_be_kept() {
    let reserved = [
        "accessKey",
        "exp",
        "iat",
        "parent",
        "policy",
        "roleArn",
        "sa-policy",
        "sessionPolicy",
        "sourceIdentity",
        "tokenRevokeType",
        "userid",
        "username",
    ];
    for name in reserved.iter().chain(&["EXP", "aws:userid", "jwt:sub", ""]) {
        let reserved = ProviderDeclaration {
            kept_claims: Some(texts(["sub", name])),
            ..entry()
        };
        assert!(refusal(reserved).contains("is reserved"), "{name}");
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let url = Some("http://idp.example.com/keys".to_owned());
    let cases = [
        (
            ProviderDeclaration {
                jwks_url: url.clone(),
                ..entry()
            },
            "it needs one of config_url, jwks_url and jwks",
        ),
        (
            ProviderDeclaration {
                config_url: None,
                issuer: Some("x".to_owned()),
                ..entry()
            },
            "it needs one of config_url, jwks_url and jwks",
        ),
        (
            ProviderDeclaration {
                config_url: None,
                jwks_url: url.clone(),
                ..entry()
            },
            "it needs an issuer, as its config_url does not end with /.well-known/openid-configuration",
        ),
        (
            ProviderDeclaration {
                config_url: None,
                jwks_url: url,
                issuer: Some("x".to_owned()),
                ..entry()
            },
            "jwks_url: it must be HTTPS, unless its host is this machine or allow_http is set",
        ),
        (
            ProviderDeclaration {
                config_url: None,
                jwks: Some(json!({"keys": []})),
                issuer: Some("x".to_owned()),
                ..entry()
            },
            "jwks: no key is usable",
        ),
        (
            ProviderDeclaration {
                role_policies: Some(texts(["readonly"])),
                claim_name: Some("policy".to_owned()),
                ..entry()
            },
            "it has either role_policies or a claim that names policies",
        ),
        (
            ProviderDeclaration {
                role_policies: Some(Vec::new()),
                ..entry()
            },
            "role_policies must name at least one policy",
        ),
        (
            ProviderDeclaration {
                missing_policies: Some(MissingPolicies::Refuse),
                role_policies: Some(texts(["readonly"])),
                ..entry()
            },
            "missing_policies is for a claim that names policies",
        ),
        (
            ProviderDeclaration {
                leeway_seconds: Some(301),
                ..entry()
            },
            "leeway_seconds must be 0 to 300",
        ),
        (
            ProviderDeclaration {
                max_token_length: Some(20_001),
                ..entry()
            },
            "max_token_length must be 4 to 20000",
        ),
    ];
    for (entry, reason) in cases {
        assert_eq!(refusal(entry), format!("provider corp: {reason}"));
    }
    let long = ProviderDeclaration {
        max_session_seconds: Some(43_201),
        ..entry()
    };
    assert_eq!(
        refusal(long),
        "provider corp: max_session_seconds must be 900 to 43200"
    );
}
