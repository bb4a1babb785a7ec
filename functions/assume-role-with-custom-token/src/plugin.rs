//! The plugin's protocol, as MinIO's identity management plugins speak it.

use std::time::Instant;

use serde::Deserialize;
use serde_json::{Map, Value};
use shared::call::Call;
use shared::jwt::is_reserved_claim;
use shared::model::{is_hidden, shown};
use shared::outbound::{Content, OutboundError, OutboundReply, OutboundRequest, Reach, is_outage};
use shared::store::{IdentityPlugin, TokenIn};
use url::Url;
use zeroize::Zeroizing;

use crate::error::CustomTokenError;

/// The longest token that is sent in a URL, in characters as they stand there: servers refuse
/// URLs that are much longer.
const MAX_IN_QUERY: usize = 4096;

/// The largest reply that is read, in bytes.
const MAX_REPLY: usize = 64 * 1024;

/// What a plugin may grant, in seconds.
const VALIDITY: std::ops::RangeInclusive<u32> = 900..=31_536_000;

/// How much of a plugin's reason reaches the caller, in characters.
const MAX_REASON: usize = 256;

/// The longest user name, in characters.
const MAX_USER: usize = 256;

/// Whom a plugin vouches for.
#[derive(Debug)]
pub struct Vouched {
    /// The user's name.
    pub user: String,
    /// The longest session that the plugin grants, in seconds.
    pub max_validity: u32,
    /// What the plugin says about the user.
    pub claims: Map<String, Value>,
}

/// A plugin did not vouch, and its reply is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PluginError {
    /// The reply is not what the protocol says.
    #[error("the plugin's reply has no valid {0}")]
    Broken(&'static str),
    /// Too many failures in a row; the plugin is left alone for a while.
    #[error("the plugin failed too often and is left alone for a while")]
    CircuitOpen,
    /// No reply.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// Neither 200 nor 403.
    #[error("the plugin answered with status {0}")]
    Status(u16),
    /// The configured URL is none.
    #[error("the plugin's URL is not usable")]
    Url,
}

impl PluginError {
    /// Whether the plugin is in trouble, and not just with this one token: else a caller's odd
    /// tokens would shut everybody out.
    const fn is_outage(self) -> bool {
        match self {
            Self::Outbound(error) => error.is_outage(),
            Self::Status(status) => is_outage(status),
            Self::Broken(_) | Self::CircuitOpen | Self::Url => false,
        }
    }

    /// Whether the plugin, or a server before it, has refused this one request: the caller has
    /// caused that.
    pub(crate) const fn is_refusal(self) -> bool {
        matches!(self, Self::Status(400..=499)) && !self.is_outage()
    }
}

/// Shows the token to the plugin.
pub async fn ask<S>(
    call: &Call<'_, S>,
    plugin: &IdentityPlugin,
    token: &str,
) -> Result<Vouched, CustomTokenError> {
    let request = request(call, plugin, token)?;
    let circuits = &call.identity.circuits;
    if !circuits.admit(&plugin.name, call.now) {
        return Err(PluginError::CircuitOpen.into());
    }
    let asked = Instant::now();
    let result = match call.identity.outbound.send(request).await {
        Ok(reply) => read(&reply),
        Err(error) => Err(PluginError::from(error).into()),
    };
    let failed = matches!(&result, Err(CustomTokenError::Plugin(error)) if error.is_outage());
    // The circuit opens from the moment of the failure, not from that of the call.
    let took = i64::try_from(asked.elapsed().as_secs()).unwrap_or_default();
    circuits.note(&plugin.name, !failed, call.now.plus(took));
    result
}

fn request<S>(
    call: &Call<'_, S>,
    plugin: &IdentityPlugin,
    token: &str,
) -> Result<OutboundRequest, CustomTokenError> {
    let mut url: Url = plugin.url.parse().map_err(|_| PluginError::Url)?;
    let form = match plugin.token_in {
        TokenIn::Form => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            Zeroizing::new(form.append_pair("token", token).finish())
        }
        TokenIn::Query => {
            check_length(token)?;
            set_token(&mut url, token);
            Zeroizing::default()
        }
    };
    let authorization = match &plugin.authorization {
        None => None,
        Some(sealed) => {
            let value = call
                .keys
                .open(&IdentityPlugin::item_key(plugin.role_arn.as_str()), sealed)?;
            Some(Zeroizing::new(String::from_utf8_lossy(&value).into_owned()))
        }
    };
    Ok(OutboundRequest {
        url,
        reach: Reach::Configured,
        allow_http: plugin.allow_http,
        content: Some(Content::Form(form)),
        authorization,
        max_reply: MAX_REPLY,
    })
}

fn check_length(token: &str) -> Result<(), CustomTokenError> {
    let encoded: usize = url::form_urlencoded::byte_serialize(token.as_bytes())
        .map(str::len)
        .sum();
    if encoded > MAX_IN_QUERY {
        return Err(CustomTokenError::TokenTooLong(MAX_IN_QUERY));
    }
    Ok(())
}

/// Adds `token` to the query that the operator configured, in the place of one that is there.
fn set_token(url: &mut Url, token: &str) {
    let others: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| name != "token")
        .map(|(n, v)| (n.into_owned(), v.into_owned()))
        .collect();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(others)
        .append_pair("token", token);
}

