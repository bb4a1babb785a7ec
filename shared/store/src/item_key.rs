//! Keys of items that are made of what a caller, a token or a plugin chose.

use ring::digest::{SHA256, digest};

/// What stands in a key for such text: its SHA-256, in hex. DynamoDB takes keys of 2,048 bytes
/// and sort keys of 1,024; a text of any length has to be looked up, and not be found.
pub fn digest_of(text: &str) -> String {
    hex::encode(digest(&SHA256, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use crate::{Counter, Holder, OpenIdProvider, Parent, Role, Scope};
    use clock::UnixTime;
    use model::RevokeType;

    /// DynamoDB's limit is 2,048 bytes; what follows the prefix is a digest or two.
    const MAX_KEY: usize = 160;

    #[test]
    fn keys_of_what_others_chose_have_a_bounded_length() {
        let long = "\u{1f511}".repeat(100_000);
        let scope = |holder, label| Scope { holder, label };
        let federated = || Holder::Parent(Parent::Federated(long.clone()));
        let label = RevokeType::parse("x".repeat(128)).unwrap();
        for key in [
            Role::item_key(&long),
            OpenIdProvider::item_key(&long),
            Counter::of("failed/source", &long, UnixTime::from_secs(i64::MAX)).item_key(),
            scope(federated(), None).item_key(),
            scope(federated(), Some(label.clone())).item_key(),
            scope(Holder::Role(long.clone()), Some(label)).item_key(),
        ] {
            assert!(key.len() <= MAX_KEY, "{key}");
        }
    }

    #[test]
    fn no_two_scopes_have_the_same_key() {
        let label = |text: &str| Some(RevokeType::parse(text).unwrap());
        let parent = |name: &str| Holder::Parent(Parent::Federated(name.to_owned()));
        let scopes = [
            Scope {
                holder: parent("a"),
                label: None,
            },
            Scope {
                holder: parent("a"),
                label: label("b"),
            },
            Scope {
                holder: parent("a#b"),
                label: None,
            },
            Scope {
                holder: parent("b"),
                label: label("a"),
            },
            Scope {
                holder: Holder::Role("a".to_owned()),
                label: None,
            },
            Scope {
                holder: Holder::Role("a".to_owned()),
                label: label("b"),
            },
        ];
        let keys: std::collections::HashSet<_> = scopes.iter().map(Scope::item_key).collect();
        assert_eq!(keys.len(), scopes.len());
    }
}
