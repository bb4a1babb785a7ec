//! The reply as XML.

use shared::auth::Caller;
use shared::session::{AssumedRole, NO_ACCOUNT};
use shared::wire::success_document;

use crate::NAME;

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
                    role_arn: session.details.role_arn.as_ref(),
                    session_name: session.details.role_session_name.as_ref(),
                };
                Self {
                    user_id: role.id(),
                    arn: role.arn(),
                }
            }
        }
    }

    pub(crate) fn to_xml(&self, request_id: &str) -> String {
        success_document(NAME, request_id, |result| {
            result.text("Arn", &self.arn);
            result.text("UserId", &self.user_id);
            result.text("Account", self.arn.split(':').nth(4).unwrap_or(NO_ACCOUNT));
        })
    }
}
