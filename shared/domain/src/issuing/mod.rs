//! The one door through which credentials leave.
//!
//! A policy may deny a session, the token that opens it may have been used before, and a limit
//! may put it off. Whatever can be decided without a write is decided first, and nothing counts
//! before a token for one use is known to be fresh. Only what has passed everything is stored,
//! in one conditional write, and the audit trail gets what it has to know.

mod attempts;

use clock::UnixTime;
use model::AccessKeyId;
use policy::{Context, Layer};
use store::{Count, Counter, CreateSessions, IssueLimits, StoreError, TakePlaces, UsedTokens};

use crate::call::Call;
use crate::permissions::{PermissionError, Permissions};
use crate::record::{Audit, Record};
use crate::session::{Credentials, MintError, NewSession, Prepared, prepare};

pub use attempts::{Attempt, TooManyAttempts};

/// How often a place is asked for while others take places at the same moment.
const PLACE_ATTEMPTS: usize = 4;

/// What issuing needs of the store.
pub trait IssueStore: CreateSessions + UsedTokens + Count + TakePlaces {}

impl<S: CreateSessions + UsedTokens + Count + TakePlaces> IssueStore for S {}

/// No session is issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// As many sessions as there may be at once have not expired yet.
    #[error("the limit of live sessions is reached")]
    LiveSessions,
    /// The credentials could not be made.
    #[error(transparent)]
    Mint(#[from] MintError),
    /// A policy denies it, or the policies cannot be had.
    #[error(transparent)]
    Permissions(#[from] PermissionError),
    /// As many sessions as a minute may have are issued.
    #[error("the limit of sessions a minute is reached")]
    Rate,
    /// The token has opened a session before.
    #[error("the token has been used before")]
    Replayed,
    /// What counts could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A token that opens one session and no other.
#[derive(Debug)]
pub struct SingleUse {
    /// The issuer whose token it is.
    pub issuer: String,
    /// What tells it from the issuer's other tokens (RFC 7519 section 4.1.7).
    pub token_id: String,
    /// When it is not accepted any more.
    pub until: UnixTime,
}

/// Limits, and the name of what they are counted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// The limits.
    pub limits: IssueLimits,
    /// The user, role or provider that has them.
    pub holder: String,
}

/// A session that somebody asks for.
#[derive(Debug)]
pub struct Issuing {
    /// The actions that issue it, as `AssumeRole`; to deny one of them is to deny the session.
    pub actions: &'static [&'static str],
    /// The policies that it will have at first.
    pub permissions: Permissions,
    /// What policies may know of the request.
    pub context: Context,
    /// The token that opens it, if it opens no other. What a limit refuses afterwards has used
    /// it up as well.
    pub single_use: Option<SingleUse>,
    /// How much may be issued.
    pub quota: Quota,
    /// The session.
    pub new: NewSession,
}

/// A session that may be issued.
#[derive(Debug)]
pub struct Authorized {
    prepared: Prepared,
    audit: Audit,
}

impl Issuing {
    /// Lets the session be issued unless a policy denies it, its token was used before or a
    /// limit is reached.
    pub async fn authorize<S: IssueStore>(
        self,
        call: &Call<'_, S>,
    ) -> Result<Authorized, IssueError> {
        let Self {
            actions,
            permissions,
            context,
            single_use,
            quota,
            new,
        } = self;
        permissions.may_issue(actions, &new, context)?;
        let attached = permissions.policies();
        let policies = attached
            .filter(|(layer, _)| *layer == Layer::Identity)
            .map(|(_, name)| name.to_owned());
        let audit = audit_of(&new, policies.collect());
        let place = Place {
            holder: format!("{}#{}", quota.holder, new.parent.key()),
            until: call.now.plus(i64::from(new.duration.secs())),
        };
        let prepared = prepare(call, new)?;
        // What comes before can be tried again with the same token, what follows cannot.
        use_once(call.store, single_use, prepared.access_key()).await?;
        take_quota(call.store, &quota, &place, call.now).await?;
        Ok(Authorized { prepared, audit })
    }
}

