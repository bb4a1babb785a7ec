//! `AssumeRoleWithWebIdentity`: temporary credentials for the bearer of an identity token.
//!
//! The action is one of two names of the same thing, [`shared::federation::openid`]. The request
//! is not signed: the token, verified with its provider's keys, is the proof.

use shared::federation::openid::{ExchangeStore, Names, handle};
use shared::record::Proof;
use shared::service::{Action, Methods};
use shared::wire::Api;

/// The action's name on the wire.
pub const NAME: &str = "AssumeRoleWithWebIdentity";

static NAMES: Names = Names {
    token: "webIdentityToken",
    subject: "SubjectFromWebIdentityToken",
    max_token: 20_000,
};

/// The action over a store.
pub const fn action<S: ExchangeStore>() -> Action<S> {
    Action {
        api: &Api::STS,
        name: NAME,
        methods: Methods::Post,
        audited: Some(Proof::IdentityToken),
        handle: |call, parameters, invocation| {
            Box::pin(handle(&NAMES, call, parameters, invocation))
        },
    }
}
