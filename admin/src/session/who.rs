//! Who a federated session is: its parent is a digest, its claims have a name.

use shared::store::Session;

/// Claims that tell people of one provider apart, the one that others know best first.
const ADDRESSES: [&str; 4] = ["email", "upn", "preferred_username", "sub"];

/// How much of a claim is shown, in characters.
const MAX_SHOWN: usize = 48;

/// The name and address that the identity provider gave, as far as its claims are kept.
pub(crate) fn who(session: &Session) -> Option<String> {
    let claim = |name: &str| {
        let text = session.claims.values.get(name)?.as_str()?.trim();
        (!text.is_empty()).then(|| shortened(text))
    };
    let address = ADDRESSES.iter().find_map(|name| claim(name));
    match (claim("name"), address) {
        // The address comes last, whatever a name looks like.
        (Some(name), Some(address)) => Some(format!("{name} <{address}>")),
        (name, address) => name.or(address),
    }
}

/// People choose their names: none makes a list unreadable.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use shared::clock::UnixTime;
    use shared::keys::Sealed;
    use shared::model::AccessKeyId;
    use shared::store::{Authority, KeptClaims, Parent, SessionRequest};

    use super::*;

    fn who_has(claims: &Value) -> Option<String> {
        who(&Session {
            access_key: AccessKeyId::parse("ABC").unwrap(),
            secret: Sealed::from_bytes(Vec::new()),
            token_digest: [0; 32],
            principal_id: None,
            parent: Parent::Federated("digest".to_owned()),
            issued_at: UnixTime::from_secs(0),
            expires_at: UnixTime::from_secs(0),
            revoked_at: None,
            authority: Authority::Granted(Vec::new()),
            asked: SessionRequest::default(),
            claims: KeptClaims {
                values: claims.as_object().unwrap().clone(),
                names: None,
            },
        })
    }

    #[test]
    fn a_session_is_called_what_its_claims_call_it() {
        for (claims, expected) in [
            (
                json!({"sub": "1", "name": "Alice B.", "email": "a@example.com", "upn": "u", "preferred_username": "p"}),
                Some("Alice B. <a@example.com>"),
            ),
            (
                json!({"sub": "1", "name": "Alice B."}),
                Some("Alice B. <1>"),
            ),
            (
                json!({"sub": "1", "upn": "a@corp", "preferred_username": "p"}),
                Some("a@corp"),
            ),
            (json!({"sub": "1", "preferred_username": "p"}), Some("p")),
            (json!({"sub": "1", "email": " ", "name": 7}), Some("1")),
            (json!({"name": "Alice B."}), Some("Alice B.")),
            (json!({"iss": "x", "email": ["a@example.com"]}), None),
            (json!({}), None),
        ] {
            assert_eq!(who_has(&claims).as_deref(), expected, "{claims}");
        }
    }
}
