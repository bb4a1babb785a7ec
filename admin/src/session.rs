//! `session`: temporary credentials that were issued.

use std::collections::HashMap;

use serde_json::{Value, json};
use shared::clock::UnixTime;
use shared::model::{
    AccessKeyId, PolicyName, RevokeType, RoleArn, RoleSessionName, SourceIdentity, Tag,
};
use shared::store::{
    ManageSessions as _, ManageUsers as _, Parent, ReadRevocations as _, ReadSessions as _,
    Revoke as _, Scope, Session, Status, User,
};

use crate::args::{RevokeArgs, RevokeFilter, SessionCommand};
use crate::context::Admin;
use crate::error::AdminError;
use crate::names::missing;
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

/// The users there are, to tell what their sessions are worth.
type Users = HashMap<AccessKeyId, User>;

/// Carries a `session` command out.
pub(crate) async fn run(admin: &Admin, command: SessionCommand) -> Result<Output, AdminError> {
    match command {
        SessionCommand::List { parent, all } => list(admin, parent.as_deref(), all).await,
        SessionCommand::Show { access_key } => {
            let session = find(admin, &access_key).await?;
            let revoked = is_revoked(admin, &session).await?;
            let state = state(&session, &users(admin).await?, revoked, admin.now);
            Ok(Output::Record {
                columns: SHOW,
                record: view(&session, state),
            })
        }
        SessionCommand::Revoke(arguments) => revoke(admin, arguments).await,
    }
}

async fn list(admin: &Admin, parent: Option<&str>, all: bool) -> Result<Output, AdminError> {
    let sessions = match parent {
        Some(text) => admin.store.list_sessions_of(&parse_parent(text)?).await?,
        None => admin.store.list_sessions().await?,
    };
    let users = users(admin).await?;
    let mut rows = Vec::new();
    for session in &sessions {
        let state = state(
            session,
            &users,
            is_revoked(admin, session).await?,
            admin.now,
        );
        if all || state == "active" {
            rows.push(view(session, state));
        }
    }
    Ok(Output::List {
        columns: LIST,
        rows,
    })
}

async fn is_revoked(admin: &Admin, session: &Session) -> Result<bool, AdminError> {
    let revocations = admin.store.revocations(&Scope::of(session)).await?;
    Ok(session.revoked_at.is_some() || revocations.iter().any(|r| r.covers(session)))
}

async fn revoke(admin: &Admin, arguments: RevokeArgs) -> Result<Output, AdminError> {
    let scope = match (&arguments.parent, &arguments.role) {
        (Some(parent), _) => Scope::Parent(parse_parent(parent)?),
        (None, Some(role)) => Scope::Role(role.clone()),
        (None, None) => return revoke_one(admin, &arguments.access_key.unwrap_or_default()).await,
    };
    if let Scope::Parent(Parent::User(access_key)) = &scope {
        user::find(admin, access_key.as_str()).await?;
    }
    revoke_scope(admin, &scope, &arguments.filter).await
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
    scope: &Scope,
    filter: &RevokeFilter,
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
        None => admin.now,
    };
    admin.store.revoke(scope, label.as_ref(), until).await?;
    let scope = match scope {
        Scope::Parent(parent) => parent.key(),
        Scope::Role(arn) => format!("role {arn}"),
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

async fn users(admin: &Admin) -> Result<Users, AdminError> {
    let users = admin.store.list_users().await?;
    Ok(users
        .into_iter()
        .map(|u| (u.access_key.clone(), u))
        .collect())
}

/// What a session is worth at that moment. `suspended` lasts as long as its user is disabled;
/// the user of an `orphaned` one is gone.
fn state(session: &Session, users: &Users, revoked: bool, now: UnixTime) -> &'static str {
    let user = match &session.parent {
        Parent::User(access_key) => Some(users.get(access_key)),
        Parent::Federated(_) => None,
    };
    let valid_after = user.flatten().and_then(|u| u.sessions_valid_after);
    let issued_before = |moment| session.issued_at < moment;
    if now >= session.expires_at {
        "expired"
    } else if revoked || valid_after.is_some_and(issued_before) {
        "revoked"
    } else {
        match user.map(|u| u.map(|u| u.status)) {
            Some(None) => "orphaned",
            Some(Some(Status::Disabled)) => "suspended",
            None | Some(Some(Status::Enabled)) => "active",
        }
    }
}

