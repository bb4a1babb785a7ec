//! Identity tokens: JWTs of somebody else, believed only after every check.
//!
//! The checks follow RFC 7519 and RFC 8725. Keys come from the provider's own set; what a
//! header says about keys (`jku`, `jwk`, `x5u`, `x5c`) is never looked at. Claims are checked
//! of a [`SignedToken`] only: who holds no token of the issuer learns nothing of what is
//! expected of them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clock::UnixTime;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation};
use serde_json::{Map, Value};

use super::crypto;
use super::jwks::{KeySet, NoKey};

/// The longest subject, in characters.
const MAX_SUBJECT: usize = 255;

/// The algorithms that a provider accepts unless it says otherwise.
pub const DEFAULT_ALGORITHMS: [&str; 9] = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA",
];

/// An identity token is not believed. The wire does not tell most of these apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityTokenError {
    /// The algorithm is not one that the provider accepts.
    #[error("the token's algorithm is not accepted")]
    Algorithm,
    /// No configured audience is in `aud` or `azp`.
    #[error("the token is for another audience")]
    Audience,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// `iss` is not the provider's issuer.
    #[error("the token is from another issuer")]
    Issuer,
    /// Several keys fit equally well.
    #[error("several keys of the provider fit the token")]
    KeyAmbiguous,
    /// No key of the provider has the token's key id, or fits.
    #[error("no key of the provider fits the token")]
    KeyUnknown,
    /// It is not a JWT, or a claim that every token needs is missing or has a wrong type.
    #[error("the token is malformed")]
    Malformed,
    /// `nbf` or `iat` lies in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// The signature is wrong.
    #[error("the token's signature is wrong")]
    Signature,
}

impl IdentityTokenError {
    /// Whether no key of the set verifies the token: a newer set may have one that does.
    pub const fn wants_newer_keys(self) -> bool {
        matches!(
            self,
            Self::KeyAmbiguous | Self::KeyUnknown | Self::Signature
        )
    }
}

/// What a token must satisfy.
#[derive(Debug, Clone, Copy)]
pub struct Expectations<'a> {
    /// The provider's issuer; `iss` must equal it byte for byte.
    pub issuer: &'a str,
    /// The audiences of which one must be in `aud`, else in `azp`.
    pub audiences: &'a [String],
    /// The names of the accepted algorithms.
    pub algorithms: &'a [String],
    /// How far the provider's clock may be off, in seconds.
    pub leeway: i64,
    /// The current time.
    pub now: UnixTime,
}

/// The claims of a token that nobody has verified: good for finding the provider to ask, and
/// for nothing else.
#[derive(Debug)]
pub struct UnverifiedToken {
    claims: Map<String, Value>,
}

impl UnverifiedToken {
    /// Decodes a token's payload.
    pub fn decode(token: &str) -> Result<Self, IdentityTokenError> {
        let mut parts = token.split('.');
        let (Some(_), Some(payload), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(IdentityTokenError::Malformed);
        };
        let payload = URL_SAFE_NO_PAD
            .decode(payload)
            .map_err(|_| IdentityTokenError::Malformed)?;
        let claims = serde_json::from_slice(&payload).map_err(|_| IdentityTokenError::Malformed)?;
        Ok(Self { claims })
    }

    /// Who claims to have issued the token.
    pub fn unverified_issuer(&self) -> Option<&str> {
        self.claims.get("iss")?.as_str()
    }

    /// The subject that the token claims to be about.
    pub fn unverified_subject(&self) -> Option<&str> {
        self.claims.get("sub")?.as_str()
    }

    /// The audience among `audiences` that the token claims to be for.
    pub fn unverified_audience<'a>(&self, audiences: &'a [String]) -> Option<&'a str> {
        find_audience(&self.claims, audiences)
    }
}

/// The claims of a verified token.
#[derive(Debug, Clone)]
pub struct IdentityClaims {
    /// `sub`: 1 to 255 characters.
    pub subject: String,
    /// `exp`.
    pub expires_at: UnixTime,
    /// The configured audience that the token is for.
    pub audience: String,
    /// All claims.
    pub all: Map<String, Value>,
}

/// A token that a key of one provider has signed, whatever it says.
#[derive(Debug)]
pub struct SignedToken {
    claims: Map<String, Value>,
}

