use serde_json::json;

use super::*;

/// RFC 7515 appendix A.3 and RFC 8037 appendix A.
const P256_X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const P256_Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const ED_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

fn usable(keys: &Value) -> Vec<String> {
    let set = KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap();
    set.usable()
        .map(|k| format!("{:?}/{}", k.kind, k.kid.as_deref().unwrap_or("-")))
        .collect()
}

fn modulus(bits: usize) -> String {
    let mut n = vec![0xff; bits / 8];
    n[0] = 0x80 | (n[0] >> (7 - (bits + 7) % 8));
    URL_SAFE_NO_PAD.encode(n)
}

#[test]
fn usable_keys_are_kept_and_others_ignored() {
    let keys = json!([
        {"kty": "EC", "crv": "P-256", "x": P256_X, "y": P256_Y, "kid": "ec", "use": "sig", "alg": "ES256"},
        {"kty": "OKP", "crv": "Ed25519", "x": ED_X, "kid": "ed"},
        {"kty": "RSA", "n": modulus(2048), "e": "AQAB", "kid": "rsa"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "hmac", "alg": "HS256"},
        {"kty": "EC", "crv": "secp256k1", "x": P256_X, "y": P256_Y, "kid": "k1"},
        {"kty": "new"}, 7, null, {},
    ]);
    assert_eq!(usable(&keys), ["P256/ec", "Ed25519/ed", "Rsa/rsa"]);
}

