//! Session tokens: JWTs that this service signs with HS512 and nobody else can.
//!
//! The claims are MinIO's, so that tools which decode such tokens go on working. Clients
//! treat the token as opaque; it is accepted only together with the stored session.

use clock::UnixTime;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use keys::KeyRing;
use model::{AccessKeyId, SessionToken};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::crypto;

/// The longest life that a token of ours can have, in seconds: one year.
const MAX_LIFE: i64 = 31_536_000;

/// Names of a session token's own claims, and of others that only this service may make.
const RESERVED_CLAIMS: [&str; 12] = [
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

/// Whether a claim of that name, in any case, is not an identity provider's to make. A colon
/// would make it look like a condition key of the platform's.
pub fn is_reserved_claim(name: &str) -> bool {
    let own = RESERVED_CLAIMS
        .iter()
        .any(|reserved| reserved.eq_ignore_ascii_case(name));
    own || name.contains(':')
}

/// Signing keys by key id. The first is the one that signs.
pub trait TokenKeys {
    /// The id and the bytes of the key that signs new tokens.
    fn signing_key(&self) -> (&str, &[u8]);

    /// The bytes of the key `kid`, unless it is unknown or retired.
    fn verifying_key(&self, kid: &str) -> Option<&[u8]>;
}

impl TokenKeys for KeyRing {
    fn signing_key(&self) -> (&str, &[u8]) {
        Self::signing_key(self)
    }

    fn verifying_key(&self, kid: &str) -> Option<&[u8]> {
        Self::verifying_key(self, kid)
    }
}

/// What a session token says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionClaims {
    /// The session's access key id.
    #[serde(rename = "accessKey")]
    pub access_key: String,
    /// Expiry, seconds since the epoch.
    pub exp: i64,
    /// Time of issue, seconds since the epoch.
    pub iat: i64,
    /// Whose session it is.
    pub parent: String,
    /// The subject, for sessions that an identity provider vouches for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// The role, for sessions of a role.
    #[serde(rename = "roleArn", skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// The session policy in standard base64.
    #[serde(rename = "sessionPolicy", skip_serializing_if = "Option::is_none")]
    pub session_policy: Option<String>,
    /// Under which label the session can be revoked.
    #[serde(rename = "tokenRevokeType", skip_serializing_if = "Option::is_none")]
    pub token_revoke_type: Option<String>,
    /// Who stands behind the session.
    #[serde(rename = "sourceIdentity", skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<String>,
    /// The identity provider's claims; none of them has one of the names above.
    #[serde(flatten)]
    pub claims: Map<String, Value>,
}

/// A session token cannot be made or is not acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Its time is over.
    #[error("the session token has expired")]
    Expired,
    /// It is not a token of ours, or was changed.
    #[error("the session token is not valid")]
    Invalid,
    /// Policies and claims do not fit.
    #[error(
        "the session token would be longer than {} characters",
        SessionToken::MAX_LENGTH
    )]
    TooLarge,
}

/// Signs the claims.
pub fn sign(claims: &SessionClaims, keys: &dyn TokenKeys) -> Result<SessionToken, TokenError> {
    crypto::install();
    let (kid, key) = keys.signing_key();
    let mut header = Header::new(Algorithm::HS512);
    header.kid = Some(kid.to_owned());
    let token = jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(key))
        .map_err(|_| TokenError::Invalid)?;
    SessionToken::new(token).ok_or(TokenError::TooLarge)
}

/// Checks signature, expiry and that the token belongs to `access_key`.
pub fn verify(
    token: &SessionToken,
    access_key: &AccessKeyId,
    keys: &dyn TokenKeys,
    now: UnixTime,
) -> Result<SessionClaims, TokenError> {
    crypto::install();
    let claims = verify_signature(token, keys)?;
    let life = claims.exp.saturating_sub(claims.iat);
    let sane = claims.iat > 0 && (1..=MAX_LIFE).contains(&life);
    if !sane || claims.access_key != access_key.as_str() {
        return Err(TokenError::Invalid);
    }
    if now.secs() >= claims.exp {
        return Err(TokenError::Expired);
    }
    Ok(claims)
}