impl SignedToken {
    /// Checks the claims.
    pub fn check(self, expected: &Expectations<'_>) -> Result<IdentityClaims, IdentityTokenError> {
        let claims = self.claims;
        if claims.get("iss").and_then(Value::as_str) != Some(expected.issuer) {
            return Err(IdentityTokenError::Issuer);
        }
        let expires_at = check_times(&claims, expected)?;
        let audience =
            find_audience(&claims, expected.audiences).ok_or(IdentityTokenError::Audience)?;
        let subject = claims
            .get("sub")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if !(1..=MAX_SUBJECT).contains(&subject.chars().count())
            || subject.chars().any(char::is_control)
        {
            return Err(IdentityTokenError::Malformed);
        }
        Ok(IdentityClaims {
            subject: subject.to_owned(),
            expires_at,
            audience: audience.to_owned(),
            all: claims,
        })
    }
}

/// Verifies a token against the keys of one provider, and then its claims.
pub fn verify(
    token: &str,
    keys: &KeySet,
    expected: &Expectations<'_>,
) -> Result<IdentityClaims, IdentityTokenError> {
    verify_signature(token, keys, expected.algorithms)?.check(expected)
}

/// Verifies a token's signature against the keys of one provider.
pub fn verify_signature(
    token: &str,
    keys: &KeySet,
    algorithms: &[String],
) -> Result<SignedToken, IdentityTokenError> {
    crypto::install();
    let header = jsonwebtoken::decode_header(token).map_err(|_| IdentityTokenError::Malformed)?;
    let accepted = algorithms.iter().any(|name| name.parse() == Ok(header.alg));
    if !accepted || is_symmetric(header.alg) {
        return Err(IdentityTokenError::Algorithm);
    }
    let typed = header.typ.as_deref().is_none_or(|t| {
        ["jwt", "at+jwt", "application/at+jwt"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(t))
    });
    if !typed || header.crit.is_some() || header.enc.is_some() || header.zip.is_some() {
        return Err(IdentityTokenError::Malformed);
    }
    let key = keys
        .find(header.kid.as_deref(), header.alg)
        .map_err(|error| match error {
            NoKey::Ambiguous => IdentityTokenError::KeyAmbiguous,
            NoKey::Unknown => IdentityTokenError::KeyUnknown,
        })?;
    let mut rules = Validation::new(header.alg);
    // Times and audience are checked here: by the caller's clock, and `azp` counts as well.
    rules.validate_exp = false;
    rules.validate_aud = false;
    rules.required_spec_claims.clear();
    jsonwebtoken::decode::<Map<String, Value>>(token, key, &rules)
        .map(|token| SignedToken {
            claims: token.claims,
        })
        .map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => IdentityTokenError::Signature,
            _ => IdentityTokenError::Malformed,
        })
}

/// No provider's key verifies a MAC here, whatever a configuration says.
fn is_symmetric(algorithm: Algorithm) -> bool {
    matches!(
        algorithm,
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512
    )
}

fn check_times(
    claims: &Map<String, Value>,
    expected: &Expectations<'_>,
) -> Result<UnixTime, IdentityTokenError> {
    let expires_at = time_claim(claims, "exp")?.ok_or(IdentityTokenError::Malformed)?;
    if expected.now >= expires_at.plus(expected.leeway) {
        return Err(IdentityTokenError::Expired);
    }
    for name in ["nbf", "iat"] {
        let starts = time_claim(claims, name)?;
        if starts.is_some_and(|at| at > expected.now.plus(expected.leeway)) {
            return Err(IdentityTokenError::NotYetValid);
        }
    }
    Ok(expires_at)
}

/// A `NumericDate` (RFC 7519 section 2): a number, of which fractions are cut off.
fn time_claim(
    claims: &Map<String, Value>,
    name: &str,
) -> Result<Option<UnixTime>, IdentityTokenError> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let whole = value
        .as_i64()
        .or_else(|| value.as_f64().and_then(whole_seconds));
    match whole {
        // The year 9999: later dates are milliseconds or nonsense.
        Some(seconds @ 0..=253_402_300_799) => Ok(Some(UnixTime::from_secs(seconds))),
        _ => Err(IdentityTokenError::Malformed),
    }
}

fn whole_seconds(seconds: f64) -> Option<i64> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range was checked and fractions are to be cut off"
    )]
    (0.0..1e12).contains(&seconds).then_some(seconds as i64)
}

fn find_audience<'a>(claims: &Map<String, Value>, audiences: &'a [String]) -> Option<&'a str> {
    let named = |value: &Value, audience: &String| match value {
        Value::String(one) => one == audience,
        Value::Array(many) => many.iter().any(|one| one.as_str() == Some(audience)),
        _ => false,
    };
    // A token without `aud` is for nobody, whoever its authorized party is.
    let aud = claims
        .get("aud")
        .filter(|aud| aud.is_string() || aud.is_array())?;
    let azp = claims.get("azp").filter(|azp| azp.is_string());
    [Some(aud), azp]
        .into_iter()
        .flatten()
        .find_map(|claim| audiences.iter().find(|audience| named(claim, audience)))
        .map(String::as_str)
}
