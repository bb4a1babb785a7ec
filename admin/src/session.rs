//! `session`: temporary credentials that were issued.

use std::collections::HashMap;

use serde_json::{Value, json};
use shared::clock::UnixTime;
use shared::model::{
    AccessKeyId, PolicyName, RevokeType, RoleArn, RoleSessionName, SourceIdentity, Tag, UniqueId,
};
use shared::store::{
    Authority, Holder, ManageSessions as _, Parent, ReadRevocations as _, ReadRoles as _,
    ReadSessions as _, ReadUsers as _, Revoke as _, Role, Scope, Session, Status, StoreError, User,
};

use crate::args::{RevokeArgs, RevokeFilter, SessionCommand};
use crate::context::Admin;
use crate::error::AdminError;
use crate::names::{missing, unique};
use crate::output::Output;
use crate::user;
use crate::who::who;

const LIST: &[&str] = &[
    "access_key",
    "parent",
    "who",
    "state",
    "issued_at",
    "expires_at",
    "session_name",
];
const SHOW: &[&str] = &[
    "access_key",
    "parent",
    "principal_id",
    "who",
    "state",
    "issued_at",
    "expires_at",
    "revoked_at",
    "role_arn",
    "session_name",
    "session_policy",
    "policy_arns",
    "tags",
    "source_identity",
    "revoke_type",
    "claims",
    "sealed_with",
];

/// The state of a session that may be used.
const ACTIVE: &str = "active";
/// The state of a session of which it cannot be said, because its user or a revocation cannot
/// be read.
const UNKNOWN: &str = "unknown";

/// Carries a `session` command out.
pub(crate) async fn run(admin: &Admin, command: SessionCommand) -> Result<Output, AdminError> {
    let now = admin.check_clock().await?;
    match command {
        SessionCommand::List { parent, all } => list(admin, parent.as_deref(), all).await,
        SessionCommand::Show { access_key } => {
            let session = find(admin, &access_key).await?;
            let state = Present::default().state(admin, &session).await?;
            Ok(Output::Record {
                columns: SHOW,
                record: view(&session, state),
            })
        }
        SessionCommand::Revoke(arguments) => revoke(admin, arguments, now).await,
    }
}

async fn list(admin: &Admin, parent: Option<&str>, all: bool) -> Result<Output, AdminError> {
    let sessions = match parent {
        Some(text) => admin.store.list_sessions_of(&parse_parent(text)?).await?,
        None => admin.store.list_sessions().await?,
    };
    let mut present = Present::default();
    let mut corrupt = sessions.corrupt;
    let mut rows = Vec::new();
    for session in &sessions.items {
        let state = match present.state(admin, session).await {
            Ok(state) => state,
            Err(StoreError::Corrupt(item)) => {
                corrupt.push(item);
                UNKNOWN
            }
            Err(error) => return Err(error.into()),
        };
        if all || [ACTIVE, UNKNOWN].contains(&state) {
            rows.push(view(session, state));
        }
    }
    Ok(Output::List {
        columns: LIST,
        rows,
        corrupt: unique(corrupt),
    })
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
    /// What a session is worth now.
    async fn state(
        &mut self,
        admin: &Admin,
        session: &Session,
    ) -> Result<&'static str, StoreError> {
        let revoked_until = admin.store.revoked_until(&Scope::of(session)).await?;
        let revoked = session.is_revoked(revoked_until);
        let principal = self.principal(admin, session).await?;
        Ok(state(session, principal.as_ref(), revoked, admin.now))
    }

    async fn principal(
        &mut self,
        admin: &Admin,
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
        let read = read_principal(admin, session).await?;
        self.0.insert(item, read.clone());
        Ok(read)
    }
}

async fn read_principal(admin: &Admin, session: &Session) -> Result<Option<Principal>, StoreError> {
    let found = match (&session.authority, &session.parent) {
        (Authority::User, Parent::User(access_key)) => {
            let user = admin.store.user(access_key).await?;
            user.map(|user| (user.id, user.status))
        }
        (Authority::Role(arn), _) => {
            let role = admin.store.role(arn.as_str()).await?;
            role.map(|role| (role.id, role.status))
        }
        (Authority::User, Parent::Federated(_)) | (Authority::Granted(_), _) => None,
    };
    Ok(found.map(|(id, status)| Principal { id, status }))
}

/// A role's ARN as it is known here; what is none stays as it is, and is nobody's.
fn known_role(arn: &str) -> String {
    let parsed = RoleArn::parse(arn).map(RoleArn::without_region);
    parsed.map_or_else(|_| arn.to_owned(), |arn| arn.to_string())
}

/// Revokes as of `now`, the later of this machine's and the table's clock.
async fn revoke(admin: &Admin, arguments: RevokeArgs, now: UnixTime) -> Result<Output, AdminError> {
    let holder = match (&arguments.parent, &arguments.role) {
        (Some(parent), _) => Holder::Parent(parse_parent(parent)?),
        (None, Some(role)) => Holder::Role(known_role(role)),
        (None, None) => return revoke_one(admin, &arguments.access_key.unwrap_or_default()).await,
    };
    if let Holder::Parent(Parent::User(access_key)) = &holder {
        user::find(admin, access_key.as_str()).await?;
    }
    revoke_scope(admin, holder, &arguments.filter, now).await
}

