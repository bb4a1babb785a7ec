//! What the environment says of the API to be guarded.

use shared::config::ConfigError;

/// The service that callers sign for unless told otherwise: what SDKs use for HTTP APIs.
const DEFAULT_SERVICE: &str = "execute-api";

/// The form of the reply, as the authorizer is registered with the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResponseForm {
    /// `isAuthorized` and a context.
    #[default]
    Simple,
    /// An IAM policy for the route, and a context.
    Policy,
}

/// What a request asks for, in the words of policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Actions {
    /// `execute-api:Invoke` on the ARN of the route.
    #[default]
    ExecuteApi,
    /// The actions of the S3 operation that method, path, query and headers describe.
    S3,
}

/// The settings of one authorizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `STS_AUTHORIZER_SERVICE`: the service that signatures must be scoped to. With `s3`,
    /// S3's rules for paths and payloads hold.
    pub service: String,
    /// `STS_AUTHORIZER_ACTIONS`: `execute-api` or `s3`.
    pub actions: Actions,
    /// `STS_AUTHORIZER_RESPONSE`: `simple` or `policy`.
    pub response: ResponseForm,
}

impl Settings {
    /// Reads variables; one that is not set has its default.
    pub fn from_lookup(
        lookup: impl Fn(&'static str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let invalid = |name| Err(ConfigError::Invalid(name));
        let service = lookup("STS_AUTHORIZER_SERVICE");
        let service = service.unwrap_or_else(|| DEFAULT_SERVICE.to_owned());
        let is_service = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !service.chars().all(is_service) {
            return invalid("STS_AUTHORIZER_SERVICE");
        }
        let response = match lookup("STS_AUTHORIZER_RESPONSE").as_deref() {
            None | Some("simple") => ResponseForm::Simple,
            Some("policy") => ResponseForm::Policy,
            Some(_) => return invalid("STS_AUTHORIZER_RESPONSE"),
        };
        let actions = match lookup("STS_AUTHORIZER_ACTIONS").as_deref() {
            None | Some("execute-api") => Actions::ExecuteApi,
            Some("s3") => Actions::S3,
            Some(_) => return invalid("STS_AUTHORIZER_ACTIONS"),
        };
        Ok(Self {
            service,
            actions,
            response,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Result<Settings, String> {
        Settings::from_lookup(|name| {
            let found = variables.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| (*value).to_owned())
        })
        .map_err(|error| error.to_string())
    }

    #[test]
    fn variables_have_defaults_and_few_values() {
        let default = settings(&[]).unwrap();
        assert_eq!(
            (default.service.as_str(), default.actions, default.response),
            ("execute-api", Actions::ExecuteApi, ResponseForm::Simple)
        );
        let other = [
            ("STS_AUTHORIZER_SERVICE", "s3"),
            ("STS_AUTHORIZER_ACTIONS", "s3"),
            ("STS_AUTHORIZER_RESPONSE", "policy"),
        ];
        let other = settings(&other).unwrap();
        assert_eq!(
            (other.service.as_str(), other.actions, other.response),
            ("s3", Actions::S3, ResponseForm::Policy)
        );
        for (name, value) in [
            ("STS_AUTHORIZER_SERVICE", "S3"),
            ("STS_AUTHORIZER_ACTIONS", "s3:GetObject"),
            ("STS_AUTHORIZER_RESPONSE", "Simple"),
        ] {
            let error = settings(&[(name, value)]).unwrap_err();
            assert_eq!(
                error,
                format!("environment variable {name} has an unusable value")
            );
        }
    }
}
