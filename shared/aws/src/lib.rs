//! What the clients of all AWS services have in common: no configuration files, no credential chain.

#[cfg(feature = "dynamodb")]
pub mod dynamodb;
#[cfg(feature = "kms")]
pub mod kms;

use std::fmt;
use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::sdk_config::{RetryConfig, SharedHttpClient, TimeoutConfig};
use zeroize::Zeroizing;

/// Credentials of a role, as Lambda puts them into the environment.
#[derive(Clone)]
pub struct Credentials {
    /// Access key id.
    pub access_key_id: String,
    /// Secret access key.
    pub secret_access_key: Zeroizing<String>,
    /// Session token of a function's role.
    pub session_token: Option<Zeroizing<String>>,
}

impl Credentials {
    fn provider(&self) -> SharedCredentialsProvider {
        let token = self.session_token.as_ref().map(|t| t.as_str().to_owned());
        SharedCredentialsProvider::new(aws_credential_types::Credentials::new(
            &self.access_key_id,
            self.secret_access_key.as_str(),
            token,
            None,
            "environment",
        ))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.access_key_id)
    }
}

/// Where a service is, and who calls it.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The region; it also signs requests to a local endpoint.
    pub region: String,
    /// An endpoint other than the region's, for local engines.
    pub endpoint: Option<String>,
    /// Who calls.
    pub credentials: Credentials,
}

impl Connection {
    /// The same caller and region at another endpoint; the region's own if `None`.
    #[must_use]
    pub fn at(&self, endpoint: Option<String>) -> Self {
        Self {
            endpoint,
            ..self.clone()
        }
    }

    /// The configuration of a client with short time-outs and the standard retries.
    ///
    /// A call to a serverless function has seconds, not minutes: three attempts of at most
    /// two seconds each, then the caller is told to come again.
    pub(crate) fn sdk_config(&self) -> SdkConfig {
        let mut config = SdkConfig::builder()
            .region(Region::new(self.region.clone()))
            .credentials_provider(self.credentials.provider())
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
        config.build()
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