async fn revoke_one(admin: &Admin, access_key: &str) -> Result<Output, AdminError> {
    let access_key = find(admin, access_key).await?.access_key;
    admin.store.revoke_session(&access_key, admin.now).await?;
    Ok(Output::line(
        format!("session {access_key} is revoked"),
        json!({"revoked": access_key.as_str()}),
    ))
}

/// Ends all sessions of a parent or role, in one write. Times are whole seconds, so the
/// sessions of the present second end with the others.
async fn revoke_scope(
    admin: &Admin,
    holder: Holder,
    filter: &RevokeFilter,
    now: UnixTime,
) -> Result<Output, AdminError> {
    let usage = |what: &str| AdminError::Usage(format!("{what} is not valid"));
    let label = filter
        .revoke_type
        .as_deref()
        .map(RevokeType::parse)
        .transpose()
        .map_err(|_| usage("--type"))?;
    let until = match &filter.issued_before {
        Some(text) => UnixTime::parse_iso8601(text)
            .ok_or_else(|| usage("--issued-before"))?
            .plus(-1),
        None => now,
    };
    let scope = Scope { holder, label };
    admin.store.revoke(&scope, until).await?;
    let label = scope.label;
    let scope = match scope.holder {
        Holder::Parent(parent) => parent.key(),
        Holder::Role(arn) => format!("role {arn}"),
    };
    let labelled = label
        .as_ref()
        .map(|l| format!(" with type {l}"))
        .unwrap_or_default();
    Ok(Output::line(
        format!("the sessions of {scope}{labelled} issued until {until} are revoked"),
        json!({"scope": scope, "type": label.as_ref().map(RevokeType::as_str), "issued_until": until.iso8601()}),
    ))
}

fn parse_parent(text: &str) -> Result<Parent, AdminError> {
    Parent::from_key(text).ok_or_else(|| {
        AdminError::Usage(format!(
            "{text:?} is no parent: write user/NAME or federated/NAME"
        ))
    })
}

async fn find(admin: &Admin, text: &str) -> Result<Session, AdminError> {
    let access_key = AccessKeyId::parse(text).map_err(|_| missing("session", text))?;
    let session = admin.store.session(&access_key).await?;
    session.ok_or_else(|| missing("session", text))
}

/// What a session is worth at that moment. `suspended` lasts as long as its user or role is
/// disabled; that of an `orphaned` one is gone, even if another has the name now.
fn state(
    session: &Session,
    principal: Option<&Principal>,
    revoked: bool,
    now: UnixTime,
) -> &'static str {
    let needs_nobody = matches!(session.authority, Authority::Granted(_));
    let principal = principal.filter(|principal| session.is_of(&principal.id));
    if now >= session.expires_at {
        "expired"
    } else if revoked {
        "revoked"
    } else {
        match principal.map(|principal| principal.status) {
            _ if needs_nobody => ACTIVE,
            None => "orphaned",
            Some(Status::Disabled) => "suspended",
            Some(Status::Enabled) => ACTIVE,
        }
    }
}

fn view(session: &Session, state: &str) -> Value {
    let asked = &session.asked;
    let tag = |t: &Tag| format!("{}={}", t.key(), t.value());
    json!({
        "access_key": session.access_key.as_str(),
        "parent": session.parent.key(),
        "principal_id": session.principal_id.as_ref().map(UniqueId::as_str),
        "who": who(session),
        "state": state,
        "issued_at": session.issued_at.iso8601(),
        "expires_at": session.expires_at.iso8601(),
        "revoked_at": session.revoked_at.map(UnixTime::iso8601),
        "role_arn": session.role_arn().map(RoleArn::as_str),
        "session_name": asked.role_session_name.as_ref().map(RoleSessionName::as_str),
        "session_policy": asked.session_policy,
        "policy_arns": asked.policy_arns.iter().map(PolicyName::as_str).collect::<Vec<_>>(),
        "tags": asked.tags.iter().map(tag).collect::<Vec<_>>(),
        "source_identity": asked.source_identity.as_ref().map(SourceIdentity::as_str),
        "revoke_type": asked.revoke_type.as_ref().map(RevokeType::as_str),
        "claims": session.claims.values,
        "sealed_with": session.secret.kid(),
    })
}

#[cfg(test)]
mod tests {
    use shared::keys::Sealed;
    use shared::store::{KeptClaims, SessionRequest};

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
            (session(-100, 1, None), enabled, "active"),
            (session(-100, 0, None), enabled, "expired"),
            (of_another, enabled, "orphaned"),
            (session(-1, 1, Some(0)), enabled, "revoked"),
            (session(-1, 1, None), disabled, "suspended"),
            (session(-1, 1, None), None, "orphaned"),
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
        assert_eq!(state(&of_claim, None), ACTIVE);
        assert_eq!(state(&of_claim, Some(&disabled)), ACTIVE);
        let of_role = federated(Some(id('A')), role());
        assert_eq!(state(&of_role, Some(&enabled)), ACTIVE);
        assert_eq!(state(&of_role, Some(&disabled)), "suspended");
        assert_eq!(state(&of_role, None), "orphaned");
        let other = principal(id('B'), Status::Enabled);
        assert_eq!(state(&of_role, Some(&other)), "orphaned");
        // Neither has the service a use for it.
        let of_role_without_id = federated(None, role());
        assert_eq!(state(&of_role_without_id, Some(&enabled)), "orphaned");
        let mut granted = of_role_without_id;
        granted.authority = Authority::Granted(Vec::new());
        assert_eq!(state(&granted, None), ACTIVE);
    }
}
