//! `AssumeRoleWithWebIdentity`: temporary credentials for the bearer of an identity token.
//!
//! The action is one of two names of the same thing, [`shared::token_exchange`]. The request
//! is not signed: the token, verified with its provider's keys, is the proof.

use shared::http::{Action, Methods, Proof};
use shared::token_exchange::{ExchangeStore, Names, handle};

/// The action's name on the wire.
pub const NAME: &str = "AssumeRoleWithWebIdentity";

static NAMES: Names = Names {
    action: NAME,
    token: "webIdentityToken",
    subject: "SubjectFromWebIdentityToken",
    max_token: 20_000,
};

/// The action over a store.
pub const fn action<S: ExchangeStore>() -> Action<S> {
    Action {
        name: NAME,
        methods: Methods::Post,
        audited: Some(Proof::IdentityToken),
        handle: |call, invocation| Box::pin(handle(&NAMES, call, invocation)),
    }
}
