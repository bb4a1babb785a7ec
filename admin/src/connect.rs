//! Where the table is, and who is asking.

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials as AwsCredentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use shared::aws::{Connection, Credentials};

use crate::error::AdminError;
use crate::global::Global;

/// Takes region and credentials from the usual AWS chain (environment, profiles, single
/// sign-on, containers, instance metadata). A local engine needs neither.
pub(crate) async fn connection(global: &Global) -> Result<Connection, AdminError> {
    let given = |value: &Option<String>| value.clone().filter(|v| !v.is_empty());
    let (endpoint, region) = (given(&global.endpoint_url), given(&global.region));
    let needs_kms = given(&global.kms_key).is_some();
    let kms_is_local = given(&global.kms_endpoint_url).is_some_and(|url| is_local(&url));
    if endpoint.as_deref().is_some_and(is_local) && (!needs_kms || kms_is_local) {
        return Ok(Connection {
            region: region.unwrap_or_else(|| "us-east-1".to_owned()),
            endpoint,
            credentials: local_credentials().await,
        });
    }
    let config = sdk_config(global).await;
    let region = config.region().ok_or_else(|| {
        AdminError::Usage("no region is named: use --region, AWS_REGION or a profile".to_owned())
    })?;
    let credentials = config
        .credentials_provider()
        .ok_or_else(|| AdminError::Credentials(CredentialsError::not_loaded("no provider")))?
        .provide_credentials()
        .await
        .map_err(AdminError::Credentials)?;
    Ok(Connection {
        region: region.to_string(),
        endpoint,
        credentials: taken(&credentials),
    })
}

/// The usual AWS chain, asked with the region of the command line.
pub(crate) async fn sdk_config(global: &Global) -> SdkConfig {
    let http_client = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client);
    if let Some(region) = global.region.clone().filter(|r| !r.is_empty()) {
        loader = loader.region(Region::new(region));
    }
    loader.load().await
}

/// Whether the endpoint is plain HTTP on this machine.
fn is_local(endpoint: &str) -> bool {
    let Some(rest) = endpoint.strip_prefix("http://") else {
        return false;
    };
    let authority = rest
        .split_once('/')
        .map_or(rest, |(authority, _)| authority);
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    matches!(host, "127.0.0.1" | "localhost" | "[::1]")
}

/// A local engine takes any credentials.
async fn local_credentials() -> Credentials {
    let environment = EnvironmentVariableCredentialsProvider::new();
    match environment.provide_credentials().await {
        Ok(credentials) => taken(&credentials),
        Err(_) => Credentials {
            access_key_id: "local".to_owned(),
            secret_access_key: "local".to_owned().into(),
            session_token: None,
        },
    }
}

fn taken(credentials: &AwsCredentials) -> Credentials {
    Credentials {
        access_key_id: credentials.access_key_id().to_owned(),
        secret_access_key: credentials.secret_access_key().to_owned().into(),
        session_token: credentials.session_token().map(|t| t.to_owned().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_local() {
        for endpoint in [
            "http://127.0.0.1:8000",
            "http://localhost:8000/",
            "http://localhost",
            "http://[::1]:8000",
            "http://[::1]",
        ] {
            assert!(is_local(endpoint), "{endpoint}");
        }
        for endpoint in [
            "https://127.0.0.1:8000",
            "http://dynamodb.example:8000",
            "http://localhost.example:8000",
            "http://127.0.0.1.example",
            "http://127.0.0.1:80@example.com",
            "127.0.0.1:8000",
        ] {
            assert!(!is_local(endpoint), "{endpoint}");
        }
    }
}
