use keys::{KeyFile, WrappedBy};
use model::random::OsRandom;

use super::*;
use crate::resources::tests::{Answer, FakeKms, NOW, entry};

fn keys(kms: &Arc<FakeKms>) -> MasterKeys {
    MasterKeys::new(kms.clone(), "t")
}

/// The active key of two, at the moments given in seconds after [`NOW`].
async fn active(keys: &MasterKeys, entries: &[KeyEntry], at: i64) -> Option<String> {
    let ring = keys.ring(entries, NOW.plus(at)).await;
    ring.ok().map(|ring| ring.active_kid().to_owned())
}

fn two() -> [KeyEntry; 2] {
    [
        entry("k1", KeyState::Verifying, 9000, Some(5000)),
        entry("k2", KeyState::Active, 5000, None),
    ]
}

#[tokio::test]
async fn a_new_key_signs_once_every_process_knows_it() {
    let ring = |age| {
        [
            entry("k1", KeyState::Verifying, 9000, Some(5000)),
            entry("k2", KeyState::Verifying, 5000, Some(age)),
            entry("k3", KeyState::Active, age, None),
        ]
    };
    let keys = keys(&FakeKms::new());
    assert_eq!(active(&keys, &ring(119), 0).await.as_deref(), Some("k2"));
    assert_eq!(active(&keys, &ring(120), 0).await.as_deref(), Some("k3"));
}

#[tokio::test]
async fn the_first_key_signs_at_once() {
    let first = [entry("k1", KeyState::Active, 0, None)];
    let active = active(&keys(&FakeKms::new()), &first, 0).await;
    assert_eq!(active.as_deref(), Some("k1"));
}

#[tokio::test]
async fn t10_a_ring_that_does_not_open_is_no_ring() {
    let none = [
        Vec::new(),
        vec![entry("k1", KeyState::Retired, 0, None)],
        vec![entry("k1", KeyState::Verifying, 0, Some(0))],
    ];
    for entries in none {
        let error = keys(&FakeKms::new()).ring(&entries, NOW).await.unwrap_err();
        assert!(matches!(error, UnlockError::NoActiveKey(_)), "{entries:?}");
    }
}

#[tokio::test]
async fn t10_a_key_that_was_moved_to_another_id_or_table_does_not_open() {
    let file = KeyFile::parse("8f1c0d6b5a79e4233b2c91d0f7a8564e1b0a9c8d7e6f5a4b3c2d1e0f9a8b7c6d");
    let file = Arc::new(file.unwrap());
    let own = Binding {
        table: "t",
        kid: "k1",
    };
    let key = MasterKey::generate(&OsRandom).unwrap();
    let wrapped = file.wrap(&key, own, &OsRandom).unwrap();
    for (table, kid, opens) in [("t", "k1", true), ("t", "k2", false), ("u", "k1", false)] {
        let entry = KeyEntry {
            wrapped: wrapped.clone(),
            ..entry(kid, KeyState::Active, 0, None)
        };
        let ring = MasterKeys::new(file.clone(), table)
            .ring(&[entry], NOW)
            .await;
        assert_eq!(ring.is_ok(), opens, "{table}/{kid}: {ring:?}");
    }
}

#[tokio::test]
async fn each_key_is_unwrapped_once_until_it_is_old() {
    let kms = FakeKms::new();
    let keys = keys(&kms);
    for at in (0..MAX_AGE_SECONDS).step_by(60) {
        assert_eq!(active(&keys, &two(), at).await.as_deref(), Some("k2"));
    }
    assert_eq!(kms.take_calls(), ["k1", "k2"]);
    for _ in 0..2 {
        active(&keys, &two(), MAX_AGE_SECONDS).await.unwrap();
    }
    assert_eq!(kms.take_calls(), ["k1", "k2"]);
}

