//! The whole service of one test: engine, table, functions, gateway, and a client.

use std::time::Duration;

use shared::clock::UnixTime;
use shared::keys::KeyRing;
use shared::model::AccessKeyId;
use shared::store::dynamodb::DynamoStore;
use shared::store::{ReadSessions, Session};

use crate::client::{Client, Reply, Signer};
use crate::emulator::Emulator;
use crate::engine::Engine;
use crate::fault_proxy::FaultProxy;
use crate::kms::KmsServer;
use crate::process::binary;
use crate::table::Table;
use crate::template::Template;

/// The user of [`CONFIG`].
pub const USER: &str = "foobar";
/// The secret of [`USER`].
pub const SECRET: &str = "foo12345";
/// What the table holds unless a test says otherwise.
pub const CONFIG: &str = "
policies:
  - name: own-tags
    document:
      Version: 2012-10-17
      Statement:
        - {Effect: Allow, Action: ['sts:TagSession', 'sts:SetSourceIdentity'], Resource: '*'}
users:
  - access_key: foobar
    secret: foo12345
    policies: [readwrite, own-tags]
";
/// How long a function may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The version that every request names.
pub const VERSION: (&str, &str) = ("Version", "2011-06-15");

/// The functions that serve one action each, and its name, which is the path behind `/`.
pub const FUNCTIONS: [(&str, &str); 6] = [
    ("assume-role", "AssumeRole"),
    (
        "assume-role-with-client-grants",
        "AssumeRoleWithClientGrants",
    ),
    ("assume-role-with-custom-token", "AssumeRoleWithCustomToken"),
    ("assume-role-with-web-identity", "AssumeRoleWithWebIdentity"),
    ("get-caller-identity", "GetCallerIdentity"),
    ("revoke-session", "RevokeSession"),
];

/// Signs as [`USER`].
pub fn user() -> Signer {
    Signer::new(USER, SECRET, None)
}

/// Collects what a service is made of; [`Builder::start`] does it.
#[derive(Debug)]
pub struct Builder {
    config: String,
    env: Vec<(String, String)>,
    processes: usize,
    engine: Option<String>,
    kms: bool,
}

impl Builder {
    /// Has KMS wrap the keys in place of a key file.
    #[must_use]
    pub fn kms(mut self) -> Self {
        self.kms = true;
        self
    }

    /// What `sts-admin apply` gets. Default: [`CONFIG`].
    #[must_use]
    pub fn config(mut self, yaml: &str) -> Self {
        yaml.clone_into(&mut self.config);
        self
    }

    /// Has a user, [`USER`], whose one policy is this list of statements.
    #[must_use]
    pub fn statements(self, list: &str) -> Self {
        self.config(&format!(
            "
policies:
  - name: rule
    document: {{Version: 2012-10-17, Statement: {list}}}
users:
  - {{access_key: {USER}, secret: {SECRET}, policies: [rule]}}
"
        ))
    }

    /// Sets a variable for the functions.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// How many processes each function may have. Default: one.
    #[must_use]
    pub fn processes(mut self, count: usize) -> Self {
        self.processes = count;
        self
    }

    /// Uses the engine at `url` in place of one in memory.
    #[must_use]
    pub fn engine(mut self, url: &str) -> Self {
        self.engine = Some(url.to_owned());
        self
    }

    /// Starts everything. No process of a function starts before the first request.
    ///
    /// # Panics
    ///
    /// When something does not start, or `sts-admin` refuses the configuration.
    pub async fn start(self) -> TestSts {
        let engine = match &self.engine {
            Some(url) => Engine::at(url),
            None => Engine::memory().await,
        };
        let kms = if self.kms {
            Some(TestKms::start().await)
        } else {
            None
        };
        let table = match &kms {
            None => Table::create(&engine.url, &engine.table).await,
            Some(kms) => Table::create_with_kms(&engine.url, &engine.table, &kms.server).await,
        };
        table.apply(&self.config).await;
        let proxy = FaultProxy::start(&engine.url).await;
        let environment = |function: &str| {
            let mut env = table.env(&proxy.url_of(function));
            if let Some(kms) = &kms {
                let endpoint = kms.proxy.url_of(function);
                env.push(("AWS_ENDPOINT_URL_KMS".to_owned(), endpoint));
            }
            env.extend(self.env.iter().cloned());
            env
        };
        let emulator = emulator(environment, self.processes).await;
        TestSts {
            client: Client::new(emulator.url()),
            emulator,
            proxy,
            table,
            kms,
            _engine: engine,
        }
    }
}

/// KMS, and a proxy between it and the functions.
#[derive(Debug)]
pub struct TestKms {
    /// The service, past the proxy.
    pub server: KmsServer,
    /// Stands between the functions and the service.
    pub proxy: FaultProxy,
}

impl TestKms {
    /// Starts both.
    ///
    /// # Panics
    ///
    /// When one does not start.
    pub async fn start() -> Self {
        let server = KmsServer::start().await;
        let proxy = FaultProxy::start(&server.url).await;
        Self { server, proxy }
    }
}

/// A running service.
#[derive(Debug)]
pub struct TestSts {
    /// Sends requests to it.
    pub client: Client,
    /// Runs the functions.
    pub emulator: Emulator,
    /// Stands between the functions and the engine.
    pub proxy: FaultProxy,
    /// The table, reached past the proxy.
    pub table: Table,
    kms: Option<TestKms>,
    _engine: Engine,
}

