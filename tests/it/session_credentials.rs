//! Temporary credentials as the caller's: their parts, their end, and forgeries.

use tests::client::Signer;
use tests::sts::{SECRET, TestSts, USER};

use crate::check::Outcome::Refused;
use crate::check::{INVALID_KEY, WRONG_SIGNATURE, outcome};
use crate::forged::{AnyKey, FORGED_SECRET, Forged};

#[tokio::test]
async fn t07_t08_sessions_cannot_assume_a_role_and_their_parts_do_not_mix() {
    let sts = TestSts::start().await;
    let (a, b) = (sts.session().await, sts.session().await);
    let sign = |key: &str, secret: &str, token: &str| Signer::new(key, secret, Some(token));
    let denied = Refused(403, "AccessDenied");
    for (case, signer, expected) in [
        ("a session", a.signer(), denied),
        (
            "no token",
            Signer::new(&a.access_key, &a.secret, None),
            INVALID_KEY,
        ),
        (
            "the token of b",
            sign(&a.access_key, &a.secret, &b.token),
            INVALID_KEY,
        ),
        (
            "the key of b",
            sign(&b.access_key, &a.secret, &a.token),
            INVALID_KEY,
        ),
        (
            "the secret of b",
            sign(&a.access_key, &b.secret, &a.token),
            WRONG_SIGNATURE,
        ),
        (
            "a user with a token",
            sign(USER, SECRET, &a.token),
            INVALID_KEY,
        ),
        (
            "a user with any token",
            sign(USER, SECRET, "token"),
            INVALID_KEY,
        ),
        (
            "a long token",
            sign(USER, SECRET, &"t".repeat(4097)),
            INVALID_KEY,
        ),
    ] {
        let reply = sts.assume_role_as(&signer, &[]).await;
        outcome(case, &reply, expected);
    }
}

#[tokio::test]
async fn expired_sessions_are_told_so() {
    let sts = TestSts::start().await;
    let keys = sts.keys().await;
    for (case, forged, expected) in [
        ("in force", Forged::new(10), Refused(403, "AccessDenied")),
        ("expired", Forged::new(-1), Refused(403, "ExpiredToken")),
        (
            "expired by its row alone",
            Forged {
                expires_in: -1,
                ..Forged::new(10)
            },
            Refused(403, "ExpiredToken"),
        ),
    ] {
        let credentials = forged.store(&sts, &keys).await;
        let reply = sts.assume_role_as(&credentials.signer(), &[]).await;
        outcome(case, &reply, expected);
    }
}

/// A row that somebody slipped in does not help without a token that the service signed.
#[tokio::test]
async fn t03_t04_tokens_signed_with_any_secret_are_refused() {
    let sts = TestSts::start().await;
    let kid = sts.keys().await.active_kid().to_owned();
    let key_file = std::fs::read(sts.table.key_file()).unwrap();
    let cases: [(&str, &str, &[u8]); 8] = [
        ("the user's secret", kid.as_str(), SECRET.as_bytes()),
        ("the session's secret", &kid, FORGED_SECRET.as_bytes()),
        ("the key file", &kid, &key_file),
        (
            "the bytes of the key file",
            &kid,
            &hex::decode(&key_file).unwrap(),
        ),
        ("no bytes", &kid, b""),
        ("zeros", &kid, &[0; 64]),
        ("an unknown key id", "k0", SECRET.as_bytes()),
        ("an empty key id", "", SECRET.as_bytes()),
    ];
    for (case, kid, key) in cases {
        let credentials = Forged::new(10).store(&sts, &AnyKey(kid, key)).await;
        let reply = sts.assume_role_as(&credentials.signer(), &[]).await;
        outcome(case, &reply, INVALID_KEY);
    }
}