#[tokio::test]
async fn only_the_same_id_with_the_same_bytes_is_held() {
    let kms = FakeKms::new();
    let keys = keys(&kms);
    let mut entries = two();
    active(&keys, &entries, 0).await.unwrap();
    kms.take_calls();
    entries[1].wrapped.bytes = entry("x", KeyState::Active, 0, None).wrapped.bytes;
    active(&keys, &entries, 1).await.unwrap();
    assert_eq!(kms.take_calls(), ["k2"]);
    entries[1].wrapped.by = WrappedBy::File;
    active(&keys, &entries, 2).await.unwrap();
    assert_eq!(kms.take_calls(), ["k2"]);
}

#[tokio::test]
async fn retired_and_deleted_keys_are_not_held() {
    let keys = keys(&FakeKms::new());
    let entries = two();
    active(&keys, &entries, 0).await.unwrap();
    let mut retired = entries.clone();
    retired[0].state = KeyState::Retired;
    for rest in [&retired[..], &entries[1..]] {
        active(&keys, &entries, 0).await.unwrap();
        assert_eq!(keys.held().keys.len(), 2);
        let ring = keys.ring(rest, NOW).await.unwrap();
        assert!(!ring.knows("k1"));
        assert_eq!(keys.held().keys.len(), 1);
    }
}

#[tokio::test]
async fn held_keys_are_used_for_a_day_while_the_wrapper_is_silent() {
    let kms = FakeKms::new();
    let keys = keys(&kms);
    active(&keys, &two(), 0).await.unwrap();
    kms.take_calls();
    kms.answer(Answer::Nothing);
    for at in [MAX_AGE_SECONDS, MAX_AGE_SECONDS + 59] {
        assert_eq!(active(&keys, &two(), at).await.as_deref(), Some("k2"));
    }
    assert_eq!(kms.take_calls(), ["k1"], "one question in a minute");
    let last = MAX_HELD_SECONDS - 1;
    assert_eq!(active(&keys, &two(), last).await.as_deref(), Some("k2"));
    let error = keys.ring(&two(), NOW.plus(MAX_HELD_SECONDS)).await;
    assert!(matches!(error, Err(UnlockError::Unavailable { .. })));
    assert_eq!(keys.held().keys.len(), 1, "an unusable key is wiped");

    kms.answer(Answer::Key);
    let again = active(&keys, &two(), MAX_HELD_SECONDS + 1).await;
    assert_eq!(again.as_deref(), Some("k2"));
}

#[tokio::test]
async fn held_keys_are_wiped_when_the_wrapper_refuses_them() {
    let kms = FakeKms::new();
    let keys = keys(&kms);
    active(&keys, &two(), 0).await.unwrap();
    kms.answer(Answer::No);
    active(&keys, &two(), MAX_AGE_SECONDS - 1).await.unwrap();
    let error = keys.ring(&two(), NOW.plus(MAX_AGE_SECONDS)).await;
    let Err(UnlockError::Refused { kid, source }) = error else {
        panic!("{error:?}");
    };
    assert_eq!(kid, "k2");
    assert!(matches!(source, WrapError::Disabled(_)), "{source}");
    assert_eq!(keys.held().keys.len(), 0);
}

/// Sessions of a key that cannot be had now must not look like sessions of no key.
#[tokio::test]
async fn a_key_that_cannot_be_had_now_is_not_left_out() {
    let kms = FakeKms::new();
    let keys = keys(&kms);
    active(&keys, &two()[1..], 0).await.unwrap();
    kms.answer(Answer::Nothing);
    let error = keys.ring(&two(), NOW.plus(60)).await.unwrap_err();
    assert!(matches!(error, UnlockError::Unavailable { kid, .. } if kid == "k1"));
}

#[tokio::test]
async fn an_old_key_that_does_not_open_stays_out_of_the_ring() {
    let kms = FakeKms::new();
    let mut entries = two();
    entries[0].wrapped.bytes = vec![0; 5];
    let ring = keys(&kms).ring(&entries, NOW).await.unwrap();
    assert!(!ring.knows("k1"));
    assert_eq!(ring.active_kid(), "k2");
}
