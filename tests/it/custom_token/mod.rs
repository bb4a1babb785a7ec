//! `AssumeRoleWithCustomToken` with a plugin that answers as it is told.

mod issuing;
mod plugin;
mod refusals;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::store::IdentityPlugin;
use tests::client::Reply;
use tests::plugin::{Answer, Plugin};
use tests::sts::{Builder, TestSts};

const ACTION: &str = "AssumeRoleWithCustomToken";
const ROLE: &str = "arn:minio:iam:::role/idmp-test";
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
        Self::with(TestSts::builder(), &[]).await
    }

    /// The same, but with these attributes of the role's item changed.
    async fn with(builder: Builder, changes: &[Attribute<'_>]) -> Self {
        let plugin = Plugin::start(Answer::vouch("Alice", 3600)).await;
        let sts = builder.start().await;
        let setup = Self { sts, plugin };
        setup.put_role(ROLE, changes).await;
        setup
    }

    /// Stores a role of the plugin.
    async fn put_role(&self, arn: &str, changes: &[Attribute<'_>]) {
        let policies = AttributeValue::L(vec![text("readwrite")]);
        let client = self.sts.table.connection().client();
        let mut put = client
            .put_item()
            .table_name(&self.sts.table.name)
            .item("pk", text(&IdentityPlugin::item_key(arn)))
            .item("kind", text("plugin"))
            .item("id", text("AROAAAAAAAAAAAAAAAAAA"))
            .item("name", text(arn))
            .item("role_arn", text(arn))
            .item("url", text(&self.plugin.url))
            .item("policies", policies)
            .item("status", text("enabled"))
            .item("token_in", text("query"))
            .item("allow_http", AttributeValue::Bool(false));
        for (name, value) in changes {
            put = put.item(*name, value.clone());
        }
        put.send().await.unwrap();
    }

    /// Shows [`TOKEN`] for [`ROLE`], with these parameters besides.
    async fn exchange(&self, parameters: &[(&str, &str)]) -> Reply {
        self.exchange_for(ROLE, parameters).await
    }

    async fn exchange_for(&self, role: &str, parameters: &[(&str, &str)]) -> Reply {
        let own = [("Token", TOKEN), ("RoleArn", role)];
        self.sts
            .call(ACTION, &[&own[..], parameters].concat())
            .await
    }

    /// How many sessions were written.
    fn writes(&self) -> usize {
        let operations = self.sts.proxy.operations();
        operations.iter().filter(|it| it.name == "PutItem").count()
    }
}
