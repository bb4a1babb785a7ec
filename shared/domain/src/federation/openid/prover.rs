//! The prover: a token, the keys of its issuer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{RoleArn, SessionDuration};
use ring::digest::{SHA256, digest};
use store::{Grant, OpenIdProvider};
use zeroize::Zeroizing;

use super::verify::{VerifiedToken, verify};
use super::{ACTIONS, ExchangeError, ExchangeStore, Names, grant};
use crate::call::Call;
use crate::federation::{FederatedRequest, Granted, Proven, Prover, Validity};
use crate::issuing::{Quota, SingleUse};
use crate::jwt::{IdentityClaims, UnverifiedToken};
use crate::record::Record;

/// A token that ends sooner than this opens nothing, in seconds.
const MIN_LEFT: i64 = 60;

/// A token of an `OpenID` provider.
pub struct IdentityToken<'a> {
    /// What the action calls things.
    pub names: &'a Names,
    /// The token, which proves nothing yet.
    pub unverified_token: Zeroizing<String>,
    /// The role that is asked for.
    pub role_arn: Option<RoleArn>,
}

impl std::fmt::Debug for IdentityToken<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IdentityToken(for {:?})", self.role_arn)
    }
}

impl<S: ExchangeStore> Prover<S> for IdentityToken<'_> {
    type Proof = VerifiedToken;
    type Error = ExchangeError;

    const ACTIONS: &'static [&'static str] = &ACTIONS;
    const MAX_SECONDS: u32 = SessionDuration::LONGEST_OF_ROLE.secs();

    fn unverified_subject(&self) -> Zeroizing<String> {
        unverified_subject(&self.unverified_token)
    }

    async fn prove(
        &self,
        call: &Call<'_, S>,
        _asked: &FederatedRequest,
    ) -> Result<Proven<VerifiedToken>, ExchangeError> {
        let verified = verify(call, self).await?;
        let provider = &verified.provider;
        if matches!(provider.grant, Grant::Role(_)) && verified.role_arn.is_none() {
            return Err(ExchangeError::Role);
        }
        let left = verified.claims.expires_at.since(call.now);
        let role_id = verified.role_id();
        Ok(Proven {
            subject: parent(&verified.claims, &provider.issuer),
            role: verified.role_arn.clone().map(|arn| (arn, role_id)),
            validity: Validity {
                longest: provider.max_session_seconds,
                above: provider.long_durations,
                at_most: (!provider.outlive_token).then(|| seconds(left)),
            },
            quota: Quota {
                limits: provider.limits,
                holder: format!("provider/{}", provider.name),
            },
            proof: verified,
        })
    }

    fn check_end(&self, call: &Call<'_, S>, token: &VerifiedToken) -> Result<(), ExchangeError> {
        if token.claims.expires_at.since(call.now) < MIN_LEFT {
            return Err(ExchangeError::AlmostExpired);
        }
        Ok(())
    }

    async fn grant(
        &self,
        call: &Call<'_, S>,
        proven: &Proven<VerifiedToken>,
        record: &mut Record,
    ) -> Result<Granted, ExchangeError> {
        let verified = &proven.proof;
        Ok(Granted {
            policies: grant::policies(call.store, verified, record).await?,
            claims: grant::kept_claims(&verified.provider, &verified.claims.all),
            single_use: single_use(verified)?,
        })
    }
}

/// A number of seconds as durations have it: none of the past, and no end of time.
fn seconds(left: i64) -> u32 {
    u32::try_from(left.max(0)).unwrap_or(u32::MAX)
}

/// Whom a token is about, if it says so. Nobody believes it before it is verified.
fn unverified_subject(unverified_token: &Zeroizing<String>) -> Zeroizing<String> {
    let token = UnverifiedToken::decode(unverified_token).ok();
    let subject = token.as_ref().and_then(|token| {
        let issuer = token.unverified_issuer()?;
        Some(format!("{issuer}#{}", token.unverified_subject()?).into())
    });
    subject.unwrap_or_else(|| unverified_token.clone())
}

/// MinIO's rule: a digest of subject and issuer, so that no two providers share a parent.
fn parent(claims: &IdentityClaims, issuer: &str) -> String {
    let identity = format!("openid:{}:{issuer}", claims.subject);
    URL_SAFE_NO_PAD.encode(digest(&SHA256, identity.as_bytes()))
}

/// What tells the token from others, where the provider wants each to open one session.
fn single_use(verified: &VerifiedToken) -> Result<Option<SingleUse>, ExchangeError> {
    let OpenIdProvider {
        issuer,
        leeway_seconds,
        single_use: true,
        ..
    } = &verified.provider
    else {
        return Ok(None);
    };
    let claims = &verified.claims;
    let token_id = claims.all.get("jti").and_then(|jti| jti.as_str());
    let token_id = token_id.filter(|jti| !jti.is_empty());
    Ok(Some(SingleUse {
        issuer: issuer.clone(),
        token_id: token_id.ok_or(ExchangeError::NoTokenId)?.to_owned(),
        // The record outlives the last moment at which the token is accepted.
        until: claims.expires_at.plus(i64::from(*leeway_seconds) + 1),
    }))
}

#[cfg(test)]
mod tests {
    use clock::UnixTime;

    use super::*;

    #[test]
    fn the_parent_follows_the_rule_of_minio() {
        let claims = IdentityClaims {
            subject: "alice".to_owned(),
            expires_at: UnixTime::from_secs(0),
            audience: String::new(),
            all: serde_json::Map::new(),
        };
        assert_eq!(
            parent(&claims, "https://idp.example.com"),
            "3XR9divj8Uy3btIhyxOoxMAFBy2r-nBSsDVAbzCufPg"
        );
    }

    #[test]
    fn t21_sessions_end_with_their_token() {
        for (left, expected) in [(-1, 0), (60, 60), (i64::MAX, u32::MAX)] {
            assert_eq!(seconds(left), expected);
        }
    }
}
