//! From a token to a provider and its verified claims.

use std::sync::Arc;

use super::{ExchangeStore, Names, TokenExchangeError, TokenExchangeRequest};
use crate::call::Call;
use crate::identity::Need;
use crate::jwt::{self, Expectations, IdentityClaims, IdentityTokenError, KeySet, UnverifiedToken};
use crate::model::{RoleArn, UniqueId};
use crate::store::{Grant, OpenIdProvider};

/// A verified token, and the provider that issued it.
#[derive(Debug)]
pub(super) struct Verified {
    pub(super) provider: OpenIdProvider,
    pub(super) claims: IdentityClaims,
    /// The role that is assumed, where the provider's sessions have one.
    pub(super) role_arn: Option<RoleArn>,
}

impl Verified {
    /// The id of the role that is assumed.
    pub(super) fn role_id(&self) -> Option<UniqueId> {
        self.provider.role_id(self.role_arn.as_ref()?).cloned()
    }
}

/// Finds the provider by what the token claims, then believes only what its keys prove.
pub(super) async fn verify<S: ExchangeStore>(
    call: &Call<'_, S>,
    names: &Names,
    request: &TokenExchangeRequest,
) -> Result<Verified, TokenExchangeError> {
    let unverified = UnverifiedToken::decode(&request.unverified_token)?;
    let unverified_issuer = unverified
        .unverified_issuer()
        .ok_or(IdentityTokenError::Malformed)?;
    let providers = call
        .identity
        .providers(call.store, unverified_issuer, call.now)
        .await?;
    let (provider, role_arn) = choose(&providers, &unverified, request.details.role_arn.as_ref())?;
    let max_token = provider
        .max_token_length
        .map_or(names.max_token, |max| max as usize);
    if request.unverified_token.chars().count() > max_token {
        return Err(TokenExchangeError::TokenTooLong(names.token, max_token));
    }
    let claims = verify_token(call, provider, &request.unverified_token).await?;
    check_scopes(provider, &claims)?;
    if role_arn.is_none() {
        refuse_roles_of_others(call, request.details.role_arn.as_ref()).await?;
    }
    Ok(Verified {
        provider: provider.clone(),
        claims,
        role_arn,
    })
}

/// A role's ARN chooses its provider; else the audience does. A role that no provider has is
/// not a reason to refuse a token whose claim grants: AWS's SDKs cannot leave the ARN out.
fn choose<'a>(
    providers: &'a [OpenIdProvider],
    unverified: &UnverifiedToken,
    requested: Option<&RoleArn>,
) -> Result<(&'a OpenIdProvider, Option<RoleArn>), TokenExchangeError> {
    let enabled = || providers.iter().filter(|provider| provider.enabled);
    if enabled().next().is_none() {
        return Err(TokenExchangeError::UnknownIssuer);
    }
    let with_role = |arn: &RoleArn| enabled().find(|p| p.role_arns().any(|role| role == *arn));
    if let Some(provider) = requested.and_then(with_role) {
        return Ok((provider, requested.cloned()));
    }
    let audience = |p: &&OpenIdProvider| unverified.unverified_audience(&p.client_ids).is_some();
    let by_audience = match requested {
        None => enabled().find(audience),
        Some(_) => enabled()
            .filter(|p| matches!(p.grant, Grant::Claim(_)))
            .find(audience),
    };
    match by_audience {
        Some(provider) => {
            let client_id = unverified.unverified_audience(&provider.client_ids);
            let role = client_id.filter(|_| matches!(provider.grant, Grant::Role(_)));
            Ok((provider, role.and_then(|id| provider.role_arn(id))))
        }
        None if enabled().any(|provider| audience(&provider)) => Err(TokenExchangeError::Role),
        None => Err(IdentityTokenError::Audience.into()),
    }
}

/// An ARN that means nothing is ignored where a claim grants. The role of a plugin or of another
/// provider means something, and is not for this token.
async fn refuse_roles_of_others<S: ExchangeStore>(
    call: &Call<'_, S>,
    requested: Option<&RoleArn>,
) -> Result<(), TokenExchangeError> {
    let Some(requested) = requested else {
        return Ok(());
    };
    match call.store.role(requested.as_str()).await? {
        Some(_) => Err(TokenExchangeError::Role),
        None => Ok(()),
    }
}

/// Verifies with the keys that are known, and once more with newer ones if none verifies the
/// token: a provider may replace a key without giving it another id.
async fn verify_token<S: ExchangeStore>(
    call: &Call<'_, S>,
    provider: &OpenIdProvider,
    unverified_token: &str,
) -> Result<IdentityClaims, TokenExchangeError> {
    let expected = Expectations {
        issuer: &provider.issuer,
        audiences: &provider.client_ids,
        algorithms: &provider.algorithms,
        leeway: i64::from(provider.leeway_seconds),
        now: call.now,
    };
    let known = keys(call, provider, Need::Known).await?;
    match jwt::verify_identity(unverified_token, &known, &expected) {
        Err(error) if error.wants_newer_keys() => {
            let newer = keys(call, provider, Need::Newer).await?;
            Ok(jwt::verify_identity(unverified_token, &newer, &expected)?)
        }
        result => Ok(result?),
    }
}

async fn keys<S: ExchangeStore>(
    call: &Call<'_, S>,
    provider: &OpenIdProvider,
    need: Need,
) -> Result<Arc<KeySet>, TokenExchangeError> {
    let reach = (&call.identity.outbound, call.store);
    Ok(call
        .identity
        .key_sets
        .get(reach, provider, need, call.now)
        .await?)
}

/// `scope` is a list separated by spaces (RFC 8693 section 4.2); some providers send an array.
fn check_scopes(
    provider: &OpenIdProvider,
    claims: &IdentityClaims,
) -> Result<(), TokenExchangeError> {
    let granted: Vec<&str> = ["scope", "scp"]
        .iter()
        .filter_map(|name| claims.all.get(*name))
        .flat_map(|value| match value {
            serde_json::Value::String(text) => text.split(' ').collect(),
            serde_json::Value::Array(list) => {
                list.iter().filter_map(|scope| scope.as_str()).collect()
            }
            _ => Vec::new(),
        })
        .collect();
    let missing = provider
        .scopes_required
        .iter()
        .any(|scope| !granted.contains(&scope.as_str()));
    if missing {
        Err(TokenExchangeError::Scope)
    } else {
        Ok(())
    }
}
