//! An identity plugin that answers whatever it is told to.

use serde_json::json;

pub use crate::responder::{Answer, Received};

use crate::responder::Responder;

const PATH: &str = "/plugin";

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