fn verify_signature(
    token: &SessionToken,
    keys: &dyn TokenKeys,
) -> Result<SessionClaims, TokenError> {
    let unverified_header =
        jsonwebtoken::decode_header(token.expose()).map_err(|_| TokenError::Invalid)?;
    let unverified_kid = unverified_header.kid.ok_or(TokenError::Invalid)?;
    let key = keys
        .verifying_key(&unverified_kid)
        .ok_or(TokenError::Invalid)?;
    let mut rules = Validation::new(Algorithm::HS512);
    // Expiry is checked against the caller's clock, which the library cannot be given.
    rules.validate_exp = false;
    rules.validate_aud = false;
    rules.required_spec_claims.clear();
    jsonwebtoken::decode::<SessionClaims>(token.expose(), &DecodingKey::from_secret(key), &rules)
        .map(|token| token.claims)
        .map_err(|_| TokenError::Invalid)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;

    const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

    struct Keys(&'static [(&'static str, [u8; 64])]);

    impl TokenKeys for Keys {
        fn signing_key(&self) -> (&str, &[u8]) {
            (self.0[0].0, &self.0[0].1)
        }

        fn verifying_key(&self, kid: &str) -> Option<&[u8]> {
            self.0
                .iter()
                .find(|(k, _)| *k == kid)
                .map(|(_, key)| key.as_slice())
        }
    }

    const KEYS: Keys = Keys(&[("k1", [7; 64])]);

    fn claims() -> SessionClaims {
        SessionClaims {
            access_key: "ABCDEFGHIJKLMNOPQRST".to_owned(),
            exp: NOW.secs() + 3600,
            iat: NOW.secs(),
            parent: "foobar".to_owned(),
            sub: None,
            role_arn: None,
            session_policy: None,
            token_revoke_type: None,
            source_identity: None,
            claims: Map::new(),
        }
    }

    fn key(text: &str) -> AccessKeyId {
        AccessKeyId::parse(text).unwrap()
    }

    /// A token over any JSON, signed like ours.
    fn signed(header: &Value, payload: &Value, secret: &[u8]) -> SessionToken {
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(payload.to_string())
        );
        let tag = ring::hmac::sign(
            &ring::hmac::Key::new(ring::hmac::HMAC_SHA512, secret),
            message.as_bytes(),
        );
        SessionToken::new(format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))).unwrap()
    }

    fn check(header: &Value, payload: &Value, secret: &[u8]) -> Result<SessionClaims, TokenError> {
        verify(
            &signed(header, payload, secret),
            &key("ABCDEFGHIJKLMNOPQRST"),
            &KEYS,
            NOW,
        )
    }

    #[test]
    fn a_signed_token_verifies_and_names_its_key() {
        let token = sign(&claims(), &KEYS).unwrap();
        let header = URL_SAFE_NO_PAD
            .decode(token.expose().split('.').next().unwrap())
            .unwrap();
        assert_eq!(
            serde_json::from_slice::<Value>(&header).unwrap(),
            json!({"alg": "HS512", "typ": "JWT", "kid": "k1"})
        );
        assert_eq!(
            verify(&token, &key("ABCDEFGHIJKLMNOPQRST"), &KEYS, NOW).unwrap(),
            claims()
        );
    }

    #[test]
    fn t07_a_token_belongs_to_one_access_key() {
        let token = sign(&claims(), &KEYS).unwrap();
        assert_eq!(
            verify(&token, &key("ZBCDEFGHIJKLMNOPQRST"), &KEYS, NOW),
            Err(TokenError::Invalid)
        );
    }

    #[test]
    fn a_token_dies_at_its_expiry() {
        let token = sign(&claims(), &KEYS).unwrap();
        let at = |t| verify(&token, &key("ABCDEFGHIJKLMNOPQRST"), &KEYS, t);
        assert!(at(NOW.plus(3599)).is_ok());
        assert_eq!(at(NOW.plus(3600)), Err(TokenError::Expired));
    }

    #[test]
    fn t05_odd_expiries_are_refused() {
        let header = json!({"alg": "HS512", "typ": "JWT", "kid": "k1"});
        let good = serde_json::to_value(claims()).unwrap();
        assert!(check(&header, &good, &[7; 64]).is_ok());
        for exp in [
            json!("1800003600"),
            json!(1_800_003_600.5),
            json!(-1),
            json!(0),
            json!(1e30),
            json!(null),
            json!(1_800_003_600_000_i64),
            json!([1_800_003_600]),
            json!(true),
        ] {
            let mut payload = good.clone();
            payload["exp"] = exp;
            assert_eq!(
                check(&header, &payload, &[7; 64]),
                Err(TokenError::Invalid),
                "{payload}"
            );
        }
        let mut payload = good;
        payload.as_object_mut().unwrap().remove("exp");
        assert_eq!(check(&header, &payload, &[7; 64]), Err(TokenError::Invalid));
    }

    #[test]
    fn t03_only_our_key_and_algorithm_count() {
        let good = serde_json::to_value(claims()).unwrap();
        let hs512 = json!({"alg": "HS512", "typ": "JWT", "kid": "k1"});
        assert_eq!(check(&hs512, &good, b"foo12345"), Err(TokenError::Invalid));
        for header in [
            json!({"alg": "HS256", "kid": "k1"}),
            json!({"alg": "none", "kid": "k1"}),
            json!({"alg": "HS512"}),
            json!({"alg": "HS512", "kid": "k2"}),
            json!({"kid": "k1"}),
            json!({"alg": ["HS512"], "kid": "k1"}),
        ] {
            assert_eq!(
                check(&header, &good, &[7; 64]),
                Err(TokenError::Invalid),
                "{header}"
            );
        }
        for text in ["a.b.c", "a.b", "....", "x"] {
            let token = SessionToken::new(text).unwrap();
            assert_eq!(
                verify(&token, &key("ABCDEFGHIJKLMNOPQRST"), &KEYS, NOW),
                Err(TokenError::Invalid)
            );
        }
    }

    #[test]
    fn a_token_that_would_be_too_long_is_refused() {
        let claims = SessionClaims {
            session_policy: Some("x".repeat(4000)),
            ..claims()
        };
        assert_eq!(sign(&claims, &KEYS).unwrap_err(), TokenError::TooLarge);
    }
}
