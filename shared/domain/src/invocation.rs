//! One call of one action.

use sigv4::{Payload, Rules};

use crate::auth::{self, AuthError, AuthStore};
use crate::call::Call;
use crate::caller::Caller;
use crate::record::Record;
use crate::request::Request;
use crate::wire::Api;

/// One call of one action: the request, and what will be told of it.
#[derive(Debug)]
pub struct Invocation<'a> {
    /// The API that the action belongs to.
    pub api: &'static Api,
    /// The request.
    pub request: &'a Request,
    /// What the log will say.
    pub record: &'a mut Record,
}

impl Invocation<'_> {
    /// Verifies the request's signature.
    pub async fn authenticate<S: AuthStore>(
        &mut self,
        call: &Call<'_, S>,
    ) -> Result<Caller, AuthError> {
        authenticate(call, self.api, self.request, self.record).await
    }
}

/// Verifies the signature of a request to an API of this service, and notes who signed.
pub async fn authenticate<S: AuthStore>(
    call: &Call<'_, S>,
    api: &Api,
    request: &Request,
    record: &mut Record,
) -> Result<Caller, AuthError> {
    let mut headers = Vec::new();
    let parts = request.signed_parts(&mut headers);
    let regions = auth::regions(&call.settings.regions);
    let rules = Rules::of_service(api.service, regions);
    if request.query.contains('+') {
        // What is wrong with the signature by itself is told first.
        sigv4::parse(&parts, &rules, call.now)?;
        return Err(AuthError::AmbiguousQuery);
    }
    let payload = Payload::Bytes(&request.body);
    let authenticated = auth::authenticate(call, &parts, &rules, payload).await?;
    let caller = authenticated.caller;
    record.note_caller(&caller);
    Ok(caller)
}
