//! Temporary credentials as the caller's: their parts, their end, and forgeries.

use shared::clock::{Clock, SystemClock, UnixTime};
use shared::jwt::{self, SessionClaims, TokenKeys};
use shared::model::AccessKeyId;
use shared::random::OsRandom;
use shared::session::token_digest;
use shared::store::{CreateSessions, Parent, Session, SessionDetails};
use tests::client::Signer;
use tests::sts::{Credentials, SECRET, TestSts, USER};

use crate::check::Outcome::{self, Refused};
use crate::check::outcome;

const INVALID_KEY: Outcome = Refused(403, "InvalidClientTokenId");
const WRONG_SIGNATURE: Outcome = Refused(403, "SignatureDoesNotMatch");

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

const FORGED_SECRET: &str = "Forty+characters+as+the+service+makes+it";

/// Credentials whose row and token are made by the test.
struct Forged {
    claims: SessionClaims,
    expires_in: i64,
}

impl Forged {
    /// What the service itself would have made, for these seconds from now on.
    fn new(expires_in: i64) -> Self {
        let now = SystemClock.now();
        let access_key = AccessKeyId::generate(&OsRandom).unwrap();
        let claims = SessionClaims {
            access_key: access_key.to_string(),
            exp: now.plus(expires_in).secs(),
            iat: now.plus(expires_in.min(1) - 1).secs(),
            parent: USER.to_owned(),
            sub: None,
            role_arn: None,
            session_policy: None,
            token_revoke_type: None,
            source_identity: None,
            claims: serde_json::Map::new(),
        };
        Self { claims, expires_in }
    }

    /// Stores the session, its token signed with `signing` keys.
    async fn store(self, sts: &TestSts, signing: &dyn TokenKeys) -> Credentials {
        let keys = sts.keys().await;
        let token = jwt::sign(&self.claims, signing).unwrap();
        let access_key = AccessKeyId::parse(self.claims.access_key).unwrap();
        let expiration = SystemClock.now().plus(self.expires_in);
        let item = Session::item_key(&access_key);
        let mut session = sts.stored(&sts.session().await.access_key).await.unwrap();
        session.secret = keys
            .seal(&item, FORGED_SECRET.as_bytes(), &OsRandom)
            .unwrap();
        session.token_digest = token_digest(&token);
        session.parent = Parent::User(AccessKeyId::parse(USER).unwrap());
        session.issued_at = UnixTime::from_secs(self.claims.iat);
        session.expires_at = expiration;
        session.details = SessionDetails::default();
        session.access_key = access_key.clone();
        sts.store().create_session(&session).await.unwrap();
        Credentials {
            access_key: access_key.to_string(),
            secret: FORGED_SECRET.to_owned(),
            token: token.expose().to_owned(),
            expiration,
        }
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

/// Signs session tokens with any bytes.
struct AnyKey<'a>(&'a str, &'a [u8]);

impl TokenKeys for AnyKey<'_> {
    fn signing_key(&self) -> (&str, &[u8]) {
        (self.0, self.1)
    }

    fn verifying_key(&self, _kid: &str) -> Option<&[u8]> {
        None
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
