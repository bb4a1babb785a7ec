//! `AssumeRoleWithCustomToken` with a plugin that answers as it is told.

mod issuing;
mod plugin;
mod refusals;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::store::{ManagePlugins, Role};
use tests::client::Reply;
use tests::plugin::{Plugin, ROLE};
use tests::sts::{Builder, TestSts};

use crate::damage::damage;

const ACTION: &str = "AssumeRoleWithCustomToken";
const TOKEN: &str = "tok-marker/+=";

/// The service, and the plugin behind [`ROLE`].
struct Setup {
    sts: TestSts,
    plugin: Plugin,
}

/// An attribute of a role's item.
type Attribute<'a> = (&'a str, AttributeValue);

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

impl Setup {
    /// A plugin that vouches for Alice.
    async fn start() -> Self {
        Self::with(TestSts::builder()).await
    }

    async fn with(builder: Builder) -> Self {
        let plugin = Plugin::for_alice().await;
        let sts = builder.start().await;
        let setup = Self { sts, plugin };
        setup.put_role(ROLE, &[]).await;
        setup
    }

    /// Stores a role of the plugin.
    async fn put_role(&self, arn: &str, changes: &[Attribute<'_>]) {
        let role = self.plugin.with_role(arn, "readwrite");
        self.sts.store().create_plugin(&role).await.unwrap();
        for (name, value) in changes {
            let item = Role::item_key(arn);
            damage(&self.sts.table, &item, name, Some(value.clone())).await;
        }
    }

    /// Shows [`TOKEN`] for [`ROLE`], with these parameters besides.
    async fn exchange(&self, parameters: &[(&str, &str)]) -> Reply {
        self.exchange_for(ROLE, parameters).await
    }

    async fn exchange_for(&self, role: &str, parameters: &[(&str, &str)]) -> Reply {
        self.sts.show(TOKEN, role, parameters).await
    }
}
