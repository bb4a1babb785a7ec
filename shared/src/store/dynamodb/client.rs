//! How the SDK client is built: no configuration files, no credential chain.

use std::fmt;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedHttpClient};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use zeroize::Zeroizing;

/// Credentials for the table, as Lambda puts them into the environment.
#[derive(Clone)]
pub struct Credentials {
    /// Access key id.
    pub access_key_id: String,
    /// Secret access key.
    pub secret_access_key: Zeroizing<String>,
    /// Session token of a function's role.
    pub session_token: Option<Zeroizing<String>>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.access_key_id)
    }
}

/// Where the table is.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The region; it also signs requests to a local engine.
    pub region: String,
    /// An endpoint other than the region's, for local engines.
    pub endpoint: Option<String>,
    /// Who reads and writes.
    pub credentials: Credentials,
}

impl Connection {
    /// A client with short time-outs and the standard retries.
    ///
    /// A call to a serverless function has seconds, not minutes: three attempts of at most
    /// two seconds each, then the caller is told to come again.
    pub fn client(&self) -> Client {
        let credentials = aws_credential_types::Credentials::new(
            &self.credentials.access_key_id,
            self.credentials.secret_access_key.as_str(),
            self.credentials
                .session_token
                .as_ref()
                .map(|t| t.as_str().to_owned()),
            None,
            "environment",
        );
        let mut config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(credentials)
            .http_client(http_client(self.endpoint.as_deref()))
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(1))
                    .operation_attempt_timeout(Duration::from_secs(2))
                    .operation_timeout(Duration::from_secs(7))
                    .build(),
            );
        config.set_endpoint_url(self.endpoint.clone());
        Client::from_conf(config.build())
    }
}

/// A local engine speaks plain HTTP, for which loading the trust store would be wasted.
fn http_client(endpoint: Option<&str>) -> SharedHttpClient {
    let builder = aws_smithy_http_client::Builder::new();
    if endpoint.is_some_and(|e| e.starts_with("http://")) {
        builder.build_http()
    } else {
        builder
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https()
    }
}
