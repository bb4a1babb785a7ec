//! Who calls.

use model::AccessKeyId;
use store::{Parent, Session, User};

/// Who signed a request. The signature has been verified.
#[derive(Debug)]
pub enum Caller {
    /// A long-term user, enabled.
    User(User),
    /// The holder of temporary credentials, not expired.
    Session(Box<Session>),
}

impl Caller {
    /// The access key id that signed.
    pub const fn access_key(&self) -> &AccessKeyId {
        match self {
            Self::User(user) => &user.access_key,
            Self::Session(session) => &session.access_key,
        }
    }

    /// Whose credentials signed: the user, or the session's parent.
    pub fn parent(&self) -> Parent {
        match self {
            Self::User(user) => Parent::User(user.access_key.clone()),
            Self::Session(session) => session.parent.clone(),
        }
    }
}