fn read(reply: &OutboundReply) -> Result<Vouched, CustomTokenError> {
    match reply.status.as_u16() {
        200 => Ok(read_vouched(&reply.body)?),
        403 => Err(CustomTokenError::Refused(read_reason(&reply.body))),
        status => Err(PluginError::Status(status).into()),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VouchedReply {
    user: String,
    max_validity_seconds: u32,
    claims: Option<Map<String, Value>>,
}

fn read_vouched(body: &[u8]) -> Result<Vouched, PluginError> {
    let reply: VouchedReply =
        serde_json::from_slice(body).map_err(|_| PluginError::Broken("JSON"))?;
    let length = reply.user.chars().count();
    if !(1..=MAX_USER).contains(&length) || reply.user.chars().any(is_hidden) {
        return Err(PluginError::Broken("user"));
    }
    if !VALIDITY.contains(&reply.max_validity_seconds) {
        return Err(PluginError::Broken("maxValiditySeconds"));
    }
    let claims = reply.claims.unwrap_or_default();
    if claims.keys().any(|name| is_reserved(name)) {
        return Err(PluginError::Broken("claims"));
    }
    Ok(Vouched {
        user: reply.user,
        max_validity: reply.max_validity_seconds,
        claims,
    })
}

/// The subject is the user, which the reply names elsewhere.
fn is_reserved(name: &str) -> bool {
    name.eq_ignore_ascii_case("sub") || is_reserved_claim(name)
}

/// The plugin's reason, if it gave one: printable and short.
fn read_reason(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Refusal {
        reason: String,
    }
    let refusal: Refusal = serde_json::from_slice(body).ok()?;
    let reason = shown(&refusal.reason, MAX_REASON);
    (!reason.is_empty()).then_some(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(body: &str) -> Option<PluginError> {
        read_vouched(body.as_bytes()).err()
    }

    #[test]
    fn a_complete_reply_is_read() {
        let body = br#"{"user":"Alice","maxValiditySeconds":3600,"claims":{"groups":["data-science"]},"extra":1}"#;
        let vouched = read_vouched(body).unwrap();
        assert_eq!(
            (vouched.user.as_str(), vouched.max_validity),
            ("Alice", 3600)
        );
        assert_eq!(vouched.claims["groups"][0], "data-science");
        assert!(read_vouched(br#"{"user":"A","maxValiditySeconds":900}"#).is_ok());
        assert!(
            read_vouched(br#"{"user":"A","maxValiditySeconds":31536000,"claims":null}"#).is_ok()
        );
    }

    #[test]
    fn t49_every_wrong_shape_is_a_broken_reply() {
        for body in [
            "",
            "null",
            "[]",
            "{}",
            "x",
            r#"{"user":"A"}"#,
            r#"{"maxValiditySeconds":900}"#,
            r#"{"user":"","maxValiditySeconds":900}"#,
            r#"{"user":1,"maxValiditySeconds":900}"#,
            r#"{"user":"a\nb","maxValiditySeconds":900}"#,
            r#"{"user":null,"maxValiditySeconds":900}"#,
            r#"{"user":"A","maxValiditySeconds":899}"#,
            r#"{"user":"A","maxValiditySeconds":31536001}"#,
            r#"{"user":"A","maxValiditySeconds":0}"#,
            r#"{"user":"A","maxValiditySeconds":-1}"#,
            r#"{"user":"A","maxValiditySeconds":"900"}"#,
            r#"{"user":"A","maxValiditySeconds":900.5}"#,
            r#"{"user":"A","maxValiditySeconds":1e99}"#,
            r#"{"user":"A","maxValiditySeconds":900,"claims":[]}"#,
            r#"{"user":"A","user":"B","maxValiditySeconds":900}"#,
            r#"{"user":"A","maxValiditySeconds":900} x"#,
        ] {
            assert!(broken(body).is_some(), "{body}");
        }
        assert!(
            broken(&format!(
                r#"{{"user":"{}","maxValiditySeconds":900}}"#,
                "x".repeat(257)
            ))
            .is_some()
        );
    }

    #[test]
    fn t26_reserved_claims_are_a_broken_reply() {
        for name in [
            "exp",
            "iat",
            "parent",
            "sub",
            "accessKey",
            "roleArn",
            "sessionPolicy",
            "sa-policy",
            "policy",
            "username",
            "userid",
            "tokenRevokeType",
            "sourceIdentity",
            "aws:userid",
            "aws:PrincipalTag/x",
            "jwt:sub",
            "SUB",
        ] {
            let body =
                format!(r#"{{"user":"A","maxValiditySeconds":900,"claims":{{"{name}":1}}}}"#);
            assert_eq!(broken(&body), Some(PluginError::Broken("claims")), "{name}");
        }
    }

    #[test]
    fn reasons_are_optional_printable_and_short() {
        assert_eq!(
            read_reason(br#"{"reason":"no\u0007 way"}"#).as_deref(),
            Some("no way")
        );
        assert_eq!(
            read_reason(format!(r#"{{"reason":"{}"}}"#, "é".repeat(500)).as_bytes())
                .unwrap()
                .chars()
                .count(),
            256
        );
        for body in ["", "{}", "[]", r#"{"reason":""}"#, r#"{"reason":1}"#] {
            assert_eq!(read_reason(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn the_token_joins_the_configured_query() {
        let mut url: Url = "http://h/p/?b=2&token=old&a=1".parse().unwrap();
        set_token(&mut url, "a b&c=/+");
        assert_eq!(url.as_str(), "http://h/p/?b=2&a=1&token=a+b%26c%3D%2F%2B");
    }
}
