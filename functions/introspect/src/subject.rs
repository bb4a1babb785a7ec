//! Whom the credentials that are asked about belong to.

use shared::auth::{AuthError, check_session, session_of_token};
use shared::call::Call;
use shared::caller::Caller;
use shared::model::AccessKeyId;
use shared::store::Status;

use crate::IntrospectStore;
use crate::error::IntrospectError;
use crate::request::IntrospectRequest;

/// The holder of credentials that may be used now; `None` for all others alike.
pub(crate) async fn find<S: IntrospectStore>(
    call: &Call<'_, S>,
    asked: &IntrospectRequest,
) -> Result<Option<Caller>, IntrospectError> {
    let Some(access_key) = &asked.access_key else {
        return Ok(None);
    };
    match &asked.token {
        None => user(call, access_key).await,
        Some(token) => match session(call, access_key, token).await {
            Ok(caller) => Ok(Some(caller)),
            Err(error @ (AuthError::Store(_) | AuthError::Seal(_))) => Err(error.into()),
            Err(_) => Ok(None),
        },
    }
}

async fn user<S: IntrospectStore>(
    call: &Call<'_, S>,
    access_key: &AccessKeyId,
) -> Result<Option<Caller>, IntrospectError> {
    let user = call.store.user(access_key).await?;
    Ok(user
        .filter(|user| user.status == Status::Enabled)
        .map(Caller::User))
}

async fn session<S: IntrospectStore>(
    call: &Call<'_, S>,
    access_key: &AccessKeyId,
    token: &str,
) -> Result<Caller, AuthError> {
    let session = session_of_token(call, access_key, token).await?;
    check_session(call.store, &session, call.now).await?;
    Ok(Caller::Session(Box::new(session)))
}
