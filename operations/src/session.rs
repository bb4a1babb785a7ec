//! Sessions: what they are worth, and how they are ended.

use std::collections::HashMap;

use clock::UnixTime;
use model::{AccessKeyId, RoleArn, UniqueId};
use store::{
    Authority, Holder, Listed, ManageSessions, Parent, ReadRevocations, ReadRoles, ReadSessions,
    ReadUsers, Revoke, Role, Scope, Session, Status, StoreError, User,
};

use crate::error::Error;
use crate::names::unique;
use crate::user;

/// What a session is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It may be used.
    Active,
    /// It has ended by itself.
    Expired,
    /// Its user or role is gone, even if another has the name now.
    Orphaned,
    /// It was ended early.
    Revoked,
    /// Its user or role is disabled, and it is worth nothing as long as that lasts.
    Suspended,
    /// It cannot be said, because its user or a revocation cannot be read.
    Unknown,
}

impl State {
    /// The state's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Orphaned => "orphaned",
            Self::Revoked => "revoked",
            Self::Suspended => "suspended",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the session is in force, for all that is known.
    pub const fn may_be_in_force(self) -> bool {
        matches!(self, Self::Active | Self::Unknown)
    }
}

/// The sessions that the table still holds, or those of one parent, with what they are worth at
/// that moment.
pub async fn list<S>(
    store: &S,
    parent: Option<&Parent>,
    now: UnixTime,
) -> Result<Listed<(Session, State)>, Error>
where
    S: ManageSessions + ReadRevocations + ReadRoles + ReadUsers,
{
    let sessions = match parent {
        Some(parent) => store.list_sessions_of(parent).await?,
        None => store.list_sessions().await?,
    };
    let mut present = Present::default();
    let mut corrupt = sessions.corrupt;
    let mut items = Vec::with_capacity(sessions.items.len());
    for session in sessions.items {
        let state = match present.state(store, &session, now).await {
            Ok(state) => state,
            Err(StoreError::Corrupt(item)) => {
                corrupt.push(item);
                State::Unknown
            }
            Err(error) => return Err(error.into()),
        };
        items.push((session, state));
    }
    Ok(Listed {
        items,
        corrupt: unique(corrupt),
    })
}

/// The session of that access key.
pub async fn find<S: ReadSessions>(store: &S, access_key: &str) -> Result<Session, Error> {
    let missing = || Error::missing("session", access_key);
    let access_key = AccessKeyId::parse(access_key).map_err(|_| missing())?;
    store.session(&access_key).await?.ok_or_else(missing)
}

/// What a session is worth at that moment.
pub async fn state_of<S>(store: &S, session: &Session, now: UnixTime) -> Result<State, Error>
where
    S: ReadRevocations + ReadRoles + ReadUsers,
{
    Ok(Present::default().state(store, session, now).await?)
}

/// Ends one session.
pub async fn revoke_one<S: ReadSessions + Revoke>(
    store: &S,
    access_key: &str,
    now: UnixTime,
) -> Result<(), Error> {
    let session = find(store, access_key).await?;
    Ok(store.revoke_session(&session.access_key, now).await?)
}

/// Ends all sessions of a scope, in one write: those issued before a moment, or else those of
/// now. Times are whole seconds, so the sessions of the present second end with the others.
/// Returns the last second of which sessions are ended.
pub async fn revoke<S: Revoke>(
    store: &S,
    scope: &Scope,
    issued_before: Option<UnixTime>,
    now: UnixTime,
) -> Result<UnixTime, Error> {
    let until = issued_before.map_or(now, |moment| moment.plus(-1));
    store.revoke(scope, until).await?;
    Ok(until)
}

/// Whose sessions are meant: a parent. A user must exist.
pub async fn holder_of_parent<S: ReadUsers>(store: &S, parent: Parent) -> Result<Holder, Error> {
    if let Parent::User(access_key) = &parent {
        user::find(store, access_key.as_str()).await?;
    }
    Ok(Holder::Parent(parent))
}

/// Whose sessions are meant: a role, by its ARN as it is known here. What is no ARN stays as it
/// is, and is nobody's.
pub fn holder_of_role(arn: &str) -> Holder {
    let parsed = RoleArn::parse(arn).map(RoleArn::without_region);
    Holder::Role(parsed.map_or_else(|_| arn.to_owned(), |arn| arn.to_string()))
}

/// Whom a session acts for: a user or a role, as it is now.
#[derive(Debug, Clone)]
struct Principal {
    id: UniqueId,
    status: Status,
}

/// The users and roles of sessions by their items' keys, each read once; `None` is gone.
#[derive(Debug, Default)]
struct Present(HashMap<String, Option<Principal>>);

impl Present {
    async fn state<S>(
        &mut self,
        store: &S,
        session: &Session,
        now: UnixTime,
    ) -> Result<State, StoreError>
    where
        S: ReadRevocations + ReadRoles + ReadUsers,
    {
        let revoked_until = store.revoked_until(&Scope::of(session)).await?;
        let revoked = session.is_revoked(revoked_until);
        let principal = self.principal(store, session).await?;
        Ok(state(session, principal.as_ref(), revoked, now))
    }

