//! The plugin's protocol, as MinIO's identity management plugins speak it.

use clock::UnixTime;
use keys::SealError;
use model::{is_hidden, shown};
use serde::Deserialize;
use serde_json::{Map, Value};
use store::{IdentityPlugin, TokenIn};
use url::Url;
use zeroize::Zeroizing;

use super::{PluginError, PluginTokenError};
use crate::jwt::is_reserved_claim;
use crate::outbound::{Circuits, Content, Outbound, OutboundReply, OutboundRequest, Reach};

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

/// What reaches plugins.
#[derive(Debug, Clone, Copy)]
pub struct Plugins<'a> {
    /// The client.
    pub outbound: &'a Outbound,
    /// Who is left alone for a while.
    pub circuits: &'a Circuits,
    /// The moment of the call.
    pub now: UnixTime,
}

impl Plugins<'_> {
    /// Shows a token to a plugin. `open` opens the value of its `Authorization` header.
    pub async fn ask(
        &self,
        plugin: &IdentityPlugin,
        open: impl FnOnce() -> Result<Option<Zeroizing<String>>, SealError>,
        token: &str,
    ) -> Result<Vouched, PluginTokenError> {
        let request = request(plugin, open, token)?;
        let guard = self.circuits.guard(&plugin.name, self.now);
        let guard = guard.ok_or(PluginError::CircuitOpen)?;
        let result = match self.outbound.send(request).await {
            Ok(reply) => read(&reply),
            Err(error) => Err(PluginError::from(error).into()),
        };
        let is_outage = |error: &PluginTokenError| matches!(error, PluginTokenError::Plugin(error) if error.is_outage());
        guard.note(!result.as_ref().is_err_and(is_outage));
        result
    }
}

fn request(
    plugin: &IdentityPlugin,
    open: impl FnOnce() -> Result<Option<Zeroizing<String>>, SealError>,
    token: &str,
) -> Result<OutboundRequest, PluginTokenError> {
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
    Ok(OutboundRequest {
        url,
        reach: Reach::Configured,
        allow_http: plugin.allow_http,
        content: Some(Content::Form(form)),
        authorization: open()?,
        max_reply: MAX_REPLY,
    })
}

fn check_length(token: &str) -> Result<(), PluginTokenError> {
    let encoded: usize = url::form_urlencoded::byte_serialize(token.as_bytes())
        .map(str::len)
        .sum();
    if encoded > MAX_IN_QUERY {
        return Err(PluginTokenError::TokenTooLong(MAX_IN_QUERY));
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

fn read(reply: &OutboundReply) -> Result<Vouched, PluginTokenError> {
    match reply.status.as_u16() {
        200 => Ok(read_vouched(&reply.body)?),
        403 => Err(PluginTokenError::Refused(read_reason(&reply.body))),
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
