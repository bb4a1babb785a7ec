//! The reply's result.

use shared::caller::Caller;
use shared::model::NO_ACCOUNT;
use shared::session::AssumedRole;
use shared::wire::ActionResult;

/// A caller in AWS's words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CallerIdentity {
    user_id: String,
    arn: String,
}

impl CallerIdentity {
    pub(crate) fn of(caller: &Caller) -> Self {
        match caller {
            Caller::User(user) => Self {
                user_id: user.access_key.to_string(),
                arn: format!("arn:aws:iam::{NO_ACCOUNT}:user/{}", user.access_key),
            },
            Caller::Session(session) => {
                let role = AssumedRole {
                    parent: session.parent.name(),
                    role_arn: session.role_arn(),
                    session_name: session.asked.role_session_name.as_ref(),
                };
                Self {
                    user_id: role.id(),
                    arn: role.arn(),
                }
            }
        }
    }

    pub(crate) fn into_result(self) -> ActionResult {
        ActionResult::new(|result| {
            result.text("Arn", &self.arn);
            result.text("UserId", &self.user_id);
            result.text("Account", self.arn.split(':').nth(4).unwrap_or(NO_ACCOUNT));
        })
    }
}
