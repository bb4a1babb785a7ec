//! The answers as JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use shared::caller::Caller;
use shared::fault::Fault;
use shared::model::{RoleArn, RoleSessionName, SourceIdentity};
use shared::sigv4::SigningKey;
use shared::store::Session;

/// What is said of credentials that may be used.
pub(crate) struct Introspected<'a> {
    pub(crate) subject: &'a Caller,
    /// Whether it is allowed, and the reason.
    pub(crate) decision: Option<(bool, String)>,
    pub(crate) signing_key: Option<SigningKey>,
}

/// Of credentials that may not be used nothing else is said (RFC 7662 section 2.2).
pub(crate) fn inactive() -> Value {
    json!({"active": false})
}

pub(crate) fn active(introspected: &Introspected<'_>) -> Value {
    let parent = introspected.subject.parent();
    let mut reply = Map::new();
    let mut add = |name: &str, value: Value| reply.insert(name.to_owned(), value);
    add("active", true.into());
    add("sub", parent.key().into());
    add("username", parent.name().into());
    add(
        "access_key_id",
        introspected.subject.access_key().as_str().into(),
    );
    if let Caller::Session(session) = introspected.subject {
        reply.extend(claims(session));
    }
    if let Some((allowed, reason)) = &introspected.decision {
        let decision = json!({"allowed": allowed, "reason": reason});
        reply.insert("decision".to_owned(), decision);
    }
    if let Some(key) = &introspected.signing_key {
        let key = STANDARD.encode(key.expose());
        reply.insert("signing_key".to_owned(), key.into());
    }
    Value::Object(reply)
}

/// An error of the query protocol in its JSON form.
pub(crate) fn error(fault: &Fault, request_id: &str) -> Value {
    json!({
        "Error": {
            "Type": fault.code.error_type().as_str(),
            "Code": fault.code.as_str(),
            "Message": fault.message,
        },
        "RequestId": request_id,
    })
}

/// What is known of a session; members without a value are left out.
fn claims(session: &Session) -> impl Iterator<Item = (String, Value)> {
    let asked = &session.asked;
    let text = |text: Option<&str>| text.map(Value::from);
    let claims = &session.claims.values;
    let claims = (!claims.is_empty()).then(|| Value::Object(claims.clone()));
    let name = asked.role_session_name.as_ref();
    let identity = asked.source_identity.as_ref();
    [
        ("iat", Some(session.issued_at.secs().into())),
        ("exp", Some(session.expires_at.secs().into())),
        ("role_arn", text(session.role_arn().map(RoleArn::as_str))),
        ("role_session_name", text(name.map(RoleSessionName::as_str))),
        (
            "source_identity",
            text(identity.map(SourceIdentity::as_str)),
        ),
        ("claims", claims),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
}
