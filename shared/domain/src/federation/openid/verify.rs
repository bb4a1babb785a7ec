//! From a token to a provider and its verified claims.

use std::sync::Arc;

use clock::UnixTime;
use model::{RoleArn, UniqueId};
use store::{Grant, OpenIdProvider, ReadRoles};

use super::{ExchangeError, ExchangeStore, IdentityToken, Names};
use crate::call::Call;
use crate::identity::Need;
use crate::jwt::{
    self, Expectations, IdentityClaims, IdentityTokenError, KeySet, SignedToken, UnverifiedToken,
};

/// A verified token, and the provider that issued it.
#[derive(Debug)]
pub struct VerifiedToken {
    /// The provider.
    pub provider: OpenIdProvider,
    /// What the token says.
    pub claims: IdentityClaims,
    /// The role that is assumed, where the provider's sessions have one.
    pub role_arn: Option<RoleArn>,
}

impl VerifiedToken {
    /// The id of the role that is assumed.
    pub(super) fn role_id(&self) -> Option<UniqueId> {
        self.provider.role_id(self.role_arn.as_ref()?).cloned()
    }
}

/// Finds the provider by what the token claims, then believes only what its keys prove. Until
/// they have proven the signature, every refusal looks the same to the caller.
pub(super) async fn verify<S: ExchangeStore>(
    call: &Call<'_, S>,
    token: &IdentityToken<'_>,
) -> Result<VerifiedToken, ExchangeError> {
    let unverified_token = token.unverified_token.as_str();
    let unverified = UnverifiedToken::decode(unverified_token)?;
    let unverified_issuer = unverified
        .unverified_issuer()
        .ok_or(IdentityTokenError::Malformed)?;
    let providers = call
        .identity
        .providers(call.store, unverified_issuer, call.now)
        .await?;
    let enabled: Vec<_> = providers.iter().filter(|p| p.enabled).collect();
    let requested = token.role_arn.as_ref();
    let (provider, role_arn) = match choose(&enabled, &unverified, requested) {
        Ok(chosen) => chosen,
        Err(refusal) => {
            verify_by_any(call, &enabled, unverified_token).await?;
            return Err(refusal);
        }
    };
    let signed = verify_signature(call, provider, unverified_token).await?;
    check_length(token.names, provider, unverified_token)?;
    let claims = check_claims(provider, signed, call.now)?;
    check_scopes(provider, &claims)?;
    if role_arn.is_none() {
        refuse_roles_of_others(call.store, requested).await?;
    }
    Ok(VerifiedToken {
        provider: provider.clone(),
        claims,
        role_arn,
    })
}

/// A role's ARN chooses its provider; else the audience does. A role that no provider has is
/// not a reason to refuse a token whose claim grants: AWS's SDKs cannot leave the ARN out.
fn choose<'a>(
    enabled: &[&'a OpenIdProvider],
    unverified: &UnverifiedToken,
    requested: Option<&RoleArn>,
) -> Result<(&'a OpenIdProvider, Option<RoleArn>), ExchangeError> {
    let with_role = |arn: &RoleArn| {
        let mut all = enabled.iter();
        all.find(|p| p.role_arns().any(|role| role == *arn))
    };
    if let Some(provider) = requested.and_then(with_role) {
        return Ok((provider, requested.cloned()));
    }
    let audience = |p: &'a OpenIdProvider| unverified.unverified_audience(&p.client_ids);
    let may_grant = |p: &OpenIdProvider| requested.is_none() || matches!(p.grant, Grant::Claim(_));
    let fitting: Vec<_> = enabled.iter().filter(|p| audience(p).is_some()).collect();
    match fitting.iter().find(|p| may_grant(p)) {
        Some(provider) => {
            let role = audience(provider).filter(|_| matches!(provider.grant, Grant::Role(_)));
            Ok((provider, role.and_then(|id| provider.role_arn(id))))
        }
        None if fitting.is_empty() => Err(IdentityTokenError::Audience.into()),
        None => Err(ExchangeError::Role),
    }
}

/// Whoever is told why a token opens nothing has one that a provider of its issuer has signed.
/// This grants nothing: no session comes of it.
async fn verify_by_any<S: ExchangeStore>(
    call: &Call<'_, S>,
    enabled: &[&OpenIdProvider],
    unverified_token: &str,
) -> Result<(), ExchangeError> {
    let mut result = Err(ExchangeError::UnknownIssuer);
    for (n, provider) in enabled.iter().enumerate() {
        let same =
            |p: &&OpenIdProvider| p.keys == provider.keys && p.algorithms == provider.algorithms;
        if enabled.iter().take(n).any(same) {
            continue;
        }
        result = verify_signature(call, provider, unverified_token).await;
        if result.is_ok() {
            break;
        }
    }
    result.map(|_| ())
}

fn check_length(
    names: &Names,
    provider: &OpenIdProvider,
    token: &str,
) -> Result<(), ExchangeError> {
    let max_token = provider
        .max_token_length
        .map_or(names.max_token, |max| max as usize);
    if token.chars().count() > max_token {
        return Err(ExchangeError::TokenTooLong(names.token, max_token));
    }
    Ok(())
}

/// An ARN that means nothing is ignored where a claim grants. The role of a plugin or of another
/// provider means something, and is not for this token.
async fn refuse_roles_of_others<S: ReadRoles>(
    store: &S,
    requested: Option<&RoleArn>,
) -> Result<(), ExchangeError> {
    let Some(requested) = requested else {
        return Ok(());
    };
    match store.role(requested.as_str()).await? {
        Some(_) => Err(ExchangeError::Role),
        None => Ok(()),
    }
}

/// Verifies with the keys that are known, and once more with newer ones if none verifies the
/// token: a provider may replace a key without giving it another id.
async fn verify_signature<S: ExchangeStore>(
    call: &Call<'_, S>,
    provider: &OpenIdProvider,
    unverified_token: &str,
) -> Result<SignedToken, ExchangeError> {
    let known = keys(call, provider, Need::Known).await?;
    match jwt::verify_signature(unverified_token, &known, &provider.algorithms) {
        Err(error) if error.wants_newer_keys() => {
            let newer = keys(call, provider, Need::Newer).await?;
            let signed = jwt::verify_signature(unverified_token, &newer, &provider.algorithms);
            Ok(signed?)
        }
        result => Ok(result?),
    }
}

fn check_claims(
    provider: &OpenIdProvider,
    signed: SignedToken,
    now: UnixTime,
) -> Result<IdentityClaims, ExchangeError> {
    let expected = Expectations {
        issuer: &provider.issuer,
        audiences: &provider.client_ids,
        algorithms: &provider.algorithms,
        leeway: i64::from(provider.leeway_seconds),
        now,
    };
    Ok(signed.check(&expected)?)
}

async fn keys<S: ExchangeStore>(
    call: &Call<'_, S>,
    provider: &OpenIdProvider,
    need: Need,
) -> Result<Arc<KeySet>, ExchangeError> {
    let reach = (&call.identity.outbound, call.store);
    Ok(call
        .identity
        .key_sets
        .get(reach, provider, need, call.now)
        .await?)
}

/// `scope` is a list separated by spaces (RFC 8693 section 4.2); some providers send an array.
fn check_scopes(provider: &OpenIdProvider, claims: &IdentityClaims) -> Result<(), ExchangeError> {
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
        Err(ExchangeError::Scope)
    } else {
        Ok(())
    }
}
