//! For guards of data: who signed a request, and may they do what they ask?
//!
//! A guard is an API's authorizer, an S3 gateway, or this service's own introspection. It
//! verifies header and presigned signatures of Signature Version 4 with users' keys and with
//! temporary credentials; Signature Version 2 is refused.

mod refusal;

use std::sync::Arc;

use clock::UnixTime;
use model::SecretAccessKey;
use policy::Asked;
use s3::Moments;
use sigv4::{Payload, Request, Rules, SignedPayload};
use store::{CachedStore, ReadService};

use crate::auth;
use crate::call::Call;
use crate::caller::Caller;
use crate::permissions::{PermissionStore, Rights, Verdict};
use crate::resources::{Deps, Resources, State};

pub use refusal::{Refusal, S3Code};

/// What a guard's store must be able to do: read, and nothing else.
pub trait GuardStore: auth::AuthStore + PermissionStore + ReadService + std::fmt::Debug {}

impl<S: auth::AuthStore + PermissionStore + ReadService + std::fmt::Debug> GuardStore for S {}

/// Verifies requests and decides about them, with a memory of a few seconds.
#[derive(Debug)]
pub struct Guard<S> {
    resources: Resources<CachedStore<S>>,
}

/// A verified request.
#[derive(Debug)]
pub struct Verified {
    /// Who signed it.
    pub caller: Caller,
    /// What the signature says of the body. Whoever reads the body has to hold it to that.
    pub payload: SignedPayload<'static>,
    /// When it was signed, and verified.
    pub moments: Moments,
}

impl<S: GuardStore> Guard<S> {
    /// A guard that remembers what it reads for `deps.policy_seconds`, which bounds how long a
    /// revoked session lives on; with 0 it reads every time.
    pub fn new(deps: Deps<S>) -> Self {
        let max_age = deps.policy_seconds;
        let store = CachedStore::new(deps.store, deps.clock.clone(), max_age);
        let deps = Deps {
            store,
            keys: deps.keys,
            clock: deps.clock,
            random: deps.random,
            policy_seconds: max_age,
        };
        Self {
            resources: Resources::new(deps),
        }
    }

    /// Reads keys and settings ahead of the first request.
    pub async fn warm_up(&self) -> Result<(), Refusal> {
        self.resources.state(self.resources.now()).await?;
        Ok(())
    }

    /// The resources behind the guard.
    pub const fn resources(&self) -> &Resources<CachedStore<S>> {
        &self.resources
    }

    /// Looks at one request. Everything about it is decided at one moment, with the keys and
    /// settings of that moment.
    pub async fn watch(&self) -> Result<Watch<'_, S>, Refusal> {
        let now = self.resources.now();
        let state = self.resources.state(now).await?;
        Ok(Watch {
            resources: &self.resources,
            state,
            now,
        })
    }
}

/// A guard at the moment of one request. One that is kept for further requests would judge them
/// by that moment: keys, settings and time would stand still.
#[derive(Debug)]
pub struct Watch<'a, S> {
    resources: &'a Resources<CachedStore<S>>,
    state: Arc<State>,
    now: UnixTime,
}

impl<S: GuardStore> Watch<'_, S> {
    /// The rules for requests to a service of that name, in the regions of the settings.
    pub fn rules(&self, service: &str) -> Rules {
        let regions = auth::regions(&self.call().settings.regions);
        Rules::of_service(service.to_owned(), regions)
    }

    /// Verifies a request's signature and that its caller may still sign.
    pub async fn verify(
        &self,
        request: &Request<'_>,
        rules: &Rules,
        payload: Payload<'_>,
    ) -> Result<Verified, Refusal> {
        let auth::Authenticated {
            caller,
            payload,
            signed_at,
        } = auth::authenticate(&self.call(), request, rules, payload).await?;
        Ok(Verified {
            caller,
            payload,
            moments: Moments {
                signed_at,
                now: self.now,
            },
        })
    }

    /// Decides whether the caller may do all of `asked`; the first that is not allowed is the
    /// answer.
    pub async fn decide(&self, caller: &Caller, asked: &[Asked<'_>]) -> Result<Verdict, Refusal> {
        let rights = self.rights(caller).await?;
        let verdict = rights.decide_all(asked).await;
        verdict.ok_or(Refusal::NothingAsked)
    }

    /// What the caller may do now, for several decisions about one request.
    pub async fn rights(&self, caller: &Caller) -> Result<Rights, Refusal> {
        Ok(Rights::of(&self.call(), caller).await?)
    }

    /// The secret of a verified caller, for a store's own code that verifies the chunks of a
    /// body. Keep it no longer than the request.
    pub fn secret(&self, caller: &Caller) -> Result<SecretAccessKey, Refusal> {
        Ok(auth::secret_of(self.call().keys, caller)?)
    }

    fn call(&self) -> Call<'_, CachedStore<S>> {
        self.resources.call(&self.state, self.now)
    }
}