fn view(session: &Session, state: &str) -> Value {
    let details = &session.details;
    let tag = |t: &Tag| format!("{}={}", t.key(), t.value());
    json!({
        "access_key": session.access_key.as_str(),
        "parent": session.parent.key(),
        "who": who(session),
        "state": state,
        "issued_at": session.issued_at.iso8601(),
        "expires_at": session.expires_at.iso8601(),
        "revoked_at": session.revoked_at.map(UnixTime::iso8601),
        "role_arn": details.role_arn.as_ref().map(RoleArn::as_str),
        "session_name": details.role_session_name.as_ref().map(RoleSessionName::as_str),
        "session_policy": details.session_policy,
        "policy_arns": details.policy_arns.iter().map(PolicyName::as_str).collect::<Vec<_>>(),
        "tags": details.tags.iter().map(tag).collect::<Vec<_>>(),
        "source_identity": details.source_identity.as_ref().map(SourceIdentity::as_str),
        "revoke_type": details.revoke_type.as_ref().map(RevokeType::as_str),
        "claims": details.claims,
        "sealed_with": session.secret.kid(),
    })
}

#[cfg(test)]
mod tests {
    use shared::keys::Sealed;
    use shared::store::{IssueLimits, SessionDetails};

    use super::*;

    const NOW: UnixTime = UnixTime::from_secs(1_763_800_000);

    fn user(status: Status) -> User {
        User {
            access_key: AccessKeyId::parse("foobar").unwrap(),
            secret: Sealed::from_bytes(Vec::new()),
            status,
            policies: Vec::new(),
            groups: Vec::new(),
            max_session_seconds: None,
            limits: IssueLimits::default(),
            sessions_valid_after: Some(NOW.plus(-100)),
        }
    }

    fn session(issued: i64, expires: i64, revoked: Option<i64>) -> Session {
        Session {
            access_key: AccessKeyId::parse("ABC").unwrap(),
            secret: Sealed::from_bytes(Vec::new()),
            token_digest: [0; 32],
            parent: Parent::User(AccessKeyId::parse("foobar").unwrap()),
            issued_at: NOW.plus(issued),
            expires_at: NOW.plus(expires),
            revoked_at: revoked.map(|t| NOW.plus(t)),
            details: SessionDetails::default(),
        }
    }

    #[test]
    fn the_state_is_that_of_session_and_parent() {
        let (enabled, disabled) = (Some(Status::Enabled), Some(Status::Disabled));
        let cases = [
            (session(-100, 1, None), enabled, "active"),
            (session(-100, 0, None), enabled, "expired"),
            (session(-101, 1, None), enabled, "revoked"),
            (session(-1, 1, Some(0)), enabled, "revoked"),
            (session(-1, 1, None), disabled, "suspended"),
            (session(-1, 1, None), None, "orphaned"),
        ];
        for (session, status, expected) in cases {
            let users = status.map(user).map(|u| (u.access_key.clone(), u));
            let users = users.into_iter().collect();
            assert_eq!(
                state(&session, &users, session.revoked_at.is_some(), NOW),
                expected,
                "{session:?}"
            );
        }
    }

    #[test]
    fn a_federated_parent_has_no_user() {
        let session = Session {
            parent: Parent::Federated("custom:alice".to_owned()),
            ..session(-1, 1, None)
        };
        assert_eq!(state(&session, &Users::new(), false, NOW), "active");
    }
}
