//! The reply in either form that HTTP APIs understand.

use serde::Serialize;
use serde_json::{Map, Value, json};
use shared::caller::Caller;
use shared::fault::Fault;
use shared::sigv4::SignedPayload;

use crate::{INVOKE, ResponseForm};

/// The longest text in a context, in characters.
const MAX_TEXT: usize = 256;

/// A request that may go on.
#[derive(Debug)]
pub struct Authorized {
    /// The ARN of its route.
    pub route_arn: String,
    /// Who signed it.
    pub caller: Caller,
    /// What the signature says of the body. The API behind has to hold the body to it.
    pub payload: SignedPayload<'static>,
    /// The statement that allows it.
    pub reason: String,
}

/// A reply to the gateway.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Response(Value);

impl Response {
    /// Lets the request through. The API behind finds the context under
    /// `requestContext.authorizer.lambda`.
    pub fn allow(form: ResponseForm, authorized: &Authorized) -> Self {
        let principal = authorized.caller.parent().key();
        let mut context = Map::new();
        let mut text = |name: &str, value: &str| context.insert(name.to_owned(), printable(value));
        text("principal", &principal);
        text("accessKeyId", authorized.caller.access_key().as_str());
        text("contentSha256", &content_sha256(&authorized.payload));
        text("reason", &authorized.reason);
        if let Caller::Session(session) = &authorized.caller {
            let seconds = session.expires_at.secs();
            context.insert("expiresAt".to_owned(), seconds.into());
        }
        match form {
            ResponseForm::Simple => Self::simple(true, &context),
            ResponseForm::Policy => {
                Self::policy("Allow", &authorized.route_arn, &principal, &context)
            }
        }
    }

    /// Keeps the request out. Only the gateway's access log gets to see why.
    pub fn deny(form: ResponseForm, fault: &Fault) -> Self {
        let mut context = Map::new();
        context.insert("code".to_owned(), fault.code.as_str().into());
        context.insert("reason".to_owned(), printable(&fault.message));
        match form {
            ResponseForm::Simple => Self::simple(false, &context),
            ResponseForm::Policy => Self::policy("Deny", "*", "nobody", &context),
        }
    }

    fn simple(is_authorized: bool, context: &Map<String, Value>) -> Self {
        Self(json!({"isAuthorized": is_authorized, "context": context}))
    }

    fn policy(effect: &str, resource: &str, principal: &str, context: &Map<String, Value>) -> Self {
        Self(json!({
            "principalId": printable(principal),
            "policyDocument": {
                "Version": "2012-10-17",
                "Statement": [{"Action": INVOKE, "Effect": effect, "Resource": resource}],
            },
            "context": context,
        }))
    }
}

/// The value of `x-amz-content-sha256` that fits the signature.
fn content_sha256(payload: &SignedPayload<'_>) -> String {
    match payload {
        SignedPayload::Sha256(hash) => hex::encode(hash),
        SignedPayload::Unsigned => "UNSIGNED-PAYLOAD".to_owned(),
        SignedPayload::Streaming(scheme) => scheme.to_string(),
    }
}

/// A text that any log and header can hold.
fn printable(text: &str) -> Value {
    let plain = |c: char| match c {
        ' '..='~' => c,
        _ => '?',
    };
    let text: String = text.chars().take(MAX_TEXT).map(plain).collect();
    text.into()
}

#[cfg(test)]
mod tests {
    use shared::clock::UnixTime;
    use shared::error::ErrorCode;
    use shared::keys::Sealed;
    use shared::model::AccessKeyId;
    use shared::store::{Authority, KeptClaims, Parent, Session, SessionRequest};

    use super::*;

    fn authorized(reason: &str) -> Authorized {
        let session = Session {
            access_key: AccessKeyId::parse("ABCDEFGHIJKLMNOPQRST").unwrap(),
            secret: Sealed::from_bytes(Vec::new()),
            token_digest: [0; 32],
            parent: Parent::Federated("custom:Alice".to_owned()),
            principal_id: None,
            issued_at: UnixTime::from_secs(1000),
            expires_at: UnixTime::from_secs(4600),
            revoked_at: None,
            authority: Authority::User,
            asked: SessionRequest::default(),
            claims: KeptClaims::default(),
        };
        Authorized {
            route_arn: "arn:aws:execute-api:us-east-1:1:a/$default/GET/".to_owned(),
            caller: Caller::Session(Box::new(session)),
            payload: SignedPayload::Unsigned,
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn the_api_behind_learns_who_calls() {
        let response = Response::allow(ResponseForm::Simple, &authorized("allowed"));
        assert_eq!(
            serde_json::to_value(response).unwrap(),
            json!({"isAuthorized": true, "context": {
                "principal": "federated/custom:Alice", "accessKeyId": "ABCDEFGHIJKLMNOPQRST",
                "contentSha256": "UNSIGNED-PAYLOAD", "reason": "allowed", "expiresAt": 4600,
            }})
        );
    }

    #[test]
    fn the_policy_form_is_for_the_route_only() {
        let Response(allow) = Response::allow(ResponseForm::Policy, &authorized("allowed"));
        assert_eq!(allow["principalId"], "federated/custom:Alice");
        assert_eq!(
            allow["policyDocument"]["Statement"],
            json!([{"Action": "execute-api:Invoke", "Effect": "Allow",
                "Resource": "arn:aws:execute-api:us-east-1:1:a/$default/GET/"}])
        );
        let fault = Fault::new(ErrorCode::AccessDenied, "no");
        let Response(deny) = Response::deny(ResponseForm::Policy, &fault);
        assert_eq!(
            deny["policyDocument"]["Statement"],
            json!([{"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": "*"}])
        );
        assert_eq!(
            deny["context"],
            json!({"code": "AccessDenied", "reason": "no"})
        );
    }

    #[test]
    fn texts_are_printable_and_bounded() {
        let Response(value) = Response::allow(
            ResponseForm::Simple,
            &authorized(&format!("é\n{}", "x".repeat(1000))),
        );
        let reason = value["context"]["reason"].as_str().unwrap();
        assert!(reason.starts_with("??x"));
        assert_eq!(reason.len(), MAX_TEXT);
    }
}