#[test]
fn weak_and_broken_keys_do_not_spoil_the_others() {
    let keys = json!([
        {"kty": "RSA", "n": modulus(1024), "e": "AQAB", "kid": "short"},
        {"kty": "RSA", "n": modulus(2048), "e": "AQ", "kid": "e1"},
        {"kty": "RSA", "n": modulus(2048), "e": "Ag", "kid": "even"},
        {"kty": "RSA", "n": "", "e": "", "kid": "empty"},
        {"kty": "RSA", "n": modulus(2048), "e": "AQAB", "use": "enc", "kid": "enc"},
        {"kty": "RSA", "n": modulus(2048), "e": "AQAB", "key_ops": ["encrypt"], "kid": "ops"},
        {"kty": "RSA", "n": modulus(2048), "e": "AQAB", "alg": "HS256", "kid": "hs"},
        {"kty": "EC", "crv": "P-256", "x": P256_X, "y": P256_X, "kid": "off-curve"},
        {"kty": "EC", "crv": "P-256", "x": P256_X, "kid": "half"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AAAA", "kid": "stub"},
        {"kty": "OKP", "crv": "Ed25519", "x": ED_X, "kid": "good"},
    ]);
    assert_eq!(usable(&keys), ["Ed25519/good"]);
}

/// The point of RFC 7515 appendix A.4.
#[test]
fn keys_on_curves_that_nothing_here_verifies_are_left_out() {
    let x =
        "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qwxcWceqwQGk";
    let y =
        "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2";
    for alg in [json!("ES512"), json!(null)] {
        let key = json!({"kty": "EC", "crv": "P-521", "x": x, "y": y, "kid": "a", "alg": alg});
        assert_eq!(usable(&json!([key, ed(&json!({}))])), ["Ed25519/a"]);
    }
}

/// The place of the key that a token's header chooses, among those that are kept.
fn chosen(keys: &Value, kid: Option<&str>, algorithm: &str) -> Result<usize, NoKey> {
    let set = KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap();
    let key = set.choose(kid, algorithm.parse().unwrap())?;
    Ok(set.0.iter().position(|it| std::ptr::eq(it, key)).unwrap())
}

fn with(mut key: Value, members: &Value) -> Value {
    let members = members.as_object().unwrap().clone();
    key.as_object_mut().unwrap().extend(members);
    key
}

fn rsa(members: &Value) -> Value {
    let key = json!({"kty": "RSA", "n": modulus(2048), "e": "AQAB", "kid": "a"});
    with(key, members)
}

fn ec(members: &Value) -> Value {
    let key = json!({"kty": "EC", "crv": "P-256", "x": P256_X, "y": P256_Y, "kid": "a"});
    with(key, members)
}

fn ed(members: &Value) -> Value {
    with(
        json!({"kty": "OKP", "crv": "Ed25519", "x": ED_X, "kid": "a"}),
        members,
    )
}

#[test]
fn keys_that_share_an_id_are_told_apart_by_algorithm_type_and_use() {
    let (alg, usage) = (
        |alg: &str| json!({ "alg": alg }),
        |usage: &str| json!({"use": usage}),
    );
    let encrypts = |members: &Value| json!([rsa(members), rsa(&json!({}))]);
    let verify = json!({"key_ops": ["verify"]});
    let by_alg = json!([rsa(&alg("RS256")), rsa(&alg("RS384")), rsa(&alg("PS512"))]);
    let by_type = json!([rsa(&json!({})), ec(&json!({})), ed(&json!({}))]);
    let cases = [
        (&by_alg, "RS256", Ok(0)),
        (&by_alg, "RS384", Ok(1)),
        (&by_alg, "PS512", Ok(2)),
        (&by_alg, "RS512", Err(NoKey::Unknown)),
        (&by_type, "RS256", Ok(0)),
        (&by_type, "PS384", Ok(0)),
        (&by_type, "ES256", Ok(1)),
        (&by_type, "EdDSA", Ok(2)),
        (&by_type, "ES384", Err(NoKey::Unknown)),
        // What is no key for signatures is no key here.
        (&encrypts(&usage("enc")), "RS256", Ok(0)),
        (
            &encrypts(&json!({"key_ops": ["wrapKey", "encrypt"]})),
            "RS256",
            Ok(0),
        ),
        (&encrypts(&json!({"key_ops": []})), "RS256", Ok(0)),
        (
            &encrypts(&json!({"use": "sig", "key_ops": ["encrypt"]})),
            "RS256",
            Ok(0),
        ),
        (&encrypts(&alg("RSA-OAEP")), "RS256", Ok(0)),
        (&encrypts(&json!({"n": modulus(1024)})), "RS256", Ok(0)),
        (
            &json!([{"kty": "oct", "kid": "a"}, ed(&json!({}))]),
            "EdDSA",
            Ok(0),
        ),
        // What the provider says counts before what it leaves open.
        (
            &json!([rsa(&json!({})), rsa(&alg("RS256"))]),
            "RS256",
            Ok(1),
        ),
        (
            &json!([rsa(&json!({})), rsa(&alg("RS256"))]),
            "RS384",
            Ok(0),
        ),
        (
            &json!([rsa(&json!({})), rsa(&usage("sig"))]),
            "RS384",
            Ok(1),
        ),
        (&json!([rsa(&verify), rsa(&json!({}))]), "RS384", Ok(0)),
        (
            &json!([rsa(&usage("sig")), rsa(&alg("RS256"))]),
            "RS256",
            Ok(1),
        ),
        // The rest is ambiguous.
        (
            &json!([ed(&json!({})), ed(&json!({}))]),
            "EdDSA",
            Err(NoKey::Ambiguous),
        ),
        (
            &json!([rsa(&alg("RS256")), rsa(&alg("RS256")), rsa(&json!({}))]),
            "RS256",
            Err(NoKey::Ambiguous),
        ),
        (
            &json!([rsa(&alg("RS256")), rsa(&alg("RS256")), rsa(&json!({}))]),
            "RS384",
            Ok(2),
        ),
        (
            &json!([rsa(&verify), rsa(&usage("sig"))]),
            "RS256",
            Err(NoKey::Ambiguous),
        ),
    ];
    for (keys, algorithm, expected) in cases {
        assert_eq!(
            chosen(keys, Some("a"), algorithm),
            expected,
            "{algorithm} {keys}"
        );
        assert_eq!(chosen(keys, Some("b"), algorithm), Err(NoKey::Unknown));
    }
}

#[test]
fn only_keys_that_stay_ambiguous_are_left_out() {
    let kid = |kid: &str| json!({ "kid": kid });
    assert_eq!(
        usable(&json!([
            ed(&kid("a")),
            ed(&kid("a")),
            ed(&kid("b")),
            ec(&kid("a"))
        ])),
        ["Ed25519/b", "P256/a"]
    );
    assert_eq!(
        usable(&json!([{"kty": "oct", "kid": "c"}, ed(&kid("c"))])),
        ["Ed25519/c"]
    );
}

#[test]
fn t24_sets_are_bounded() {
    let many = json!({"keys": vec![json!({}); 10_000]}).to_string();
    assert_eq!(
        KeySet::parse(many.as_bytes()).unwrap_err(),
        KeySetError::TooMany
    );
    for text in ["", "[]", "{}", "{\"keys\":{}}", "null"] {
        assert_eq!(
            KeySet::parse(text.as_bytes()).unwrap_err(),
            KeySetError::Malformed,
            "{text}"
        );
    }
}

#[test]
fn a_token_without_kid_needs_exactly_one_fitting_key() {
    let ed = |kid: &str| json!({"kty": "OKP", "crv": "Ed25519", "x": ED_X, "kid": kid});
    let ec = json!({"kty": "EC", "crv": "P-256", "x": P256_X, "y": P256_Y, "kid": "ec"});
    let set = |keys: Value| KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap();
    let one = set(json!([ed("a"), ec]));
    assert!(one.find(None, Algorithm::EdDSA).is_ok());
    assert!(one.find(Some("a"), Algorithm::EdDSA).is_ok());
    assert_eq!(
        one.find(Some("a"), Algorithm::ES256).unwrap_err(),
        NoKey::Unknown
    );
    assert_eq!(
        one.find(Some("x"), Algorithm::EdDSA).unwrap_err(),
        NoKey::Unknown
    );
    assert_eq!(
        one.find(None, Algorithm::RS256).unwrap_err(),
        NoKey::Unknown
    );
    let two = set(json!([ed("a"), ed("b")]));
    assert_eq!(
        two.find(None, Algorithm::EdDSA).unwrap_err(),
        NoKey::Ambiguous
    );
}
