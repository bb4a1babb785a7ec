//! Sessions that the test makes, with their row and token.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::hmac::{HMAC_SHA512, Key, sign};
use serde_json::{Value, json};
use shared::clock::{Clock, SystemClock, UnixTime};
use shared::jwt::{self, SessionClaims, TokenKeys};
use shared::model::{AccessKeyId, SessionToken};
use shared::random::OsRandom;
use shared::store::token_digest;
use shared::store::{Authority, CreateSessions, Parent, Session, SessionRequest};
use tests::sts::{Credentials, TestSts, USER};

/// The secret of all of them.
pub(crate) const FORGED_SECRET: &str = "Forty+characters+as+the+service+makes+it";

/// Credentials whose row and token are made by the test.
pub(crate) struct Forged {
    pub(crate) claims: SessionClaims,
    pub(crate) expires_in: i64,
}

impl Forged {
    /// What the service itself would have made, for these seconds from now on.
    pub(crate) fn new(expires_in: i64) -> Self {
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
    pub(crate) async fn store(self, sts: &TestSts, signing: &dyn TokenKeys) -> Credentials {
        let token = jwt::sign(&self.claims, signing).unwrap();
        self.store_with(sts, token).await
    }

    /// Stores the session with any token.
    pub(crate) async fn store_with(self, sts: &TestSts, token: SessionToken) -> Credentials {
        let keys = sts.keys().await;
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
        session.authority = Authority::User;
        session.asked = SessionRequest::default();
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

/// Signs session tokens with any bytes.
pub(crate) struct AnyKey<'a>(pub(crate) &'a str, pub(crate) &'a [u8]);

impl TokenKeys for AnyKey<'_> {
    fn signing_key(&self) -> (&str, &[u8]) {
        (self.0, self.1)
    }

    fn verifying_key(&self, _kid: &str) -> Option<&[u8]> {
        None
    }
}

/// A token with any claims, signed as the service signs.
pub(crate) fn token(claims: &Value, signing: &dyn TokenKeys) -> SessionToken {
    let (kid, key) = signing.signing_key();
    let header = json!({"alg": "HS512", "typ": "JWT", "kid": kid});
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&header), part(claims));
    let tag = sign(&Key::new(HMAC_SHA512, key), signed.as_bytes());
    let signature = BASE64_URL_SAFE_NO_PAD.encode(tag);
    SessionToken::new(format!("{signed}.{signature}")).unwrap()
}