impl Authorized {
    /// Stores the session and notes it for the audit trail.
    pub async fn mint<S: CreateSessions>(
        self,
        store: &S,
        record: &mut Record,
    ) -> Result<Credentials, IssueError> {
        record.audit = self.audit;
        let credentials = self.prepared.store(store).await?;
        record.session = Some(credentials.access_key_id.to_string());
        Ok(credentials)
    }
}

/// What the audit trail keeps of a session with these policies, about to be issued.
fn audit_of(new: &NewSession, policies: Vec<String>) -> Audit {
    let asked = &new.asked;
    let identity = asked.source_identity.as_ref();
    Audit {
        parent: Some(new.parent.key()),
        role_arn: new.authority.role_arn().map(ToString::to_string),
        role_session_name: asked.role_session_name.as_ref().map(ToString::to_string),
        source_identity: identity.map(|identity| identity.as_str().to_owned()),
        duration_seconds: Some(new.duration.secs()),
        policies,
        policy_arns: asked.policy_arns.iter().map(ToString::to_string).collect(),
        session_policy: Some(asked.session_policy.is_some()),
        revoked: None,
        revoke_type: asked.revoke_type.as_ref().map(ToString::to_string),
    }
}

/// A place among the sessions that may be live at once.
struct Place {
    holder: String,
    until: UnixTime,
}

/// Refuses a token that has opened a session before.
async fn use_once<S: UsedTokens>(
    store: &S,
    single_use: Option<SingleUse>,
    session: &AccessKeyId,
) -> Result<(), IssueError> {
    let Some(token) = single_use else {
        return Ok(());
    };
    let name = (token.issuer.as_str(), token.token_id.as_str());
    let used = store.use_token(name, session, token.until);
    used.await.map_err(|error| match error {
        StoreError::Conflict => IssueError::Replayed,
        error => error.into(),
    })
}

/// Counts the session and takes a place for it, or does neither.
async fn take_quota<S: Count + TakePlaces>(
    store: &S,
    quota: &Quota,
    place: &Place,
    now: UnixTime,
) -> Result<(), IssueError> {
    let counter = count(store, quota, now).await?;
    let result = take_place(store, quota, place, now).await;
    // What nobody gets must not use up what others may have.
    if let (Err(_), Some(counter)) = (&result, &counter) {
        take_back(store, counter).await;
    }
    result
}

/// Counts the session, if there is a limit to how many a minute may have.
async fn count<S: Count>(
    store: &S,
    quota: &Quota,
    now: UnixTime,
) -> Result<Option<Counter>, IssueError> {
    let Some(limit) = quota.limits.issue_per_minute else {
        return Ok(None);
    };
    let counter = Counter::of("issued", &quota.holder, now);
    if store.count(&counter, limit).await? {
        Ok(Some(counter))
    } else {
        Err(IssueError::Rate)
    }
}

/// Takes one back that was counted. A counter that cannot be written is not a reason to tell
/// the caller something else.
async fn take_back<S: Count>(store: &S, counter: &Counter) {
    if let Err(error) = store.take_back(counter).await {
        tracing::warn!(%error, "a counter could not be taken back");
    }
}

/// Takes a place until the session expires, if there is a limit to how many may be live.
async fn take_place<S: TakePlaces>(
    store: &S,
    quota: &Quota,
    Place { holder, until }: &Place,
    now: UnixTime,
) -> Result<(), IssueError> {
    let Some(limit) = quota.limits.max_live_sessions else {
        return Ok(());
    };
    for _ in 0..PLACE_ATTEMPTS {
        match store.take_place(holder, limit, now, *until).await {
            Ok(true) => return Ok(()),
            Ok(false) => return Err(IssueError::LiveSessions),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(IssueError::Rate)
}