impl TestSts {
    /// A service to be described.
    pub fn builder() -> Builder {
        Builder {
            config: CONFIG.to_owned(),
            env: Vec::new(),
            processes: 1,
            engine: None,
            kms: false,
        }
    }

    /// The service that most tests need.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// `AssumeRole` by [`USER`], signed, with these parameters besides `Action` and `Version`.
    pub async fn assume_role(&self, parameters: &[(&str, &str)]) -> Reply {
        self.assume_role_as(&user(), parameters).await
    }

    /// `AssumeRole` by whomever `signer` signs for.
    pub async fn assume_role_as(&self, signer: &Signer, parameters: &[(&str, &str)]) -> Reply {
        self.call_as(signer, "AssumeRole", parameters).await
    }

    /// A call of an action by whomever `signer` signs for, its parameters in the form body.
    pub async fn call_as(&self, signer: &Signer, name: &str, parameters: &[(&str, &str)]) -> Reply {
        let request = self.client.form("/", &action(name, parameters));
        self.client.send(signer.sign(request)).await
    }

    /// An unsigned call of `action`, its parameters in the form body.
    pub async fn call(&self, name: &str, parameters: &[(&str, &str)]) -> Reply {
        let request = self.client.form("/", &action(name, parameters));
        self.client.send(request).await
    }

    /// Shows a token to the plugin behind `role`, with these parameters besides.
    pub async fn show(&self, token: &str, role: &str, parameters: &[(&str, &str)]) -> Reply {
        let own = [("Token", token), ("RoleArn", role)];
        let parameters = [&own[..], parameters].concat();
        self.call("AssumeRoleWithCustomToken", &parameters).await
    }

    /// A function beside the service, on its table: it answers every request.
    pub async fn beside(&self, function: &str, variables: &[(&str, &str)]) -> Emulator {
        let env = self.table.env(&self.proxy.url_of(function));
        let env: Vec<_> = pairs(&env).chain(variables.iter().copied()).collect();
        Emulator::builder()
            .timeout(TIMEOUT)
            .function(function, &binary(function), &env)
            .route("$default", function)
            .start()
            .await
    }

    /// Credentials of a new session, made by [`USER`].
    ///
    /// # Panics
    ///
    /// When the service refuses.
    pub async fn session(&self) -> Credentials {
        Credentials::of(&self.assume_role(&[]).await)
    }

    /// The stored session of these credentials.
    ///
    /// # Panics
    ///
    /// When it cannot be read.
    pub async fn stored(&self, access_key: &str) -> Option<Session> {
        let access_key = AccessKeyId::parse(access_key).expect("an access key");
        let session = self.store().session(&access_key).await;
        session.expect("a readable table")
    }

    /// The table, past the proxy.
    pub fn store(&self) -> DynamoStore {
        self.table.store()
    }

    /// The keys of the service.
    pub async fn keys(&self) -> KeyRing {
        self.table.keys().await
    }

    /// What wraps the keys.
    ///
    /// # Panics
    ///
    /// When it is a key file.
    pub fn kms(&mut self) -> &mut TestKms {
        self.kms.as_mut().expect("a service with KMS")
    }

    /// How many sessions and other new items were written.
    pub fn writes(&self) -> usize {
        let operations = self.proxy.operations();
        operations.iter().filter(|it| it.name == "PutItem").count()
    }

    /// The names of the operations that reached the table since the last look.
    pub fn take_operations(&self) -> Vec<String> {
        let operations = self.proxy.operations();
        self.proxy.clear();
        operations.into_iter().map(|it| it.name).collect()
    }
}

/// Credentials as a reply shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The access key id.
    pub access_key: String,
    /// The secret access key.
    pub secret: String,
    /// The session token.
    pub token: String,
    /// When they end.
    pub expiration: UnixTime,
}

impl Credentials {
    /// The credentials of a successful reply.
    ///
    /// # Panics
    ///
    /// When there are none.
    pub fn of(reply: &Reply) -> Self {
        let field = |name| {
            let value = reply.field(name);
            value.unwrap_or_else(|| panic!("{name} in {}", reply.text()))
        };
        let expiration = UnixTime::parse_iso8601(&field("Expiration"));
        Self {
            access_key: field("AccessKeyId"),
            secret: field("SecretAccessKey"),
            token: field("SessionToken"),
            expiration: expiration.expect("a date of the one form"),
        }
    }

    /// Signs with them.
    pub fn signer(&self) -> Signer {
        Signer::new(&self.access_key, &self.secret, Some(&self.token))
    }
}

/// Parameters with `Action` and `Version` in front.
pub fn action<'a>(name: &'a str, parameters: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&[("Action", name), VERSION], parameters].concat()
}

/// The functions and routes of `template.yaml`.
async fn emulator(
    environment: impl Fn(&str) -> Vec<(String, String)>,
    processes: usize,
) -> Emulator {
    let mut builder = Emulator::builder().processes(processes).timeout(TIMEOUT);
    for (name, function) in Template::get().functions() {
        let env = environment(name);
        let env: Vec<_> = pairs(&env).collect();
        builder = builder.function(name, &binary(name), &env);
        for route in &function.routes {
            builder = builder.route(route, name);
        }
    }
    builder.start().await
}

fn pairs(env: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    env.iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
}