    async fn principal<S: ReadRoles + ReadUsers>(
        &mut self,
        store: &S,
        session: &Session,
    ) -> Result<Option<Principal>, StoreError> {
        let item = match (&session.authority, &session.parent) {
            (Authority::User, Parent::User(access_key)) => User::item_key(access_key),
            (Authority::Role(arn), _) => Role::item_key(arn.as_str()),
            (Authority::User, Parent::Federated(_)) | (Authority::Granted(_), _) => {
                return Ok(None);
            }
        };
        if let Some(known) = self.0.get(&item) {
            return Ok(known.clone());
        }
        let read = read_principal(store, session).await?;
        self.0.insert(item, read.clone());
        Ok(read)
    }
}

async fn read_principal<S: ReadRoles + ReadUsers>(
    store: &S,
    session: &Session,
) -> Result<Option<Principal>, StoreError> {
    let found = match (&session.authority, &session.parent) {
        (Authority::User, Parent::User(access_key)) => {
            let user = store.user(access_key).await?;
            user.map(|user| (user.id, user.status))
        }
        (Authority::Role(arn), _) => {
            let role = store.role(arn.as_str()).await?;
            role.map(|role| (role.id, role.status))
        }
        (Authority::User, Parent::Federated(_)) | (Authority::Granted(_), _) => None,
    };
    Ok(found.map(|(id, status)| Principal { id, status }))
}

fn state(session: &Session, principal: Option<&Principal>, revoked: bool, now: UnixTime) -> State {
    let needs_nobody = matches!(session.authority, Authority::Granted(_));
    let principal = principal.filter(|principal| session.is_of(&principal.id));
    if now >= session.expires_at {
        State::Expired
    } else if revoked {
        State::Revoked
    } else {
        match principal.map(|principal| principal.status) {
            _ if needs_nobody => State::Active,
            None => State::Orphaned,
            Some(Status::Disabled) => State::Suspended,
            Some(Status::Enabled) => State::Active,
        }
    }
}

#[cfg(test)]
mod tests {
    use keys::Sealed;
    use store::{KeptClaims, SessionRequest};

    use super::*;

    const NOW: UnixTime = UnixTime::from_secs(1_763_800_000);

    fn id(last: char) -> UniqueId {
        UniqueId::parse(format!("AIDA{last:A>17}")).unwrap()
    }

    const fn principal(id: UniqueId, status: Status) -> Principal {
        Principal { id, status }
    }

    fn session(issued: i64, expires: i64, revoked: Option<i64>) -> Session {
        Session {
            access_key: AccessKeyId::parse("ABC").unwrap(),
            secret: Sealed::from_bytes(Vec::new()),
            token_digest: [0; 32],
            parent: Parent::User(AccessKeyId::parse("foobar").unwrap()),
            principal_id: Some(id('A')),
            issued_at: NOW.plus(issued),
            expires_at: NOW.plus(expires),
            revoked_at: revoked.map(|t| NOW.plus(t)),
            authority: Authority::User,
            asked: SessionRequest::default(),
            claims: KeptClaims::default(),
        }
    }

    #[test]
    fn the_state_is_that_of_session_and_parent() {
        let (enabled, disabled) = (Some(Status::Enabled), Some(Status::Disabled));
        let of_another = Session {
            principal_id: Some(id('B')),
            ..session(-1, 1, None)
        };
        let cases = [
            (session(-100, 1, None), enabled, State::Active),
            (session(-100, 0, None), enabled, State::Expired),
            (of_another, enabled, State::Orphaned),
            (session(-1, 1, Some(0)), enabled, State::Revoked),
            (session(-1, 1, None), disabled, State::Suspended),
            (session(-1, 1, None), None, State::Orphaned),
        ];
        for (session, status, expected) in cases {
            let principal = status.map(|status| principal(id('A'), status));
            assert_eq!(
                state(
                    &session,
                    principal.as_ref(),
                    session.revoked_at.is_some(),
                    NOW
                ),
                expected,
                "{session:?}"
            );
        }
    }

    #[test]
    fn a_federated_session_is_worth_what_its_role_is_if_it_has_one() {
        let federated = |principal_id, authority| Session {
            parent: Parent::Federated("custom:alice".to_owned()),
            principal_id,
            authority,
            ..session(-1, 1, None)
        };
        let role = || Authority::Role(RoleArn::parse("arn:minio:iam:::role/builders").unwrap());
        let state = |session: &Session, role: Option<&Principal>| state(session, role, false, NOW);
        let enabled = principal(id('A'), Status::Enabled);
        let disabled = principal(id('A'), Status::Disabled);
        let of_claim = federated(None, Authority::Granted(Vec::new()));
        assert_eq!(state(&of_claim, None), State::Active);
        assert_eq!(state(&of_claim, Some(&disabled)), State::Active);
        let of_role = federated(Some(id('A')), role());
        assert_eq!(state(&of_role, Some(&enabled)), State::Active);
        assert_eq!(state(&of_role, Some(&disabled)), State::Suspended);
        assert_eq!(state(&of_role, None), State::Orphaned);
        let other = principal(id('B'), Status::Enabled);
        assert_eq!(state(&of_role, Some(&other)), State::Orphaned);
        // Neither has the service a use for it.
        let of_role_without_id = federated(None, role());
        assert_eq!(state(&of_role_without_id, Some(&enabled)), State::Orphaned);
        let mut granted = of_role_without_id;
        granted.authority = Authority::Granted(Vec::new());
        assert_eq!(state(&granted, None), State::Active);
    }
}
