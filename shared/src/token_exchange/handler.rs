//! Verify, decide, mint.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

use super::response::TokenExchangeResponse;
use super::verify::{Verified, verify};
use super::{ACTIONS, ExchangeStore, Names, TokenExchangeError, TokenExchangeRequest, grant};
use crate::call::Call;
use crate::http::{Fault, Invocation};
use crate::jwt::IdentityClaims;
use crate::model::{PolicyName, RoleArn, SessionDuration};
use crate::permissions::{Issue, PermissionError, Permissions, federated_context};
use crate::policy::Context;
use crate::session::{NewSession, check_policies, mint};
use crate::store::{Grant, OpenIdProvider, Parent, SessionDetails, StoreError};

/// Answers either action.
pub async fn handle<S: ExchangeStore>(
    names: &Names,
    call: &Call<'_, S>,
    mut invocation: Invocation<'_>,
) -> Result<String, Fault> {
    let response = exchange(names, call, &mut invocation).await?;
    invocation.record.session = Some(response.credentials.access_key_id.to_string());
    Ok(response.to_xml(names, &invocation.request.id))
}

async fn exchange<S: ExchangeStore>(
    names: &Names,
    call: &Call<'_, S>,
    invocation: &mut Invocation<'_>,
) -> Result<TokenExchangeResponse, TokenExchangeError> {
    let request = TokenExchangeRequest::parse(std::mem::take(&mut invocation.parameters))?;
    let verified = verify(call, names, &request).await?;
    let parent = parent(&verified.claims, &verified.provider.issuer);
    invocation.record.caller = Some(parent.clone());
    let duration = grant::duration(
        call,
        &verified,
        request.duration.as_ref().map(|d| d.as_str()),
    )?;
    check_policies(call, &request.details).await?;
    let details = details(call, request.details, &verified).await?;
    let facts = invocation.request.facts();
    let context = federated_context(&parent, &details.claims, &facts, call.now);
    let permissions = Permissions::of_policies(call, granted(&verified.provider, &details)).await?;
    may_issue(&permissions, details.role_arn.as_ref(), duration, &context)?;
    if verified.provider.single_use {
        use_once(call, &verified).await?;
    }
    let Verified {
        provider, claims, ..
    } = verified;
    let session_name = details.role_session_name.clone();
    let arn = details.role_arn.clone();
    let with_policy = details.session_policy.is_some() || !details.policy_arns.is_empty();
    let new = NewSession {
        parent: Parent::Federated(parent.clone()),
        duration,
        details,
    };
    let credentials = mint(call, new).await?;
    Ok(TokenExchangeResponse {
        credentials,
        claims,
        issuer: provider.issuer,
        parent,
        session_name,
        arn,
        with_policy,
    })
}

/// Lets a session be issued unless a policy denies either action.
fn may_issue(
    permissions: &Permissions,
    role: Option<&RoleArn>,
    duration: SessionDuration,
    context: &Context,
) -> Result<(), PermissionError> {
    for action in ACTIONS {
        let issue = Issue {
            action,
            role,
            duration,
        };
        permissions.may_issue(&issue, context.clone())?;
    }
    Ok(())
}

/// What is kept with the session: what was asked for, and what the token says.
async fn details<S: ExchangeStore>(
    call: &Call<'_, S>,
    requested: SessionDetails,
    verified: &Verified,
) -> Result<SessionDetails, TokenExchangeError> {
    Ok(SessionDetails {
        granted: grant::policies(call, verified).await?,
        claims: grant::kept_claims(&verified.provider, &verified.claims.all),
        role_arn: verified.role_arn.clone().or(requested.role_arn),
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

/// Refuses a token that has opened a session before.
async fn use_once<S: ExchangeStore>(
    call: &Call<'_, S>,
    verified: &Verified,
) -> Result<(), TokenExchangeError> {
    let OpenIdProvider {
        name,
        leeway_seconds,
        ..
    } = &verified.provider;
    let claims = &verified.claims;
    let token_id = claims
        .all
        .get("jti")
        .and_then(|jti| jti.as_str())
        .filter(|jti| !jti.is_empty());
    let token_id = token_id.ok_or(TokenExchangeError::NoTokenId)?;
    // The record outlives the last moment at which the token is accepted.
    let until = claims.expires_at.plus(i64::from(*leeway_seconds) + 1);
    call.store
        .use_token(name, token_id, until)
        .await
        .map_err(|error| match error {
            StoreError::Conflict => TokenExchangeError::Replayed,
            error => error.into(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::UnixTime;

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
