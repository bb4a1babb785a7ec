//! Verify, decide, mint.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::PolicyName;
use ring::digest::{SHA256, digest};
use store::{Grant, OpenIdProvider, Parent, SessionDetails};
use zeroize::Zeroizing;

use super::response::TokenExchangeResponse;
use super::verify::{Verified, verify};
use super::{ACTIONS, ExchangeStore, Names, TokenExchangeError, TokenExchangeRequest, grant};
use crate::call::Call;
use crate::fault::Fault;
use crate::invocation::Invocation;
use crate::issuing::{Attempt, Issuing, Quota, SingleUse};
use crate::jwt::{IdentityClaims, UnverifiedToken};
use crate::permissions::{Permissions, federated_context};
use crate::record::Record;
use crate::session::{NewSession, check_policies};
use crate::wire::{ActionResult, Parameters, ValidationError, Validator};

/// Answers either action.
pub async fn handle<S: ExchangeStore>(
    names: &Names,
    call: &Call<'_, S>,
    parameters: Parameters,
    mut invocation: Invocation<'_>,
) -> Result<ActionResult, Fault> {
    let request = TokenExchangeRequest::parse(names, parameters)?;
    let source_ip = invocation.request.source_ip.as_deref();
    let subject = || unverified_subject(&request.unverified_token);
    let attempt = Attempt::admit(call, source_ip, subject).await?;
    let result = exchange(names, call, &mut invocation, request).await;
    let failed = result
        .as_ref()
        .is_err_and(TokenExchangeError::is_failed_attempt);
    if !failed {
        attempt.give_back(call).await;
    }
    Ok(result?.into_result(names))
}

async fn exchange<S: ExchangeStore>(
    names: &Names,
    call: &Call<'_, S>,
    invocation: &mut Invocation<'_>,
    request: TokenExchangeRequest,
) -> Result<TokenExchangeResponse, TokenExchangeError> {
    let verified = verify(call, names, &request).await?;
    let parent = parent(&verified.claims, &verified.provider.issuer);
    invocation.record.caller = Some(parent.clone());
    let duration = grant::duration(
        call,
        &verified,
        request.duration.as_ref().map(|d| d.as_str()),
    )?;
    check_session_name(&request.details, &verified)?;
    check_policies(call, &request.details).await?;
    let details = details(call, request.details, &verified, invocation.record).await?;
    let facts = invocation.request.facts();
    let provider = &verified.provider;
    let issuing = Issuing {
        actions: &ACTIONS,
        permissions: Permissions::of_policies(call, granted(provider, &details)).await?,
        context: federated_context(&parent, &details, &facts, call.now),
        single_use: single_use(&verified)?,
        quota: Quota {
            limits: provider.limits,
            holder: format!("provider/{}", provider.name),
        },
        new: NewSession {
            parent: Parent::Federated(parent.clone()),
            principal_id: verified.role_id(),
            duration,
            details,
        },
    };
    let details = issuing.new.details.clone();
    let authorized = issuing.authorize(call).await?;
    let credentials = authorized.mint(call, invocation.record).await?;
    Ok(TokenExchangeResponse {
        credentials,
        claims: verified.claims,
        issuer: verified.provider.issuer,
        parent,
        details,
    })
}

/// Holds the name of a role's session to AWS's pattern; without a role it means nothing.
fn check_session_name(
    requested: &SessionDetails,
    verified: &Verified,
) -> Result<(), ValidationError> {
    let mut validator = Validator::default();
    let name = requested.role_session_name.as_ref();
    if let Some(name) = name.filter(|_| verified.role_arn.is_some()) {
        let text = Zeroizing::new(name.to_string());
        validator.note("roleSessionName", Some(&text), name.check_for_role());
    }
    validator.finish()
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

/// What is kept with the session: what was asked for, and what the token says.
async fn details<S: ExchangeStore>(
    call: &Call<'_, S>,
    requested: SessionDetails,
    verified: &Verified,
    record: &mut Record,
) -> Result<SessionDetails, TokenExchangeError> {
    Ok(SessionDetails {
        granted: grant::policies(call, verified, record).await?,
        claims: grant::kept_claims(&verified.provider, &verified.claims.all),
        kept_claims: Some(verified.provider.kept_claim_names()),
        // A role that is nobody's here has no meaning.
        role_arn: verified.role_arn.clone(),
        ..requested
    })
}

/// The policies that the session will have at first.
fn granted(provider: &OpenIdProvider, details: &SessionDetails) -> Vec<PolicyName> {
    match &provider.grant {
        Grant::Claim(_) => details.granted.clone().unwrap_or_default(),
        Grant::Role(policies) => policies.clone(),
    }
}

/// MinIO's rule: a digest of subject and issuer, so that no two providers share a parent.
fn parent(claims: &IdentityClaims, issuer: &str) -> String {
    let identity = format!("openid:{}:{issuer}", claims.subject);
    URL_SAFE_NO_PAD.encode(digest(&SHA256, identity.as_bytes()))
}

/// What tells the token from others, where the provider wants each to open one session.
fn single_use(verified: &Verified) -> Result<Option<SingleUse>, TokenExchangeError> {
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
        token_id: token_id.ok_or(TokenExchangeError::NoTokenId)?.to_owned(),
        // The record outlives the last moment at which the token is accepted.
        until: claims.expires_at.plus(i64::from(*leeway_seconds) + 1),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clock::UnixTime;

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
}
