//! An identity plugin that answers whatever it is told to.

use serde_json::json;
use shared::model::{IdKind, PolicyName, RoleArn, UniqueId};
use shared::random::OsRandom;
use shared::store::IdentityPlugin;

pub use crate::responder::{Answer, Received};

use crate::responder::Responder;

const PATH: &str = "/plugin";

/// The role that [`Plugin::entry`] gives a plugin.
pub const ROLE: &str = "arn:minio:iam:::role/idmp-test";

impl Answer {
    /// The plugin vouches for `user` for so many seconds.
    pub fn vouch(user: &str, seconds: u32) -> Self {
        Self::json(200, &json!({"user": user, "maxValiditySeconds": seconds}))
    }
}

/// A plugin that runs until it is dropped.
#[derive(Debug)]
pub struct Plugin {
    /// Where it listens, with a path and a query.
    pub url: String,
    server: Responder,
}

impl Plugin {
    /// A plugin with its first answer.
    pub async fn start(answer: Answer) -> Self {
        let server = Responder::start().await;
        server.answer(PATH, answer);
        Self {
            url: format!("http://{}{PATH}?site=eu", server.address),
            server,
        }
    }

    /// A plugin that vouches for Alice, for an hour.
    pub async fn for_alice() -> Self {
        Self::start(Answer::vouch("Alice", 3600)).await
    }

    /// What `sts-admin apply` gets for it: the plugin `test` with this policy and further
    /// settings.
    pub fn entry(&self, policy: &str, more: &str) -> String {
        self.entry_of("test", policy, more)
    }

    /// The same for a plugin of this name, and a role of this id.
    pub fn entry_of(&self, name: &str, policy: &str, more: &str) -> String {
        let url = &self.url;
        format!(
            "{{name: {name}, url: '{url}', role_id: {name}, role_policies: [{policy}], {more}}}"
        )
    }

    /// What the table holds of a plugin with a role of any name, which `sts-admin` would not
    /// make.
    ///
    /// # Panics
    ///
    /// When a name is none.
    pub fn with_role(&self, arn: &str, policy: &str) -> IdentityPlugin {
        let role = RoleArn::parse(arn).expect("a role's ARN");
        IdentityPlugin {
            id: UniqueId::generate(IdKind::Role, &OsRandom).ok(),
            policies: vec![PolicyName::parse(policy).expect("a policy's name")],
            ..IdentityPlugin::new(arn.to_owned(), role, self.url.clone())
        }
    }

    /// Changes the answer to all further requests.
    pub fn answer(&self, answer: Answer) {
        self.server.answer(PATH, answer);
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Received> {
        self.server.requests()
    }

    /// How many connections were opened so far.
    pub fn connections(&self) -> usize {
        self.server.connections()
    }
}
