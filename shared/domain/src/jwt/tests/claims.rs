//! Issuer, audience, times and subject.

use serde_json::json;

use super::{ISSUER, NOW, Provider, check, check_claims, claims, with, without};
use crate::jwt::IdentityTokenError;

#[test]
fn t18_another_providers_key_of_the_same_id_is_refused() {
    let (ours, other) = (Provider::new("k"), Provider::new("k"));
    let forged = other.token(&other.header(), &claims());
    assert_eq!(
        check(&forged, &ours.keys()).unwrap_err(),
        IdentityTokenError::Signature
    );
    for issuer in [
        "https://idp.example.com/",
        "https://IDP.example.com",
        "https://idp.example.com.evil.org",
        "",
    ] {
        assert_eq!(
            check_claims(&with("iss", json!(issuer))).unwrap_err(),
            IdentityTokenError::Issuer,
            "{issuer}"
        );
    }
    assert_eq!(
        check_claims(&with("iss", json!([ISSUER]))).unwrap_err(),
        IdentityTokenError::Issuer
    );
}

/// Whatever the claims are: who has no token of the issuer learns nothing of what is expected.
#[test]
fn a_signature_is_verified_before_any_claim() {
    let (ours, other) = (Provider::new("k"), Provider::new("k"));
    for claims in [
        claims(),
        with("iss", json!("https://other.example.com")),
        with("aud", json!("other")),
        with("exp", json!(1)),
        with("nbf", json!(NOW.secs() + 600)),
        with("sub", json!("")),
        without("exp"),
        without("sub"),
        json!({}),
    ] {
        let forged = other.token(&other.header(), &claims);
        let error = check(&forged, &ours.keys()).unwrap_err();
        assert_eq!(error, IdentityTokenError::Signature, "{claims}");
    }
}

#[test]
fn t20_the_audience_decides() {
    for aud in [
        json!("other"),
        json!([]),
        json!(["other", 7]),
        json!(7),
        json!(null),
        json!("app,other"),
        json!(""),
    ] {
        assert_eq!(
            check_claims(&with("aud", aud.clone())).unwrap_err(),
            IdentityTokenError::Audience,
            "{aud}"
        );
    }
    assert_eq!(
        check_claims(&without("aud")).unwrap_err(),
        IdentityTokenError::Audience
    );
    assert_eq!(
        check_claims(&with("aud", json!(["other", "app2"])))
            .unwrap()
            .audience,
        "app2"
    );
    let mut by_party = with("aud", json!("other"));
    by_party["azp"] = json!("app");
    assert_eq!(check_claims(&by_party).unwrap().audience, "app");
    let mut party_only = without("aud");
    party_only["azp"] = json!("app");
    assert_eq!(
        check_claims(&party_only).unwrap_err(),
        IdentityTokenError::Audience
    );
}

#[test]
fn t21_times_are_mandatory_and_honoured() {
    let expired = |exp: i64| check_claims(&with("exp", json!(exp))).map(|_| ());
    assert_eq!(expired(NOW.secs() - 59), Ok(()), "within the leeway");
    assert_eq!(expired(NOW.secs() - 60), Err(IdentityTokenError::Expired));
    assert_eq!(
        check_claims(&without("exp")).unwrap_err(),
        IdentityTokenError::Malformed
    );
    for exp in [
        json!("1800000600"),
        json!(null),
        json!(-1),
        json!(1e300),
        json!((NOW.secs() + 600) * 1000),
        json!([1]),
    ] {
        assert_eq!(
            check_claims(&with("exp", exp.clone())).unwrap_err(),
            IdentityTokenError::Malformed,
            "{exp}"
        );
    }
    assert!(check_claims(&with("exp", json!(1_800_000_600.5))).is_ok());
    for name in ["nbf", "iat"] {
        assert!(check_claims(&with(name, json!(NOW.secs() + 60))).is_ok());
        assert_eq!(
            check_claims(&with(name, json!(NOW.secs() + 61))).unwrap_err(),
            IdentityTokenError::NotYetValid
        );
        assert_eq!(
            check_claims(&with(name, json!("now"))).unwrap_err(),
            IdentityTokenError::Malformed
        );
    }
    assert!(
        check_claims(&with("iat", json!(1))).is_ok(),
        "a long life is the provider's business"
    );
}

#[test]
fn subjects_are_mandatory_and_short() {
    assert_eq!(
        check_claims(&without("sub")).unwrap_err(),
        IdentityTokenError::Malformed
    );
    for sub in [
        json!(""),
        json!(7),
        json!("x".repeat(256)),
        json!("a\u{0}b"),
    ] {
        assert_eq!(
            check_claims(&with("sub", sub)).unwrap_err(),
            IdentityTokenError::Malformed
        );
    }
    assert!(check_claims(&with("sub", json!("é".repeat(255)))).is_ok());
}
