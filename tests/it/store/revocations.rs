//! Revocations: what each ends, how long it is kept, and what it costs.

use std::collections::HashMap;
use std::slice;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::model::{RevokeType, SessionDuration};
use shared::store::{CreateSessions, Holder, Parent, ReadRevocations, ReadSessions, Revoke, Scope};

use super::{Fixture, key, now, session};

#[tokio::test]
async fn revocations_only_move_forward() {
    let it = Fixture::new().await;
    let start = now();
    for scope in [scope(None), scope(Some("app-a"))] {
        for (seconds, expected) in [(10, 10), (5, 10), (11, 11)] {
            it.store.revoke(&scope, start.plus(seconds)).await.unwrap();
            let until = it.store.revoked_until(slice::from_ref(&scope)).await;
            assert_eq!(until.unwrap(), Some(start.plus(expected)));
        }
    }
    let other = it.store.revoked_until(&[scope(Some("app-b"))]).await;
    assert_eq!(other.unwrap(), None);
    let stored = session();
    it.store.create_session(&stored).await.unwrap();
    it.store
        .revoke_session(&stored.access_key, start)
        .await
        .unwrap();
    let read = it.store.session(&stored.access_key).await.unwrap().unwrap();
    assert_eq!(read.revoked_at, Some(start));
}

/// The sessions of the user `foobar`, with that label.
fn scope(label: Option<&str>) -> Scope {
    Scope {
        holder: Holder::Parent(Parent::User(key("foobar"))),
        label: label.map(|label| RevokeType::parse(label).unwrap()),
    }
}

/// The attributes of an item, past the store.
async fn attributes(it: &Fixture, item: String) -> HashMap<String, AttributeValue> {
    let client = it.table.connection().client();
    let get = client.get_item().table_name(&it.table.name);
    let reply = get.key("pk", AttributeValue::S(item)).send().await.unwrap();
    reply.item.unwrap()
}

/// With an attribute a label, an item of 400 KB could take no more.
#[tokio::test]
async fn the_number_of_labels_costs_neither_a_session_nor_a_revocation_anything() {
    let it = Fixture::new().await;
    let label = |n: usize| format!("{n:x>128}");
    let issued = now();
    for n in 0..4000 {
        let scope = scope(Some(&label(n)));
        it.store.revoke(&scope, issued.plus(-1)).await.unwrap();
    }
    let mut stored = session();
    stored.issued_at = issued;
    stored.asked.revoke_type = Some(RevokeType::parse(label(3999)).unwrap());
    let scopes = Scope::of(&stored);
    assert_eq!(scopes, [scope(None), scope(Some(&label(3999)))]);
    let until = it.store.revoked_until(&scopes).await.unwrap();
    assert!(!stored.is_revoked(until));
    it.store.revoke(&scope(None), issued).await.unwrap();
    let until = it.store.revoked_until(&scopes).await.unwrap();
    assert!(stored.is_revoked(until));
    for scope in scopes {
        let attributes = attributes(&it, scope.item_key()).await;
        assert!(attributes.len() <= 5, "{attributes:?}");
        assert!(format!("{attributes:?}").len() < 1024, "{attributes:?}");
    }
}

#[tokio::test]
async fn a_revocation_is_kept_until_the_longest_session_that_it_covers_is_over() {
    let it = Fixture::new().await;
    let start = now();
    for scope in [scope(None), scope(Some("app-a"))] {
        for (until, expected) in [
            (start, start),
            (start.plus(-9), start),
            (start.plus(9), start.plus(9)),
        ] {
            it.store.revoke(&scope, until).await.unwrap();
            let attributes = attributes(&it, scope.item_key()).await;
            let kept: i64 = attributes["expires_at"].as_n().unwrap().parse().unwrap();
            let longest = i64::from(SessionDuration::LONGEST.secs());
            assert!(kept > expected.secs() + longest, "{attributes:?}");
        }
    }
}
